//! Arguments and exports of `otelcol.receiver.loki`.

use alloy_blocks::otelcol::OutputBlock;
use alloy_component::LogsReceiver;
use alloy_value::{Args, Exports};

/// Arguments of `otelcol.receiver.loki`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct LokiArgs {
    /// Where log records are sent.
    #[args(block)]
    pub output: OutputBlock,
}

/// Exports of `otelcol.receiver.loki`.
#[derive(Exports, Clone, Debug)]
pub struct LokiExports {
    /// Takes the log entries of other components.
    pub receiver: LogsReceiver,
}
