use std::sync::Arc;

use alloy_component::{Component, MetricsReceiver, RunContext};
use alloy_telemetry::{SendError, stale_marker};
use alloy_value::{ArcArgs, FromValue, Value};
use expect_test::expect;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::run::{Echo, Output};
use super::{EchoArgs, NAME};
use crate::testing::{Context, batch};

fn args(format: &str) -> ArcArgs {
    ArcArgs::new(EchoArgs { format: format.to_owned() })
}

#[tokio::test]
async fn samples_are_printed_until_the_component_exits() {
    let cx = Context::new(NAME);
    let printed = Arc::new(Mutex::new(Vec::new()));
    let echo =
        Arc::new(Echo::new(&cx.build, &args("text"), Arc::clone(&printed) as Output).unwrap());
    let Some(Value::Object(exports)) = cx.exported() else { panic!("exports at once") };
    let receiver = MetricsReceiver::from_value(exports.get("receiver").unwrap()).unwrap();
    let cancel = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&echo).run(RunContext { cancel: cancel.clone() }));
    let sent = batch(
        &cx.series(),
        &[
            (&[("__name__", "b"), ("x", "1")], 2.5),
            (&[("__name__", "a")], stale_marker()),
            (&[("__name__", "b"), ("job", "\"")], 1e6),
        ],
    );
    receiver.0.send(Arc::clone(&sent)).await.unwrap();
    expect![[r#"
        # stale: a NaN 1000
        b{job="\""} 1e+06 1000
        b{x="1"} 2.5 1000
    "#]]
    .assert_eq(&String::from_utf8(printed.lock().clone()).unwrap());
    cancel.cancel();
    running.await.unwrap().unwrap();
    assert!(matches!(receiver.0.send(sent).await, Err(SendError::Exited { .. })));
}

#[tokio::test]
async fn openmetrics_is_refused_by_name() {
    let cx = Context::new(NAME);
    let output: Output = Arc::new(Mutex::new(Vec::new()));
    let Err(error) = Echo::new(&cx.build, &args("openmetrics"), output) else { panic!("refused") };
    assert!(error.to_string().contains("openmetrics"), "{error}");
}
