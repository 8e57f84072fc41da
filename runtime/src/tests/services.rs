//! Services of the process: what it logs goes to components.

use std::sync::Arc;

use alloy_component::LogsReceiver;
use alloy_logging::{Format, ForwardMetrics, Forwarder, Level, LogHandle, LogLayer};
use parking_lot::Mutex;
use tracing_subscriber::layer::SubscriberExt;

use super::fixture::Fixture;
use super::receivers;
use crate::{LogFormat, LogLevel, LoggingBlock, LoggingSink};

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
    let _log = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
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
