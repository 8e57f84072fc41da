//! `alloy schema` (spec/cli.md §11).

use alloy::registry;
use alloy_reference::{Catalog, near_names};
use anyhow::Result;

use crate::cli::commands::Outcome;
use crate::cli::flags::Parsed;
use crate::cli::output::{err, out};

const UNKNOWN: u8 = 1;

pub(crate) fn run(parsed: &Parsed) -> Result<Outcome> {
    let mut catalog = registry::catalog();
    let names: Vec<String> =
        parsed.positionals.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    let unknown: Vec<&String> = names.iter().filter(|name| catalog.get(name).is_none()).collect();
    if !unknown.is_empty() {
        for name in unknown {
            err(&unknown_name(&catalog, name));
        }
        return Ok(Outcome::Code(UNKNOWN));
    }
    if !names.is_empty() {
        catalog.components.retain(|entry| names.iter().any(|name| name == entry.name));
    }
    let mut text = serde_json::to_string_pretty(&catalog)?;
    text.push('\n');
    out(&text);
    Ok(Outcome::Done)
}

/// What to say about a name that nothing has.
fn unknown_name(catalog: &Catalog, name: &str) -> String {
    let near = near_names(name, catalog.names());
    let mut text =
        format!("Error: no component or config block is called {}", alloy_value::quote(name));
    if !near.is_empty() {
        text.push_str(&format!("; did you mean {}?", near.join(", ")));
    }
    text.push('\n');
    text
}
