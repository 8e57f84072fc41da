//! `alloy validate` (spec/cli.md §4).

use alloy::{host, registry};
use alloy_queries::{Engine, Options};
use alloy_runtime::{ReadError, read_config};
use alloy_syntax::render;
use anyhow::{Result, bail};

use super::check_format;
use crate::cli::commands::Outcome;
use crate::cli::flags::Parsed;
use crate::cli::output::{color, err, out};

pub(crate) fn run(parsed: &Parsed) -> Result<Outcome> {
    let path = parsed.path();
    let text = match read_config(&path) {
        Ok(text) => text,
        // The reference finds out about encodings only when it validates.
        Err(error @ (ReadError::Encoding(_) | ReadError::UnknownEncoding)) => {
            err(&format!("validation failed: {error}"));
            bail!("validation failed")
        }
        Err(error) => bail!("{error}"),
    };
    check_format(parsed, &path)?;
    let diagnostics = Engine::validate(
        registry::registry(),
        host::facts(),
        Options {
            stability: parsed.stability("stability.level"),
            community: parsed.bool("feature.community-components.enabled"),
        },
        text.sources.clone(),
    );
    if diagnostics.is_empty() {
        return Ok(Outcome::Done);
    }
    let source = |name: &str| text.sources.iter().find(|s| &*s.name == name).map(|s| &*s.text);
    err(&render(&diagnostics, source, color()));
    out("\n");
    bail!("validation failed")
}
