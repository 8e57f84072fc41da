//! `alloy components` (spec/cli.md §11).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use alloy::registry;
use alloy_reference::Entry;
use alloy_value::Stability;
use anyhow::{Result, bail};
use serde_json::json;

use super::{OutputFormat, usage};
use crate::cli::commands::Outcome;
use crate::cli::flags::Parsed;
use crate::cli::output::{err, out};

const NO_MATCH: u8 = 1;

pub(crate) fn run(parsed: &Parsed) -> Result<Outcome> {
    usage(components(parsed))
}

fn components(parsed: &Parsed) -> Result<Outcome> {
    let format = OutputFormat::new(parsed)?;
    let catalog = registry::catalog();
    let entries = || catalog.components.iter().filter(|entry| entry.kind == "component");
    let filter = Filter {
        pattern: parsed.path(),
        stability: match parsed.text("stability") {
            "" => None,
            level => Some(level.parse().map_err(anyhow::Error::msg)?),
        },
        runnable: parsed.bool("runnable"),
        accepts: connection(parsed.text("accepts"), entries().flat_map(|e| &e.accepts_types))?,
        exports: connection(parsed.text("exports"), entries().flat_map(|e| &e.exports_types))?,
    };
    let found: Vec<&Entry> = entries().filter(|entry| filter.takes(entry)).collect();
    match format {
        OutputFormat::Text => out(&table(&found)),
        OutputFormat::Json => {
            let rows: Vec<_> = found.iter().map(|entry| row(entry)).collect();
            let text = serde_json::to_string_pretty(&json!({ "version": 1, "components": rows }))?;
            out(&format!("{text}\n"));
        }
    }
    if found.is_empty() {
        err("Error: no component matches\n");
        return Ok(Outcome::Code(NO_MATCH));
    }
    Ok(Outcome::Done)
}

struct Filter {
    pattern: String,
    stability: Option<Stability>,
    runnable: bool,
    accepts: Vec<&'static str>,
    exports: Vec<&'static str>,
}

impl Filter {
    fn takes(&self, entry: &Entry) -> bool {
        let one_of = |wanted: &[&str], types: &[&str]| {
            wanted.is_empty() || wanted.iter().any(|ty| types.contains(ty))
        };
        matches(&self.pattern, entry.name)
            && self.stability.is_none_or(|least| entry.stability.is_some_and(|own| own >= least))
            && (entry.runnable || !self.runnable)
            && one_of(&self.accepts, &entry.accepts_types)
            && one_of(&self.exports, &entry.exports_types)
    }
}

/// True if `name` contains `pattern`, or is like it where `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    if first.len() == pattern.len() {
        return name.contains(pattern);
    }
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// The kinds of connection that `text` names or is a part of; none if it is empty.
fn connection<'a>(
    text: &str,
    all: impl Iterator<Item = &'a &'static str>,
) -> Result<Vec<&'static str>> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let all: BTreeSet<&'static str> = all.copied().collect();
    let lower = text.to_lowercase();
    let meant: Vec<&str> =
        all.iter().filter(|ty| ty.to_lowercase().contains(&lower)).copied().collect();
    if meant.is_empty() {
        let all: Vec<&str> = all.into_iter().collect();
        bail!(
            "no component has the type {}; there are: {}",
            alloy_value::quote(text),
            all.join(", ")
        );
    }
    Ok(meant)
}

fn stability(entry: &Entry) -> &'static str {
    entry.stability.map_or("-", Stability::as_str)
}

fn table(entries: &[&Entry]) -> String {
    let yes = |is: bool| if is { "yes" } else { "no" };
    let width = entries.iter().map(|entry| entry.name.len()).max().unwrap_or(0).max("NAME".len());
    let mut text = String::new();
    if !entries.is_empty() {
        // Writing to a string cannot fail, here and below.
        let _ok =
            writeln!(text, "{:width$}  STABILITY            COMMUNITY  RUNS  SUMMARY", "NAME");
    }
    for entry in entries {
        let line = format!(
            "{:width$}  {:19}  {:9}  {:4}  {}",
            entry.name,
            stability(entry),
            yes(entry.community),
            yes(entry.runnable),
            entry.summary
        );
        let _ok = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn row(entry: &Entry) -> serde_json::Value {
    json!({
        "name": entry.name,
        "stability": entry.stability.map(Stability::as_str),
        "community": entry.community,
        "runnable": entry.runnable,
        "checked": entry.checked,
        "accepts_types": entry.accepts_types,
        "exports_types": entry.exports_types,
        "summary": entry.summary,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        assert!(matches("", "local.file"));
        assert!(matches("file", "local.file"));
        assert!(matches("local.*", "local.file"));
        assert!(matches("*.f*e", "local.file"));
        assert!(!matches("local.*x", "local.file"));
        assert!(!matches("file*", "local.file"));
    }
}
