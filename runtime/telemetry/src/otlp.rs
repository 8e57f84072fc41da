//! OpenTelemetry data on its way between components (design/performance.md §6).

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::{Ack, SendError};

/// What a batch of OpenTelemetry data is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// `ExportMetricsServiceRequest`; the items are data points.
    Metrics,
    /// `ExportLogsServiceRequest`; the items are log records.
    Logs,
    /// `ExportTraceServiceRequest`; the items are spans.
    Traces,
}

/// Data of one signal as the OTLP message that it travels in: nothing is decoded until somebody
/// needs to look inside, and batches are joined by joining their bytes.
#[derive(Clone, Debug)]
pub struct OtlpBatch {
    /// Which message it is.
    pub signal: Signal,
    /// The serialized export request.
    pub request: Bytes,
    /// Number of items in it.
    pub items: usize,
    /// Completed when every consumer has made the batch safe.
    pub ack: Option<Ack>,
}

/// Accepts OpenTelemetry data from other components. Exported as a capsule (`otelcol.Consumer`);
/// equality is identity.
pub trait OtlpConsumer: Send + Sync + 'static {
    /// Hands over one batch. Waits while the consumer is saturated: this is the back-pressure. A
    /// consumer that doesn't take the signal rejects it.
    ///
    /// Cancel safety: dropping the future before completion may or may not have handed over the
    /// batch; a batch is never handed over in part.
    fn send(&self, batch: Arc<OtlpBatch>) -> BoxFuture<'_, Result<(), SendError>>;

    /// Id of the component behind it, for messages.
    fn component_id(&self) -> &str;
}
