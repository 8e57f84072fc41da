//! A build context for tests of components, with exports that can be waited for.

use std::path::PathBuf;
use std::sync::Arc;

use alloy_telemetry::SeriesTable;
use alloy_value::{Stability, Value};
use tokio::sync::watch;

use crate::{
    BuildContext, ExportSink, Handover, LiveDebugging, MemoryDialer, MetricsHub, Services,
};

/// A context, and the exports of the component that is built with it: `Null` before the first.
///
/// Nothing accepts connections of its in-memory dialer. Fields may be replaced before building.
pub fn context(id: &str) -> (BuildContext, watch::Receiver<Value>) {
    context_in(id, &MetricsHub::new(), &SeriesTable::new())
}

/// As [`context`], in a process that has metrics and series already.
pub fn context_in(
    id: &str,
    metrics: &MetricsHub,
    series: &SeriesTable,
) -> (BuildContext, watch::Receiver<Value>) {
    let (store, exports) = watch::channel(Value::Null);
    let context = BuildContext {
        id: id.into(),
        data_dir: PathBuf::from("/nonexistent"),
        stability: Stability::GenerallyAvailable,
        span: tracing::Span::none(),
        metrics: metrics.registry(&[]),
        exports: ExportSink::new(move |value| drop(store.send_replace(value))),
        services: Arc::new(Services {
            series: series.clone(),
            metrics: metrics.clone(),
            handover: Handover::new(),
            live_debugging: LiveDebugging::new(),
            dialer: MemoryDialer::new("alloy.internal:12345").0,
            user_agent: "Alloy/test (linux; binary)".into(),
            agent_id: "agent".into(),
        }),
    };
    (context, exports)
}
