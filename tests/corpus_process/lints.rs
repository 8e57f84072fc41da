//! Lints about configurations of public projects (`corpus/configs`): each finding is shown to be
//! true by something else than the lint, or is one of the expected ones, with a reason.

use std::collections::BTreeMap;
use std::path::Path;

use alloy::registry;
use alloy_checks::Checker;
use alloy_corpus::{Report, json};
use alloy_queries::Diagnostic;
use alloy_queries::rules::codes;
use alloy_syntax::{LineIndex, Severity};
use alloy_value::GoDuration;
use serde_json::Value;

use crate::catalog::folder;
use crate::configs::{Config, configs};

/// Findings that nothing else shows to be true: part of the name of the configuration, rule, part
/// of the message, reason.
const EXPECTED: &[(&str, &str, &str, &str)] =
    &[("destinations__nop", codes::EMPTY_FORWARD_TO, "dev_null", "made to throw everything away")];

/// Settings of components that the specifications call experimental, as they are written.
const EXPERIMENTAL: &[(&str, &str)] = &[
    ("prometheus.remote_write", "protobuf_message = \"io.prometheus.write.v2.Request\""),
    ("prometheus.scrape", "honor_metadata = true"),
];

/// Every lint of every configuration.
pub(crate) fn lints(corpus: &Path, report: &mut Report) {
    let index = json(&corpus.join("configs/INDEX.json"));
    let catalog = Catalog::new(corpus);
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for config in configs(corpus) {
        let facts = &index[config.name.as_str()];
        let text = &config.source.text;
        let checker = Checker::new(registry::registry(), config.options);
        let found = checker.check(vec![config.source.clone()]).diagnostics;
        for finding in &found {
            let severity = alloy_queries::rules::severity_name(finding.severity);
            *counts.entry((finding.code.unwrap_or("-"), severity)).or_default() += 1;
        }
        let lines = LineIndex::new(text);
        let shown = |finding: &Diagnostic| {
            let range = finding.span.locate(text, &lines);
            range.map_or("", |range| &text[range.start.byte as usize..range.end.byte as usize])
        };
        report.case(&config.name, || {
            let mut wrong = Vec::new();
            for finding in &found {
                let code = finding.code.unwrap_or_default();
                let is_expected = EXPECTED.iter().any(|(name, of, message, _)| {
                    config.name.contains(name) && *of == code && finding.message.contains(message)
                });
                if !is_expected
                    && let Err(reason) = is_true(&config, facts, &catalog, finding, shown(finding))
                {
                    wrong.push(format!("{code} {finding}: {reason}"));
                }
            }
            let count = |code| found.iter().filter(|f| f.code == Some(code)).count();
            let deprecated = facts["deprecated_stdlib"].as_object();
            let deprecated = deprecated.into_iter().flatten();
            let deprecated: u64 = deprecated.filter_map(|(_, count)| count.as_u64()).sum();
            if count(codes::DEPRECATED_FUNCTION) as u64 != deprecated {
                wrong.push(format!("{deprecated} calls of former names are not all found"));
            }
            let is_clean = facts["fmt_clean"] == Value::Bool(true);
            if (count(codes::UNFORMATTED) == 0) != is_clean {
                wrong.push(format!("the index says fmt_clean: {is_clean}"));
            }
            match wrong.is_empty() {
                true => Ok(()),
                false => Err(wrong.join("\n    ")),
            }
        });
    }
    for ((code, severity), count) in counts {
        let name = alloy_queries::rules::rule(code).map_or("", |rule| rule.name);
        report.note(&format!("{code} {name}: {count} ({severity})"));
    }
}

/// Shows that a finding is true; else says what is missing. `shown` is the text that it marks.
fn is_true(
    config: &Config,
    facts: &Value,
    catalog: &Catalog,
    finding: &Diagnostic,
    shown: &str,
) -> Result<(), String> {
    let text = &*config.source.text;
    let id = finding.component.as_deref().unwrap_or_default();
    let component = id.rsplit_once('.').map_or(id, |(name, _)| name);
    let name = shown.split(['=', ' ', '{']).next().unwrap_or_default();
    let need = |holds: bool, reason: &str| if holds { Ok(()) } else { Err(reason.to_owned()) };
    match finding.code.unwrap_or_default() {
        // Counted by whoever calls.
        codes::UNFORMATTED | codes::DEPRECATED_FUNCTION => Ok(()),
        codes::DEPRECATED => need(
            catalog
                .attributes(component, name)
                .iter()
                .any(|a| a["deprecated"] == Value::Bool(true)),
            "the catalog does not call it deprecated",
        ),
        codes::NOT_IN_THIS_VERSION => {
            need(catalog.is_later(component), "the component is of tier 1 or 2")
        }
        // The level of the index is that of blocks and functions.
        codes::STABILITY => {
            let is_known = |(of, written): &(&str, &str)| *of == component && shown == *written;
            need(
                EXPERIMENTAL.iter().any(is_known),
                "the specification does not call it experimental",
            )
        }
        codes::UNRESOLVED_REFERENCE if finding.severity == Severity::Error => {
            let errors = facts["check_errors"].as_array().into_iter().flatten();
            let mut errors = errors.filter_map(Value::as_str);
            let known = errors.any(|e| e.split(' ').any(|word| finding.message.contains(word)));
            need(known, "the index knows no such error")
        }
        // Only arguments that modules lack are warned about.
        codes::UNRESOLVED_REFERENCE => {
            let line = finding.start().map_or(0, |at| at.line as usize);
            let is_declare = |line: &&str| line.starts_with("declare ");
            let lines: Vec<&str> = text.lines().collect();
            let (before, after) = lines.split_at(line.min(lines.len()));
            let before = before.iter().rev().take_while(|line| !is_declare(line));
            let mut module = before.chain(after.iter().take_while(|line| !is_declare(line)));
            let argument = format!("argument \"{shown}\"");
            need(!module.any(|line| line.contains(&argument)), "it is declared")
        }
        codes::UNUSED_COMPONENT => {
            let uses = text.matches(&format!("{id}.")).count();
            need(uses == 0, "the text mentions its exports")
        }
        codes::EMPTY_FORWARD_TO => {
            let list: String = shown.chars().filter(|c| !c.is_whitespace()).collect();
            need(list.ends_with("=[]"), "something is in the list")
        }
        codes::LITERAL_SECRET => {
            let line = text.lines().find(|line| line.contains(shown)).unwrap_or_default();
            let name = line.trim().split([' ', '=']).next().unwrap_or_default();
            let is_secret = catalog
                .attributes(component, name)
                .iter()
                .any(|a| a["secret"] == Value::Bool(true));
            need(is_secret && shown.len() > 4, "the catalog does not call it a secret")
        }
        codes::TIMEOUT_EXCEEDS_INTERVAL => {
            // The message says both; the default of the catalog stands for what is not written.
            let number = |name: &str| -> Option<GoDuration> {
                let body = text.split(&format!("\"{}\" {{", label(id))).nth(1)?;
                let line = body.lines().find(|line| line.trim_start().starts_with(name));
                match line.and_then(|line| line.split('"').nth(1)) {
                    Some(written) => written.parse().ok(),
                    None => catalog.attributes(component, name).first()?["default"]
                        .as_str()?
                        .parse()
                        .ok(),
                }
            };
            let both = number("scrape_timeout").zip(number("scrape_interval"));
            let longer =
                both.is_some_and(|(timeout, interval)| timeout.to_std() > interval.to_std());
            need(longer, "the interval is as long")
        }
        codes::REDUNDANT_DEFAULT => {
            let value = shown.split_once('=').map_or("", |(_, value)| value.trim());
            let attributes = catalog.attributes(component, name);
            let mut defaults = attributes
                .iter()
                .flat_map(|attribute| [&attribute["default"], &attribute["effective_default"]]);
            need(defaults.any(|default| is_same(value, default)), "the catalog has another default")
        }
        _ => Err("it is not expected".to_owned()),
    }
}

fn label(id: &str) -> &str {
    id.rsplit('.').next().unwrap_or_default()
}

/// True if a literal is the default that the catalog gives.
fn is_same(literal: &str, default: &Value) -> bool {
    match default {
        Value::Bool(value) => literal == value.to_string(),
        Value::Number(value) => literal
            .trim_matches('"')
            .parse::<f64>()
            .is_ok_and(|number| Some(number) == value.as_f64()),
        Value::String(value) => {
            let Some(literal) = literal.strip_prefix('"').and_then(|l| l.strip_suffix('"')) else {
                return false;
            };
            let duration = |text: &str| text.parse::<GoDuration>().ok();
            literal.replace("\\\\", "\\") == *value
                || duration(literal).is_some_and(|one| Some(one) == duration(value))
        }
        _ => false,
    }
}

/// The catalog of components.
struct Catalog {
    components: Value,
    /// Components of tiers 3 and 4.
    later: String,
}

impl Catalog {
    fn new(corpus: &Path) -> Self {
        let folder = folder(corpus);
        let names =
            |tier| std::fs::read_to_string(folder.join(tier)).expect("read the names of a tier");
        Self {
            components: json(&folder.join("components.json")),
            later: names("tier3.txt") + &names("tier4.txt"),
        }
    }

    fn component(&self, name: &str) -> Option<&Value> {
        self.components["components"].as_array()?.iter().find(|component| component["name"] == name)
    }

    /// All attributes of that name, in blocks too.
    fn attributes(&self, component: &str, name: &str) -> Vec<&Value> {
        let component = self.component(component);
        let blocks = component.and_then(|c| c["blocks"].as_array()).into_iter().flatten();
        component
            .into_iter()
            .chain(blocks)
            .flat_map(|body| body["attributes"].as_array().into_iter().flatten())
            .filter(|attribute| attribute["name"] == name)
            .collect()
    }

    fn is_later(&self, component: &str) -> bool {
        self.later.lines().any(|name| name.trim() == component)
    }
}
