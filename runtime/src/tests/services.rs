//! Services of the process: what it logs and traces goes to components.

use std::sync::Arc;

use alloy_component::LogsReceiver;
use alloy_config_blocks::TracingArgs;
use alloy_logging::{Format, ForwardMetrics, Forwarder, Level, LogHandle, LogLayer};
use alloy_tracing::{Settings, Tracing, TracingHandle};
use alloy_value::{ArcArgs, Stability};
use expect_test::expect;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::trace::v1::Span;
use parking_lot::Mutex;
use prost::Message;
use tracing_subscriber::layer::SubscriberExt;

use super::fixture::{Fixture, node, reader};
use super::receivers;
use crate::{ConfigBlock, LogFormat, LogLevel, LoggingBlock, LoggingSink};

/// Applies the `logging` block to a log of the test's own.
struct Sink {
    log: LogHandle,
    forwarder: Mutex<Forwarder>,
}

impl LoggingSink for Sink {
    fn apply(&self, level: LogLevel, _format: LogFormat, write_to: &[LogsReceiver]) {
        let receivers: Vec<_> =
            write_to.iter().filter_map(|receiver| receiver.0.as_ref().map(Arc::clone)).collect();
        self.forwarder.lock().set(&receivers);
        let level = if level == LogLevel::Debug { Level::Debug } else { Level::Info };
        self.log.apply(level, Format::Logfmt);
    }
}

/// A runtime whose `logging` block steers the log of the layer.
fn with_log() -> (Fixture, LogLayer) {
    let (layer, log) = alloy_logging::log_to(Box::new(std::io::sink()));
    let t = Fixture::with(|options| {
        let metrics = ForwardMetrics::new().expect("valid names");
        let forwarder = Mutex::new(Forwarder::new(log.clone(), options.tokio.clone(), metrics));
        options.config_blocks =
            vec![Box::new(LoggingBlock::new(Arc::new(Sink { log, forwarder })))];
    });
    (t, layer)
}

/// The lines without their times.
fn received(t: &Fixture) -> Vec<String> {
    let lines = receivers::lines(t.key());
    let without_time = |line: String| match line.split_once("ts=") {
        Some((start, rest)) => {
            format!("{start}{}", rest.split_once(' ').map_or("", |(_, rest)| rest))
        }
        None => line,
    };
    lines.into_iter().map(without_time).collect()
}

#[tokio::test]
async fn log_lines_go_to_receivers_through_reloads_and_new_exports() {
    let (t, layer) = with_log();
    let _log =
        tracing::subscriber::set_default(tracing_subscriber::registry().with(layer.filtered()));
    let text = |generation: &str, write_to: &str| {
        format!(
            "test.logs \"a\" {{ generation = \"{generation}\" }}\n\
             logging {{ write_to = [{write_to}] }}\n"
        )
    };
    tracing::info!("before the first load");
    t.load(&text("one", "test.logs.a.receiver, null")).await.unwrap();
    tracing::info!(n = 1, "after it");
    tracing::debug!("too low");
    t.until("two lines", || received(&t).len() == 2).await;
    // Another receiver: exported by the component, not by the text of the block.
    t.load(&text("two", "test.logs.a.receiver")).await.unwrap();
    tracing::info!("to the second");
    t.until("a third line", || received(&t).len() == 3).await;
    t.load(&text("two", "")).await.unwrap();
    tracing::info!("to nobody");
    t.load(&text("three", "test.logs.a.receiver")).await.unwrap();
    tracing::info!("to the third");
    t.until("a fourth line", || received(&t).len() == 4).await;
    assert_eq!(
        received(&t),
        [
            r#"one {component="alloy"}: level=info msg="before the first load""#,
            r#"one {component="alloy"}: level=info msg="after it" n=1"#,
            r#"two {component="alloy"}: level=info msg="to the second""#,
            r#"three {component="alloy"}: level=info msg="to the third""#,
        ]
    );
}

#[tokio::test]
async fn first_load_that_fails_before_the_receivers_exist_still_logs() {
    for broken in ["test.node \"b\" { value = 1 / 0 }", "test.node \"b\" { fault = \"build\" }"] {
        let t = Fixture::new();
        let text = format!(
            "{broken}\ntest.logs \"a\" {{ generation = test.node.b.value }}\n\
             logging {{ write_to = [test.logs.a.receiver] }}\n"
        );
        t.load(&text).await.unwrap_err();
        assert!(!t.board.logging().is_empty(), "{broken}");
    }
}

/// Applies the `tracing` block to the traces of all threads of the tests.
struct Traces(Tracing);

impl ConfigBlock for Traces {
    fn name(&self) -> &'static str {
        "tracing"
    }

    fn apply(&mut self, args: Option<&ArcArgs>) -> Result<(), String> {
        let args = args.and_then(ArcArgs::downcast_ref::<TracingArgs>);
        let receivers =
            args.map(|args| args.write_to.iter().filter_map(|to| to.0.clone()).collect());
        let sampling_fraction = args.map_or(0.0, |args| args.sampling_fraction);
        let receivers = receivers.unwrap_or_default();
        self.0.apply(&Settings { sampling_fraction, receivers, ..Settings::default() })
    }
}

fn spans(t: &Fixture) -> Vec<Span> {
    let decode = |request: &[u8]| ExportTraceServiceRequest::decode(request).expect("OTLP");
    let batches = receivers::batches(t.key());
    let resources = batches.iter().flat_map(|batch| decode(&batch.request).resource_spans);
    resources.flat_map(|r| r.scope_spans).flat_map(|s| s.spans).collect()
}

/// The names from a span to its root, and the node of the span.
fn line(all: &[Span], span: &Span) -> String {
    let node = span.attributes.iter().find(|pair| pair.key == "node_id");
    let node = node.and_then(|pair| match pair.value.as_ref()?.value.as_ref()? {
        any_value::Value::StringValue(text) => Some(text.clone()),
        _ => None,
    });
    let mut line = node.unwrap_or_default();
    let mut next = Some(span);
    while let Some(span) = next {
        line.push_str(" < ");
        line.push_str(&span.name);
        let parent =
            |other: &&Span| other.span_id == span.parent_span_id && other.trace_id == span.trace_id;
        next = all.iter().find(parent);
    }
    line
}

#[tokio::test]
async fn loads_and_exports_are_traced_to_the_receivers() {
    let handle = TracingHandle::new("v0").unwrap();
    // The controller has a thread of its own: what it makes goes to the subscriber of the process.
    let subscriber = tracing_subscriber::registry().with(alloy_tracing::layer(&handle));
    tracing::subscriber::set_global_default(subscriber).expect("no other test has one");
    let t = Fixture::with(|options| {
        let traces = Traces(Tracing::new(handle, options.tokio.clone(), "test", None));
        options.config_blocks.push(Box::new(traces));
    });
    let off = node("traced_a", "1") + &reader("traced_b", "traced_a") + "test.otel \"a\" { }\n";
    let on = "tracing {\nsampling_fraction = 1\nwrite_to = [test.otel.a.input]\n}\n";
    t.load(&off).await.unwrap();
    t.load(&(off.clone() + on)).await.unwrap();
    t.load(&(off.replace("\"1\"", "\"2\"") + on)).await.unwrap();
    t.board.export("test.node.traced_a", "3");
    t.until("spans", || {
        let all = spans(&t);
        let lines: Vec<_> = all.iter().map(|span| line(&all, span)).collect();
        [
            "test.node.traced_a < EvaluateNode < GraphEvaluate",
            "test.node.traced_b < EvaluateNode < SubmitForEvaluation < SubmitDependantsForEvaluation",
        ]
        .iter()
        .all(|wanted| lines.iter().any(|line| line == wanted))
    })
    .await;
    t.load(&off).await.unwrap();
    assert!(tracing::info_span!(target: "trace", "off").is_disabled());
}

#[tokio::test]
async fn blocks_of_the_process_stand_once_without_a_label_and_in_the_root_only() {
    let mut seen = String::new();
    for name in ["logging", "tracing", "livedebugging", "labelstore"] {
        for text in [
            format!("{name} {{ }}\n{name} {{ }}\n"),
            format!("{name} \"x\" {{ }}\n"),
            format!("{name} {{ }}\n{name} \"x\" {{ }}\n"),
            format!("declare \"m\" {{\n  {name} {{ }}\n}}\nm \"a\" {{ }}\n"),
            format!("{name} {{\n  nosuch = 1\n}}\n"),
            format!("{name} {{\n  nosuch {{ }}\n}}\n"),
        ] {
            let t = accepting_everything();
            let shown = match t.load(&text).await {
                Ok(()) => "accepted".to_owned(),
                Err(error) => error.to_string(),
            };
            seen.push_str(&format!("{}: {shown}\n", text.trim_end().replace('\n', " ")));
        }
    }
    expect![[r#"
        logging { } logging { }: error during the initial load: main.alloy:2:1: block logging already declared at main.alloy:1:1
        logging "x" { }: accepted
        logging { } logging "x" { }: error during the initial load: main.alloy:2:1: block logging already declared at main.alloy:1:1
        declare "m" {   logging { } } m "a" { }: error during the initial load: main.alloy:2:3: logging block not allowed inside a module
        logging {   nosuch = 1 }: error during the initial load: main.alloy:1:1: Failed to evaluate node for config block: decoding configuration: main.alloy:2:3: unrecognized attribute name "nosuch"
        logging {   nosuch { } }: error during the initial load: main.alloy:1:1: Failed to evaluate node for config block: decoding configuration: main.alloy:2:3: unrecognized block name "nosuch"
        tracing { } tracing { }: error during the initial load: main.alloy:2:1: block tracing already declared at main.alloy:1:1
        tracing "x" { }: accepted
        tracing { } tracing "x" { }: error during the initial load: main.alloy:2:1: block tracing already declared at main.alloy:1:1
        declare "m" {   tracing { } } m "a" { }: error during the initial load: main.alloy:2:3: tracing block not allowed inside a module
        tracing {   nosuch = 1 }: error during the initial load: main.alloy:1:1: Failed to evaluate node for config block: decoding configuration: main.alloy:2:3: unrecognized attribute name "nosuch"
        tracing {   nosuch { } }: error during the initial load: main.alloy:1:1: Failed to evaluate node for config block: decoding configuration: main.alloy:2:3: unrecognized block name "nosuch"
        livedebugging { } livedebugging { }: error during the initial load: main.alloy:2:1: duplicate definition of "livedebugging"
        livedebugging "x" { }: error during the initial load: main.alloy:1:1: cannot find the definition of component name "livedebugging"
        livedebugging { } livedebugging "x" { }: error during the initial load: main.alloy:2:1: cannot find the definition of component name "livedebugging"
        declare "m" {   livedebugging { } } m "a" { }: error during the initial load: main.alloy:2:3: service blocks not allowed inside a module: "livedebugging"
        livedebugging {   nosuch = 1 }: error during the initial load: main.alloy:2:3: unrecognized attribute name "nosuch"
        livedebugging {   nosuch { } }: error during the initial load: main.alloy:2:3: unrecognized block name "nosuch"
        labelstore { } labelstore { }: error during the initial load: main.alloy:2:1: duplicate definition of "labelstore"
        labelstore "x" { }: error during the initial load: main.alloy:1:1: cannot find the definition of component name "labelstore"
        labelstore { } labelstore "x" { }: error during the initial load: main.alloy:2:1: cannot find the definition of component name "labelstore"
        declare "m" {   labelstore { } } m "a" { }: error during the initial load: main.alloy:2:3: service blocks not allowed inside a module: "labelstore"
        labelstore {   nosuch = 1 }: error during the initial load: main.alloy:2:3: unrecognized attribute name "nosuch"
        labelstore {   nosuch { } }: error during the initial load: main.alloy:2:3: unrecognized block name "nosuch"
    "#]].assert_eq(&seen);
}

#[tokio::test]
async fn arguments_of_the_blocks_are_checked() {
    let mut seen = String::new();
    for text in [
        "tracing {\n  sampling_fraction = \"much\"\n}\n",
        "tracing {\n  write_to = [test.logs.a.receiver]\n}\ntest.logs \"a\" { }\n",
        "tracing {\n  sampler { }\n}\n",
        "tracing {\n  sampler {\n    jaeger_remote {\n      refresh_interval = \"soon\"\n    }\n  }\n}\n",
        "logging {\n  write_to = [test.otel.a.input]\n}\ntest.otel \"a\" { }\n",
        "livedebugging {\n  enabled = \"yes\"\n}\n",
        "labelstore {\n  enabled = true\n}\n",
    ] {
        let t = accepting_everything();
        let shown = match t.load(text).await {
            Ok(()) => "accepted".to_owned(),
            Err(error) => error.to_string(),
        };
        seen.push_str(&format!("{shown}\n"));
    }
    expect![[r#"
        error during the initial load: main.alloy:1:1: Failed to evaluate node for config block: decoding configuration: main.alloy:2:23: "much" should be number, got string
        error during the initial load: main.alloy:1:1: Failed to evaluate node for config block: decoding configuration: main.alloy:2:15: test.logs.a.receiver expected capsule("otelcol.Consumer"), got capsule("loki.LogsReceiver")
        accepted
        error during the initial load: main.alloy:1:1: Failed to evaluate node for config block: decoding configuration: main.alloy:4:26: "soon" time: invalid duration "soon"
        error during the initial load: main.alloy:1:1: Failed to evaluate node for config block: decoding configuration: main.alloy:2:15: test.otel.a.input expected capsule("loki.LogsReceiver"), got capsule("otelcol.Consumer")
        error during the initial load: main.alloy:2:13: "yes" should be bool, got string
        error during the initial load: main.alloy:2:3: unrecognized attribute name "enabled"
    "#]].assert_eq(&seen);
}

/// A runtime that applies all blocks to nothing.
fn accepting_everything() -> Fixture {
    struct Accepts(&'static str);
    impl ConfigBlock for Accepts {
        fn name(&self) -> &'static str {
            self.0
        }
        fn apply(&mut self, _args: Option<&ArcArgs>) -> Result<(), String> {
            Ok(())
        }
    }
    Fixture::with(|options| {
        for name in ["tracing", "livedebugging", "labelstore"] {
            options.config_blocks.push(Box::new(Accepts(name)));
        }
    })
}

#[test]
fn blocks_of_the_process_need_no_flag() {
    for definition in [
        &crate::LOGGING,
        &alloy_config_blocks::TRACING,
        &alloy_config_blocks::LIVEDEBUGGING,
        &alloy_config_blocks::LABELSTORE,
    ] {
        assert_eq!(definition.stability, Stability::GenerallyAvailable, "{}", definition.name);
        assert!(!definition.community, "{}", definition.name);
    }
}
