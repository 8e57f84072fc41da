//! `alloy check` (spec/cli.md §9), text output.

use std::fmt::Write as _;

use alloy::{host, registry};
use alloy_queries::rules::severity_name;
use alloy_queries::{Diagnostic, Engine, Options, Source, render_full};
use alloy_syntax::{Color, Severity, render};
use anyhow::{Result, bail};

use super::{explain, read};
use crate::cli::commands::Outcome;
use crate::cli::flags::Parsed;
use crate::cli::output::{color, err, out};

const BAD_USAGE: u8 = 2;

#[derive(Clone, Copy)]
enum Format {
    /// With notes and codes.
    Full,
    /// As `validate` prints them.
    Classic,
    /// One line each.
    Concise,
}

pub(crate) fn run(parsed: &Parsed) -> Result<Outcome> {
    match check(parsed) {
        Ok(outcome) => Ok(outcome),
        Err(error) => {
            err(&format!("Error: {error:#}\n"));
            Ok(Outcome::Code(BAD_USAGE))
        }
    }
}

fn check(parsed: &Parsed) -> Result<Outcome> {
    if parsed.bool("list-rules") {
        return Ok(explain::list_rules());
    }
    if !parsed.text("explain").is_empty() {
        return Ok(explain::explain(parsed.text("explain")));
    }
    let format = match parsed.text("output-format") {
        "full" => Format::Full,
        "classic" => Format::Classic,
        "concise" => Format::Concise,
        known @ ("json" | "jsonl" | "sarif" | "github" | "gitlab" | "junit") => {
            bail!("--output-format={known} is not in this version yet")
        }
        other => bail!("unknown output format {}", alloy_value::quote(other)),
    };
    let lowest = match parsed.text("min-severity") {
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        "info" => Severity::Info,
        other => bail!("unknown severity {}", alloy_value::quote(other)),
    };
    let color = match parsed.text("color") {
        "auto" => color(),
        "always" => Color::Always,
        "never" => Color::Never,
        other => bail!("unknown color choice {}", alloy_value::quote(other)),
    };
    let mut paths: Vec<String> =
        parsed.positionals.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    if paths.is_empty() {
        paths.push(".".to_owned());
    }
    let options = Options {
        stability: parsed.stability("stability.level"),
        community: parsed.bool("feature.community-components.enabled"),
    };
    let mut found = false;
    for path in paths {
        let sources = match path.as_str() {
            "-" => vec![standard_input()?],
            path => read(path)?.sources,
        };
        let check = match format {
            // What `validate` prints has what it finds.
            Format::Classic => Engine::validate,
            Format::Full | Format::Concise => Engine::check,
        };
        let diagnostics = check(registry::registry(), host::facts(), options, sources.clone());
        found |= diagnostics.iter().any(|diagnostic| diagnostic.severity >= lowest);
        out(&report(&diagnostics, &sources, format, color));
    }
    Ok(Outcome::Code(u8::from(found)))
}

fn standard_input() -> Result<Source> {
    let text = std::io::read_to_string(std::io::stdin())?;
    Ok(Source { name: "<stdin>".into(), text: text.into() })
}

fn report(diagnostics: &[Diagnostic], sources: &[Source], format: Format, color: Color) -> String {
    let source = |name: &str| sources.iter().find(|s| &*s.name == name).map(|s| &*s.text);
    let mut text = String::new();
    match format {
        Format::Classic => text = render(diagnostics, source, color),
        Format::Concise => {
            for diagnostic in diagnostics {
                let severity = severity_name(diagnostic.severity);
                // Writing to a string cannot fail, here and below.
                let plain =
                    Diagnostic { message: diagnostic.wording().to_owned(), ..diagnostic.clone() };
                let code = diagnostic.code.map(|code| format!("[{code}]")).unwrap_or_default();
                let _ok = writeln!(text, "{severity}{code}: {plain}");
            }
        }
        Format::Full => text = render_full(diagnostics, source, color),
    }
    text
}
