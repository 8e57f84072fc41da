//! Commands that work on files and end.

pub(crate) mod check;
pub(crate) mod completion;
pub(crate) mod components;
pub(crate) mod daemon;
pub(crate) mod docs;
pub(crate) mod eval;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod plan;
pub(crate) mod schema;
pub(crate) mod validate;
pub(crate) mod why;

use std::io;

use alloy_runtime::{ConfigText, read_config};
use anyhow::{Result, anyhow, bail};

use crate::cli::commands::Outcome;
use crate::cli::flags::Parsed;
use crate::cli::output::err;

/// The reason in the words of the C library, as the reference prints it.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error").map_or(text.as_str(), |(reason, _)| reason).to_lowercase()
}

/// Form of what a command prints.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OutputFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl OutputFormat {
    /// What `--output-format` asks for.
    pub(crate) fn new(parsed: &Parsed) -> Result<Self> {
        match parsed.text("output-format") {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => bail!(
                "unknown output format {}; there are text and json",
                alloy_value::quote(other)
            ),
        }
    }
}

/// The outcome of a command that tells "no" (1) from "cannot say" (2).
pub(crate) fn usage(result: Result<Outcome>) -> Result<Outcome> {
    const CANNOT_SAY: u8 = 2;
    result.or_else(|error| {
        err(&format!("Error: {error:#}\n"));
        Ok(Outcome::Code(CANNOT_SAY))
    })
}

/// Refuses what a later version converts. A directory is never converted.
pub(crate) fn check_format(parsed: &Parsed, path: &str) -> Result<()> {
    const CONVERTED: &[&str] = &["otelcol", "prometheus", "promtail", "static"];
    let format = parsed.text("config.format");
    if format == "alloy" || std::path::Path::new(path).is_dir() {
        return Ok(());
    }
    if CONVERTED.contains(&format) {
        bail!("--config.format={format}: converting configurations is not in this version yet");
    }
    bail!(
        "(Critical) unrecognized kind {} given to the config converter",
        alloy_value::quote(format)
    )
}

/// Reads a configuration for looking at it.
pub(crate) fn read(path: &str) -> Result<ConfigText> {
    read_config(path).map_err(|error| anyhow!("{error}"))
}
