//! `alloy docs` (spec/cli.md §11).

use std::io::IsTerminal;
use std::path::Path;

use alloy::registry;
use alloy_queries::{LibraryItem, library};
use alloy_reference::{entry_page, function_page, near_names, pages};
use alloy_value::quote;
use anyhow::{Context, Result, bail};
use serde_json::json;

use super::{OutputFormat, usage};
use crate::cli::commands::Outcome;
use crate::cli::flags::Parsed;
use crate::cli::output::{err, out};

const UNKNOWN: u8 = 1;

pub(crate) fn run(parsed: &Parsed) -> Result<Outcome> {
    usage(docs(parsed))
}

fn docs(parsed: &Parsed) -> Result<Outcome> {
    let directory = parsed.text("write");
    if !directory.is_empty() {
        write_pages(Path::new(directory))?;
        return Ok(Outcome::Done);
    }
    let format = OutputFormat::new(parsed)?;
    let name = parsed.path();
    if name.is_empty() {
        bail!("say which component, config block or function; `alloy components` lists the first");
    }
    let catalog = registry::catalog();
    let functions = library();
    let function = functions.iter().find(|f| f.name == name || f.old_names.contains(&&*name));
    let (page, json) = match (catalog.get(&name), function) {
        (Some(entry), _) => (entry_page(entry), json!({ "version": 1, "component": entry })),
        (None, Some(function)) => {
            (function_page(function), json!({ "version": 1, "function": row(function) }))
        }
        (None, None) => {
            let mut known: Vec<&str> = catalog.names().collect();
            known.extend(functions.iter().map(|function| function.name));
            err(&unknown(&name, &known));
            return Ok(Outcome::Code(UNKNOWN));
        }
    };
    match format {
        OutputFormat::Json => out(&format!("{}\n", serde_json::to_string_pretty(&json)?)),
        OutputFormat::Text if parsed.bool("markdown") || !std::io::stdout().is_terminal() => {
            out(&page.markdown());
        }
        OutputFormat::Text => out(&page.text()),
    }
    Ok(Outcome::Done)
}

/// What to say about a name that nothing has.
fn unknown(name: &str, known: &[&str]) -> String {
    let mut text =
        format!("Error: no component, config block or function is called {}", quote(name));
    if let Some(question) = alloy_queries::did_you_mean(&near_names(name, known)) {
        text.push_str("; ");
        text.push_str(&question);
    }
    text.push('\n');
    text
}

fn row(function: &LibraryItem) -> serde_json::Value {
    json!({
        "name": function.name,
        "signature": function.signature,
        "summary": function.doc,
        "example": function.example,
        "stability": function.stability.as_str(),
        "deprecated_names": function.old_names,
    })
}

/// Writes the whole reference into a directory, and removes pages of what is gone.
fn write_pages(directory: &Path) -> Result<()> {
    let shown = directory.display();
    std::fs::create_dir_all(directory).with_context(|| format!("create {shown}"))?;
    let pages = pages(&registry::catalog());
    for (name, text) in &pages {
        let path = directory.join(name);
        std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
    }
    for entry in std::fs::read_dir(directory).with_context(|| format!("read {shown}"))? {
        let path = entry.with_context(|| format!("read {shown}"))?.path();
        let name = path.file_name().unwrap_or_default();
        let is_page = path.extension().is_some_and(|extension| extension == "md");
        if is_page && !pages.iter().any(|(page, _)| name == page.as_str()) {
            std::fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))?;
        }
    }
    Ok(())
}
