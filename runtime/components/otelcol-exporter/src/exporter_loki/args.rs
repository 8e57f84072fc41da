//! Arguments of `otelcol.exporter.loki`.

use alloy_component::LogsReceiver;
use alloy_value::Args;

/// Arguments of `otelcol.exporter.loki`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct LokiArgs {
    /// Receivers of the log entries.
    pub forward_to: Vec<LogsReceiver>,
}
