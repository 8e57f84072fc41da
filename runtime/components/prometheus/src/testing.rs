//! What tests of this family share: a build context, batches, a recording receiver.

use std::sync::Arc;

use alloy_component::testing::context;
use alloy_component::{BuildContext, MetricsReceiver};
use alloy_telemetry::{
    Labels, MetricsConsumer, Refs, SampleBatch, SendError, SeriesTable, Timestamps, is_stale,
};
use alloy_value::{ArcArgs, Args, BodyEntry, EvaluatedBody, Value};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

/// A build context whose exports can be looked at.
pub(crate) struct Context {
    pub(crate) build: BuildContext,
    exported: watch::Receiver<Value>,
}

impl Context {
    pub(crate) fn new(name: &str) -> Self {
        let (build, exported) = context(&format!("{name}.test"));
        Self { build, exported }
    }

    pub(crate) fn series(&self) -> SeriesTable {
        self.build.services.series.clone()
    }

    pub(crate) fn exported(&self) -> Option<Value> {
        Some(self.exported.borrow().clone()).filter(|value| !matches!(value, Value::Null))
    }

    /// Value of a counter or gauge of the process.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let families = self.build.services.metrics.gather();
        let metrics = families.iter().filter(|f| f.name() == name).flat_map(|f| f.get_metric());
        metrics.map(|m| m.get_counter().get_value() + m.get_gauge().get_value()).sum()
    }
}

/// A batch at 1 s after the epoch.
pub(crate) fn batch(table: &SeriesTable, rows: &[(&[(&str, &str)], f64)]) -> Arc<SampleBatch> {
    let mut owner = table.owner();
    let refs = rows.iter().map(|(labels, _)| owner.intern(&Labels::new(labels.iter().copied())));
    Arc::new(SampleBatch {
        refs: Refs::List(refs.collect()),
        hold: owner.hold(),
        values: rows.iter().map(|(_, value)| *value).collect(),
        timestamps: Timestamps::One(1000),
        histograms: None,
        exemplars: None,
        metadata: None,
        created: None,
        ack: None,
    })
}

/// Writes down what it receives.
pub(crate) struct Recorder {
    table: SeriesTable,
    lines: Mutex<Vec<String>>,
    received: Notify,
}

impl Recorder {
    pub(crate) fn new(table: SeriesTable) -> Arc<Self> {
        Arc::new(Self { table, lines: Mutex::default(), received: Notify::new() })
    }

    pub(crate) fn receiver(self: &Arc<Self>) -> MetricsReceiver {
        MetricsReceiver(Arc::clone(self) as Arc<dyn MetricsConsumer>)
    }

    /// Waits for the next batch.
    pub(crate) async fn received(&self) {
        self.received.notified().await;
    }

    /// Samples received since the last call, one a line.
    pub(crate) fn take(&self) -> String {
        self.lines.lock().drain(..).map(|line| line + "\n").collect()
    }
}

impl MetricsConsumer for Recorder {
    fn send(&self, batch: Arc<SampleBatch>) -> BoxFuture<'_, Result<(), SendError>> {
        let mut lines = self.lines.lock();
        for row in 0..batch.len() {
            let value = batch.values[row];
            let value = if is_stale(value) { "stale".to_owned() } else { value.to_string() };
            lines.push(format!("{} {value}", self.table.labels(batch.series(row))));
        }
        drop(lines);
        self.received.notify_one();
        async { Ok(()) }.boxed()
    }

    fn component_id(&self) -> &str {
        "test.recorder"
    }
}

/// Arguments decoded from a body in which `lists` are empty lists.
pub(crate) fn default_args<T: Args + Clone>(lists: &[&str]) -> T {
    let empty = |name: &&str| BodyEntry::Attribute {
        name: (*name).into(),
        value: Value::Array(Arc::from([])),
    };
    let body = EvaluatedBody { entries: lists.iter().map(empty).collect() };
    ArcArgs::decode::<T>(&body).unwrap().downcast_ref::<T>().unwrap().clone()
}

/// What decoding says about `args`.
pub(crate) fn validate<T: Args + Clone>(args: &T) -> Result<(), String> {
    let body = ArcArgs::new(args.clone()).encode();
    ArcArgs::decode::<T>(&body).map(drop).map_err(|error| error.to_string())
}
