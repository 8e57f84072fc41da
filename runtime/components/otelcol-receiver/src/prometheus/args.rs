//! Arguments and exports of `otelcol.receiver.prometheus`.

use alloy_blocks::otelcol::{DebugMetricsBlock, OutputBlock};
use alloy_component::MetricsReceiver;
use alloy_value::{Args, Exports};

/// Arguments of `otelcol.receiver.prometheus`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct PrometheusArgs {
    /// Where metrics are sent.
    #[args(block)]
    pub output: OutputBlock,
    /// The component's own metrics.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

/// Exports of `otelcol.receiver.prometheus`.
#[derive(Exports, Clone, Debug)]
pub struct PrometheusExports {
    /// Takes the samples of other components.
    pub receiver: MetricsReceiver,
}
