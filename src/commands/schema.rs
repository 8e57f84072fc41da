//! `alloy schema` (spec/cli.md §11).

use alloy::registry;
use alloy_reference::{json_schema, near_names};
use alloy_value::quote;
use anyhow::{Result, bail};

use super::{OutputFormat, usage};
use crate::cli::commands::Outcome;
use crate::cli::flags::Parsed;
use crate::cli::output::{err, out};

const UNKNOWN: u8 = 1;

pub(crate) fn run(parsed: &Parsed) -> Result<Outcome> {
    usage(schema(parsed))
}

fn schema(parsed: &Parsed) -> Result<Outcome> {
    let format = OutputFormat::new(parsed)?;
    let as_json_schema = parsed.bool("json-schema");
    if as_json_schema && parsed.given().contains(&"json") {
        bail!("--json and --json-schema are different outputs; give one of them");
    }
    let mut catalog = registry::catalog();
    let names: Vec<String> =
        parsed.positionals.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    let known: Vec<&str> = catalog.names().collect();
    let unknown: Vec<&String> =
        names.iter().filter(|name| !known.contains(&name.as_str())).collect();
    if !unknown.is_empty() {
        for name in unknown {
            err(&unknown_name(name, &known));
        }
        return Ok(Outcome::Code(UNKNOWN));
    }
    if !names.is_empty() {
        catalog.components.retain(|entry| names.iter().any(|name| name == entry.name));
    }
    let value = if as_json_schema {
        let named: Vec<&str> = catalog.names().collect();
        let registry = registry::registry();
        let definitions: Vec<_> =
            registry.iter().filter(|definition| named.contains(&definition.name)).collect();
        json_schema(&definitions)
    } else {
        serde_json::to_value(&catalog)?
    };
    let text = match format {
        OutputFormat::Text => serde_json::to_string_pretty(&value)?,
        OutputFormat::Json => value.to_string(),
    };
    out(&format!("{text}\n"));
    Ok(Outcome::Done)
}

/// What to say about a name that nothing has.
fn unknown_name(name: &str, known: &[&str]) -> String {
    let mut text = format!("Error: no component or config block is called {}", quote(name));
    if let Some(question) = alloy_queries::did_you_mean(&near_names(name, known)) {
        text.push_str("; ");
        text.push_str(&question);
    }
    text.push('\n');
    text
}
