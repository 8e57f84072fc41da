//! `alloy why` (spec/cli.md §11): why a component was evaluated.

use alloy_value::quote;
use anyhow::{Result, anyhow, bail};
use serde_json::Value as Json;

use super::daemon::Daemon;
use super::{OutputFormat, usage};
use crate::cli::commands::Outcome;
use crate::cli::flags::Parsed;
use crate::cli::output::{err, out};

/// There is no such component.
const UNKNOWN: u8 = 1;

pub(crate) fn run(parsed: &Parsed) -> Result<Outcome> {
    usage(why(parsed))
}

fn why(parsed: &Parsed) -> Result<Outcome> {
    let format = OutputFormat::new(parsed)?;
    let id = parsed.path();
    if id.is_empty() {
        bail!("which component? Give its id, such as prometheus.scrape.api");
    }
    let last = usize::try_from(parsed.int("last")).ok().filter(|last| *last > 0);
    let last = last.ok_or_else(|| anyhow!("--last must be at least 1"))?;
    let Some(json) = Daemon::named_or_local(parsed)?.trace(&id, last)? else {
        err(&format!("Error: there is no component {}\n", quote(&id)));
        return Ok(Outcome::Code(UNKNOWN));
    };
    match format {
        OutputFormat::Json => out(&format!("{json:#}\n")),
        OutputFormat::Text => out(&text(&json)),
    }
    Ok(Outcome::Done)
}

fn text(json: &Json) -> String {
    let mut text = String::new();
    for evaluation in json["evaluations"].as_array().into_iter().flatten() {
        let field = |name: &str| evaluation[name].as_str().unwrap_or_default();
        let micros = evaluation["duration_seconds"].as_f64().unwrap_or_default() * 1e6;
        text.push_str(&format!("{}  revision {}\n", field("time"), evaluation["revision"]));
        for trigger in evaluation["triggers"].as_array().into_iter().flatten() {
            text.push_str(&format!(
                "    because  {}\n",
                trigger["text"].as_str().unwrap_or_default()
            ));
        }
        let steps: Vec<String> = evaluation["queries"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|step| {
                let query = step["query"].as_str().unwrap_or_default();
                if step["executed"] == true { query.to_owned() } else { format!("({query})") }
            })
            .collect();
        let steps = if steps.is_empty() { "nothing".to_owned() } else { steps.join(" > ") };
        text.push_str(&format!("    ran      {steps}\n"));
        text.push_str(&format!("    result   {}\n", field("result")));
        text.push_str(&format!("    took     {micros:.0} µs\n"));
    }
    if text.is_empty() {
        text.push_str("it has not been evaluated yet, or that is forgotten\n");
    }
    text
}
