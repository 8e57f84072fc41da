//! Where a component sends what it made, and what it takes in.

use alloy_component::OtelConsumer;
use alloy_value::{Block, Exports};

/// The components that receive the output, by signal.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct OutputBlock {
    /// Receivers of metrics. Without any, metrics are dropped.
    #[args(optional)]
    pub metrics: Vec<OtelConsumer>,
    /// Receivers of logs. Without any, logs are dropped.
    #[args(optional)]
    pub logs: Vec<OtelConsumer>,
    /// Receivers of traces. Without any, traces are dropped.
    #[args(optional)]
    pub traces: Vec<OtelConsumer>,
}

/// Exports of components that take in telemetry.
#[derive(Exports, Clone, Debug)]
pub struct InputExports {
    /// Takes the metrics, logs and traces that other components send.
    pub input: OtelConsumer,
}
