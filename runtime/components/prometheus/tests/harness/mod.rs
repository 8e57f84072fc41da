//! Builds `prometheus.remote_write` from configuration text and runs it.

use std::path::Path;
use std::sync::Arc;

use alloy_component::testing::context_in;
use alloy_component::{Component, ComponentError, MetricsHub, MetricsReceiver, RunContext};
use alloy_prometheus::remote_write;
use alloy_telemetry::SeriesTable;
use alloy_value::{ArcArgs, FromValue, Stability, Value};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A running component.
pub(crate) struct Remote {
    pub(crate) component: Arc<dyn Component>,
    pub(crate) receiver: MetricsReceiver,
    cancel: CancellationToken,
    task: JoinHandle<Result<(), ComponentError>>,
}

impl Remote {
    pub(crate) async fn start(
        config: &str,
        data_dir: &Path,
        hub: &MetricsHub,
        table: &SeriesTable,
    ) -> Result<Self, String> {
        let (mut cx, exported) = context_in("prometheus.remote_write.x", hub, table);
        cx.data_dir = data_dir.to_owned();
        cx.stability = Stability::Experimental;
        let build = remote_write::COMPONENT.build.unwrap();
        let component = build(cx, arguments(config)?).await.map_err(|error| error.to_string())?;
        let Value::Object(exports) = exported.borrow().clone() else {
            return Err("nothing exported".into());
        };
        let receiver = MetricsReceiver::from_value(exports.get("receiver").ok_or("no receiver")?)
            .map_err(|_| "no receiver")?;
        let cancel = CancellationToken::new();
        let cx = RunContext { cancel: cancel.clone() };
        let task = tokio::spawn(Arc::clone(&component).run(cx));
        Ok(Self { component, receiver, cancel, task })
    }

    pub(crate) async fn stop(self) -> Result<(), String> {
        self.cancel.cancel();
        self.task.await.unwrap().map_err(|error| error.to_string())
    }
}

/// Arguments of the only component of `config`.
pub(crate) fn arguments(config: &str) -> Result<ArcArgs, String> {
    alloy_queries::testing::arguments(remote_write::COMPONENT.definition, config)
}
