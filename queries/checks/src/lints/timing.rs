//! Scrapes that may take longer than the time until the next one.

use alloy_queries::rules::codes;
use alloy_syntax::Diagnostic;
use alloy_syntax::ast::{Attribute, Body};
use alloy_value::{GoDuration, StructSchema, Value};

use crate::model::{Model, string};

const TIMEOUT: &str = "scrape_timeout";
const INTERVAL: &str = "scrape_interval";

pub(crate) fn lint(model: &Model<'_>, found: &mut Vec<Diagnostic>) {
    for (index, node) in model.nodes.iter().enumerate() {
        let (Some(schema), Some(body)) = (node.schema(), node.block.body()) else { continue };
        if schema.find(TIMEOUT).is_none() || schema.find(INTERVAL).is_none() {
            continue;
        }
        let (timeout, interval) = (attribute(&body, TIMEOUT), attribute(&body, INTERVAL));
        let Some(shown) = timeout.as_ref().or(interval.as_ref()) else { continue };
        let known = |attribute: &Option<Attribute>, name| {
            let text = match attribute {
                Some(attribute) => string(&attribute.value()?)?,
                None => default_text(schema, name)?,
            };
            let duration: GoDuration = text.parse().ok()?;
            Some((text, duration.to_std()?))
        };
        let (Some((timeout, long)), Some((interval, short))) =
            (known(&timeout, TIMEOUT), known(&interval, INTERVAL))
        else {
            continue;
        };
        if long > short {
            let message = format!(
                "a scrape may take {timeout} ({TIMEOUT}), but the next one begins after {interval} \
                 ({INTERVAL})"
            );
            let range = shown.range();
            found.push(model.finding(index, range, codes::TIMEOUT_EXCEEDS_INTERVAL, message));
        }
    }
}

fn attribute(body: &Body, name: &str) -> Option<Attribute> {
    body.attributes().find(|attribute| attribute.name().is_some_and(|n| n.text() == name))
}

fn default_text(schema: &'static StructSchema, name: &str) -> Option<String> {
    match schema.default_of(name)? {
        Value::String(text) => Some(text.to_lossy().into_owned()),
        _ => None,
    }
}
