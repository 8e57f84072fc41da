//! `alloy plan` (spec/cli.md §11): what another configuration would do.

use std::sync::Arc;

use alloy::{host, registry};
use alloy_checks::without_secrets;
use alloy_component::{Handover, LiveDebugging, MemoryDialer, MetricsHub, Services};
use alloy_import::Reach;
use alloy_queries::{Source, render_full};
use alloy_runtime::{
    ConfigBlock, LoadError, LoadRequest, Planned, Problem, ReloadMode, RuntimeOptions, plan_offline,
};
use alloy_telemetry::SeriesTable;
use alloy_value::{ArcArgs, DefinitionKind};
use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value as Json, json};

use super::daemon::{ADDR, Daemon};
use super::{OutputFormat, read, usage};
use crate::cli::commands::Outcome;
use crate::cli::flags::Parsed;
use crate::cli::output::{color, err, out};
use crate::imports::Reader;

/// Version of the JSON output.
const JSON_VERSION: u32 = 1;
/// The new configuration would be refused.
const REFUSED: u8 = 1;
/// There are changes, with `--detailed-exitcode`.
const CHANGES: u8 = 3;

pub(crate) fn run(parsed: &Parsed) -> Result<Outcome> {
    usage(plan(parsed))
}

fn plan(parsed: &Parsed) -> Result<Outcome> {
    let format = OutputFormat::new(parsed)?;
    let paths: Vec<String> =
        parsed.positionals.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let answer = match &paths[..] {
        [old, new] if parsed.text(ADDR.long).is_empty() => offline(parsed, old, new)?,
        [_, _] => bail!("--addr says what runs already; give the new configuration only"),
        [new] => {
            let sources = relative(read(new)?.sources, new);
            Answer { json: Daemon::named_or_local(parsed)?.plan(&sources)?, findings: None }
        }
        _ => bail!("which configurations? Give the old and the new one, or the new one only"),
    };
    Ok(show(&answer, format, parsed.bool("detailed-exitcode")))
}

/// Texts by their names within the configuration, which is what another place knows them by.
fn relative(sources: Vec<Source>, path: &str) -> Vec<Source> {
    let name = |source: &Source| {
        let inner = source.name.strip_prefix(path).map(|name| name.trim_start_matches('/'));
        match inner {
            Some(name) if !name.is_empty() => name.into(),
            _ => Arc::clone(&source.name),
        }
    };
    sources.into_iter().map(|source| Source { name: name(&source), ..source }).collect()
}

struct Answer {
    /// As the endpoint of a running Alloy gives it.
    json: Json,
    /// The diagnostics for people, if there are any and their texts are known.
    findings: Option<String>,
}

fn offline(parsed: &Parsed, old: &str, new: &str) -> Result<Answer> {
    let (before, after) = (read(old)?, read(new)?);
    // Where the configurations lie is no difference between them.
    let module_path = before.module_path;
    let request = |sources: &[Source]| LoadRequest {
        sources: sources.to_vec(),
        module_path: module_path.clone(),
        env: std::env::vars().collect(),
        mode: ReloadMode::Atomic,
        ..LoadRequest::default()
    };
    let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let options = options(parsed, tokio.handle());
    let planned = plan_offline(options, request(&before.sources), request(&after.sources))
        .context("cannot make a plan")?;
    let planned = planned.map_err(|error| {
        err(&rendered(&error.diagnostics, &before.sources));
        anyhow!("{old} is no configuration that could run")
    })?;
    Ok(answer(planned, &after.sources))
}

fn answer(planned: Result<Planned, LoadError>, sources: &[Source]) -> Answer {
    let (outcome, error, plan, found) = match planned {
        Ok(planned) => ("accepted", None, Some(planned.plan), planned.diagnostics),
        Err(error) => ("refused", Some(error.to_string()), None, error.diagnostics),
    };
    let problems: Vec<Problem> = found.iter().map(Problem::from).collect();
    let json = json!({
        "version": JSON_VERSION,
        "outcome": outcome,
        "error": error,
        "plan": plan,
        "diagnostics": problems,
    });
    Answer { json, findings: Some(rendered(&found, sources)) }
}

fn rendered(found: &[alloy_queries::Diagnostic], sources: &[Source]) -> String {
    let sources = without_secrets(sources, registry::registry());
    let text = |name: &str| sources.iter().find(|s| &*s.name == name).map(|s| &*s.text);
    render_full(found, text, color())
}

/// What a process of this build would be started with. Nothing is started.
fn options(parsed: &Parsed, tokio: &tokio::runtime::Handle) -> RuntimeOptions {
    let (dialer, _nobody_accepts) = MemoryDialer::new("");
    let blocks = registry::registry().iter().filter(|definition| {
        definition.kind != DefinitionKind::Component && registry::is_runnable(definition.name)
    });
    let stand_in = |definition: &alloy_value::Definition| -> Box<dyn ConfigBlock> {
        Box::new(StandIn(definition.name))
    };
    RuntimeOptions {
        registry: registry::registry(),
        components: registry::runnable(),
        host: host::facts(),
        stability: parsed.stability("stability.level"),
        community: parsed.bool("feature.community-components.enabled"),
        storage_path: "".into(),
        services: Arc::new(Services {
            series: SeriesTable::new(),
            metrics: MetricsHub::new(),
            handover: Handover::new(),
            live_debugging: LiveDebugging::new(),
            dialer,
            user_agent: "".into(),
            agent_id: "".into(),
        }),
        config_blocks: blocks.map(stand_in).collect(),
        importer: Some(Arc::new(Reader::new(Reach::Local))),
        shutdown_deadline: RuntimeOptions::SHUTDOWN_DEADLINE,
        first_load_patience: RuntimeOptions::FIRST_LOAD_PATIENCE,
        tokio: tokio.clone(),
    }
}

/// Stands for a config block where nothing is applied.
struct StandIn(&'static str);

impl ConfigBlock for StandIn {
    fn name(&self) -> &'static str {
        self.0
    }

    fn apply(&mut self, _args: Option<&ArcArgs>) -> Result<(), String> {
        Ok(())
    }
}

fn show(answer: &Answer, format: OutputFormat, detailed: bool) -> Outcome {
    let json = &answer.json;
    let plan = &json["plan"];
    let is_refused = json["outcome"] != "accepted";
    match format {
        OutputFormat::Json => out(&format!("{json:#}\n")),
        OutputFormat::Text => {
            match &answer.findings {
                Some(findings) => err(findings),
                None => err(&lines(&json["diagnostics"])),
            }
            if is_refused {
                let error = json["error"].as_str().unwrap_or_default();
                err(&format!("Error: the configuration would be refused: {error}\n"));
            } else {
                out(&text(plan));
            }
        }
    }
    let has_changes = plan["counts"].as_object().is_some_and(|counts| {
        counts.iter().any(|(action, count)| action != "untouched" && *count != 0)
    });
    match (is_refused, detailed && has_changes) {
        (true, _) => Outcome::Code(REFUSED),
        (false, true) => Outcome::Code(CHANGES),
        (false, false) => Outcome::Done,
    }
}

/// Problems, one a line.
fn lines(problems: &Json) -> String {
    let line = |problem: &Json| {
        let field = |name: &str| problem[name].as_str().unwrap_or_default();
        let place = match (problem["line"].as_u64(), problem["column"].as_u64()) {
            (Some(line), Some(column)) => format!("{}:{line}:{column}: ", field("file")),
            _ => String::new(),
        };
        format!("{}: {place}{}\n", field("severity"), field("message"))
    };
    problems.as_array().into_iter().flatten().map(line).collect()
}

fn text(plan: &Json) -> String {
    let mut text = String::new();
    for change in plan["changes"].as_array().into_iter().flatten() {
        let sign = match change["action"].as_str().unwrap_or_default() {
            "created" => "+",
            "updated" => "~",
            "recreated" => "-/+",
            "removed" => "-",
            other => other,
        };
        text.push_str(&format!("{sign} {}", change["id"].as_str().unwrap_or_default()));
        if let Some(reason) = change["reason"].as_str() {
            text.push_str(&format!(": {reason}"));
        }
        text.push('\n');
        for line in change["diff"].as_str().into_iter().flat_map(str::lines) {
            text.push_str(format!("    {line}").trim_end());
            text.push('\n');
        }
    }
    let count = |name: &str| plan["counts"][name].as_u64().unwrap_or_default();
    text.push_str(&format!(
        "{} created, {} updated, {} recreated, {} removed, {} untouched\n",
        count("created"),
        count("updated"),
        count("recreated"),
        count("removed"),
        count("untouched")
    ));
    match plan["diffs_omitted"].as_u64().unwrap_or_default() {
        0 => {}
        omitted => text.push_str(&format!("{omitted} diffs are too long and left out\n")),
    }
    text
}
