//! A build context whose exports a test can wait for.

use std::path::PathBuf;
use std::sync::Arc;

use alloy_component::{BuildContext, ExportSink, MemoryDialer, MetricsHub, Services, Target};
use alloy_telemetry::SeriesTable;
use alloy_value::{FromValue, Stability, Value};
use tokio::sync::watch;

pub(crate) fn context() -> (BuildContext, watch::Receiver<Value>) {
    let (tx, exports) = watch::channel(Value::Null);
    let metrics = MetricsHub::new();
    let cx = BuildContext {
        id: "discovery.test.x".into(),
        data_dir: PathBuf::new(),
        stability: Stability::GenerallyAvailable,
        span: tracing::Span::none(),
        metrics: metrics.registry(&[]),
        exports: ExportSink::new(move |value| drop(tx.send_replace(value))),
        services: Arc::new(Services {
            series: SeriesTable::new(),
            metrics,
            dialer: MemoryDialer::new("alloy.internal:12345").0,
            user_agent: "test".into(),
            agent_id: "test".into(),
        }),
    };
    (cx, exports)
}

/// The targets in `member` of exported values, as text.
pub(crate) fn targets(exports: &Value, member: &str) -> Vec<String> {
    let object = exports.as_object().expect("exports");
    let value = object.get(member).expect("the member");
    let targets = Vec::<Target>::from_value(value).expect("targets");
    targets.iter().map(|target| target.0.to_string()).collect()
}
