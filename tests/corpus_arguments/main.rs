//! Refused arguments of `otelcol.*` components (shared/corpus/otelcol): what decoding says of them.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use alloy_component::{OtelConsumer, OtelHandler, Receiver};
use alloy_corpus::{Report, Set, text};
use alloy_queries::{Engine, HostFacts, Load, NodeChange, Options, Source};
use alloy_syntax::Diagnostic;
use alloy_telemetry::{OtlpBatch, OtlpConsumer, SendError};
use alloy_value::{Lookup, Object, Registry, Stability, Str, ToValue};
use futures_util::future::BoxFuture;
use serde_json::Value;

const DECODING: &str = "Failed to build component: decoding configuration: ";
const BUILDING: &str = "Failed to build component: building component: ";

/// What the configurations refer to besides the component under test.
const SURROUNDINGS: &str = "
otelcol.exporter.debug \"sink\" { }
otelcol.auth.headers \"h\" { }
";

/// Cases that are refused with another message than the reference's.
const OWN_TEXTS: &[(&str, &str)] = &[
    ("cfg_processor_transform_08", "names the block and the contexts that it can have"),
    ("proc_filter_conditions_011", "names only blocks that exist"),
    ("proc_k8sattributes_004", "names the attributes as they are written"),
    ("proc_memory_limiter_006", "does not say and twice"),
    ("proc_memory_limiter_007", "does not say and twice"),
    ("recv_filelog_015", "a negative duration is refused at its place"),
];

/// Cases that decoding accepts, unlike the reference.
const FOUND_LATER: &[(&str, &str)] = &[
    ("cfg_storage_file_02", "files are looked for when the component is built"),
    ("recv_filelog_012", "encodings are looked up when the component is built"),
    ("recv_filelog_047", "operators are decoded when the component is built"),
];

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let families = [
        alloy_otelcol_auth::COMPONENTS,
        alloy_otelcol_exporter::COMPONENTS,
        alloy_otelcol_processor::COMPONENTS,
        alloy_otelcol_receiver::COMPONENTS,
    ];
    Registry::new(families.concat().into_iter().map(|component| component.definition))
});

fn main() -> std::process::ExitCode {
    alloy_corpus::run(vec![
        Set::new("corpus_otelcol_config_errors", config_errors),
        Set::new("corpus_otelcol_load_errors", load_errors),
    ])
}

/// What is expected of a configuration.
enum Expected<'a> {
    Accepted,
    /// Refused with this message, at line and column if it has a place of its own.
    Refused {
        message: &'a str,
        place: Option<(u64, u64)>,
    },
}

fn config_errors(corpus: &Path, report: &mut Report) {
    let file = alloy_corpus::json(&corpus.join("otelcol/config_errors.json"));
    for case in file["cases"].as_array().into_iter().flatten() {
        let lines: Vec<_> =
            text(case, "arguments").lines().map(|line| format!("  {line}\n")).collect();
        let expected = match case["diagnostics"].as_array().map(Vec::as_slice) {
            None | Some([]) => Expected::Accepted,
            Some([first, ..]) => Expected::Refused {
                message: text(first, "message"),
                place: first["line"].as_u64().zip(first["column"].as_u64()),
            },
        };
        run(case, &lines.concat(), expected, report);
    }
}

fn load_errors(corpus: &Path, report: &mut Report) {
    for file in ["processors", "receivers", "connectors", "otlp_wire"] {
        let file = alloy_corpus::json(&corpus.join(format!("otelcol/{file}.json")));
        for case in file["cases"].as_array().into_iter().flatten() {
            let body = format!("{}\n{}", text(case, "arguments"), output(text(case, "component")));
            let expected = match case["load_error"].as_str() {
                None => Expected::Accepted,
                Some(message) => Expected::Refused { message, place: None },
            };
            run(case, &body, expected, report);
        }
    }
}

/// The `output` block of a component that needs one.
fn output(component: &str) -> &'static str {
    let schema = match REGISTRY.lookup(component) {
        Lookup::Known(definition) => definition.args.map(|(schema, _)| schema()),
        _ => None,
    };
    if schema.is_some_and(|schema| schema.find("output").is_some()) { "output { }\n" } else { "" }
}

fn run(case: &Value, body: &str, expected: Expected<'_>, report: &mut Report) {
    let component = text(case, "component");
    if !matches!(REGISTRY.lookup(component), Lookup::Known(_)) {
        report.skip("component without arguments in this version");
        return;
    }
    let expected = match expected {
        Expected::Refused { message, .. } if message.starts_with(BUILDING) => {
            report.skip("refused when it is built");
            return;
        }
        Expected::Refused { message, .. } if message.contains("OTTL") => {
            report.skip("needs the OTTL parser");
            return;
        }
        // About the component as a whole, which is where the finding is then shown.
        Expected::Refused { message, place } => match message.strip_prefix(DECODING) {
            Some(message) => Expected::Refused { message, place: None },
            None => Expected::Refused { message, place },
        },
        Expected::Accepted => Expected::Accepted,
    };
    let config = format!("{component} \"x\" {{\n{body}}}\n{SURROUNDINGS}");
    let name = text(case, "name");
    let outcome = outcome(&config);
    let differences = if outcome.is_ok() { FOUND_LATER } else { OWN_TEXTS };
    let check = || compare(outcome, &expected);
    match differences.iter().find(|(different, _)| *different == name) {
        Some((_, reason)) => report.known_difference(name, reason, check),
        None => report.case(name, check),
    }
}

fn compare(outcome: Result<(), Box<Diagnostic>>, expected: &Expected<'_>) -> Result<(), String> {
    match (outcome, expected) {
        (Ok(()), Expected::Accepted) => Ok(()),
        (Err(found), Expected::Accepted) => Err(format!("refused: {found}")),
        (Ok(()), Expected::Refused { message, .. }) => {
            Err(format!("accepted, but wanted: {message}"))
        }
        (Err(found), Expected::Refused { message, place }) => {
            alloy_corpus::equal("message", found.message.trim_end(), message.trim_end())?;
            let start = found.start().map(|at| (u64::from(at.line), u64::from(at.column)));
            if place.is_some() { alloy_corpus::equal("place", start, *place) } else { Ok(()) }
        }
    }
}

/// Receives nothing and authenticates nobody.
struct Idle;

impl Receiver for Idle {
    fn component_id(&self) -> &str {
        "idle"
    }
}

impl OtlpConsumer for Idle {
    fn send(&self, _batch: Arc<OtlpBatch>) -> BoxFuture<'_, Result<(), SendError>> {
        Box::pin(async { Ok(()) })
    }

    fn component_id(&self) -> &str {
        "idle"
    }
}

/// Loads a configuration and evaluates the arguments of its components.
fn outcome(config: &str) -> Result<(), Box<Diagnostic>> {
    let options = Options { stability: Stability::Experimental, community: true };
    let mut engine = Engine::new(&REGISTRY, HostFacts::default(), options);
    let source = Source { name: Arc::from("config.alloy"), text: Arc::from(config) };
    let load = Load { sources: vec![source], ..Load::default() };
    let pending = match engine.load(load) {
        Ok(pending) => pending,
        Err(rejected) => {
            return rejected
                .diagnostics
                .into_iter()
                .next()
                .map_or(Ok(()), |first| Err(Box::new(first)));
        }
    };
    for (block, export, value) in [
        ("otelcol.exporter.debug.sink", "input", OtelConsumer(Some(Arc::new(Idle))).to_value()),
        ("otelcol.auth.headers.h", "handler", OtelHandler(Some(Arc::new(Idle))).to_value()),
    ] {
        let exports: Object = [(Str::from(export), value)].into_iter().collect();
        if let Some(id) = engine.find(block) {
            engine.set_exports(id, Some(exports.into()));
        }
    }
    for change in pending.changes {
        if let NodeChange::Added(id) = change {
            engine.evaluate(id).map_err(|error| Box::new(error.cause().clone()))?;
        }
    }
    Ok(())
}
