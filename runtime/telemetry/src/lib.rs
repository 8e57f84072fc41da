//! What moves between components: batches of samples, log lines and OpenTelemetry data, the interned
//! series that samples refer to, and the acknowledgement that tells a producer when a batch is safe.
//!
//! # Invariants
//! - A batch is immutable once sent; fan-out clones an `Arc`, a component that changes data builds a
//!   new batch that shares the untouched columns.
//! - A [`SeriesRef`] is valid while a [`SeriesOwner`] that interned or adopted it, or a [`Hold`]
//!   taken from one, is alive. Nothing else may be assumed about its number.
//! - Stale markers are the NaN with the bits of [`STALE_NAN_BITS`]; no code canonicalises NaNs.
//! - Knows neither the configuration language nor components.
//!
//! Start reading at [`SampleBatch`], then [`SeriesTable`].

mod ack;
mod batch;
mod consumer;
mod labels;
mod logs;
mod otlp;
mod series;

pub use ack::{Ack, AckOutcome, AckWaiter};
pub use batch::{
    Exemplar, Histogram, Metadata, MetricType, Refs, Row, STALE_NAN_BITS, SampleBatch, Timestamps,
    is_stale, stale_marker,
};
pub use consumer::{MetricsConsumer, SendError};
pub use labels::{Label, Labels, LabelsBuilder};
pub use logs::{LogBatch, LogLine, LogsConsumer};
pub use otlp::{OtlpBatch, OtlpConsumer, Signal};
pub use series::{Hold, SeriesOwner, SeriesRef, SeriesTable};
