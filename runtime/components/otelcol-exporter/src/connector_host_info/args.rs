//! Arguments of `otelcol.connector.host_info`.

use alloy_blocks::otelcol::{DebugMetricsBlock, OutputBlock};
use alloy_value::{Args, GoDuration};

/// Arguments of `otelcol.connector.host_info`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct HostInfoArgs {
    /// Resource attributes that identify a host.
    #[args(default = vec!["host.id".to_owned()])]
    pub host_identifiers: Vec<String>,
    /// How often the metric is sent.
    #[args(default = "1m")]
    pub metrics_flush_interval: GoDuration,
    /// Where the metric goes.
    #[args(block)]
    pub output: OutputBlock,
    /// The component's metrics about itself.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

impl HostInfoArgs {
    fn check(&self) -> Result<(), String> {
        if self.host_identifiers.is_empty() {
            return Err("host_identifiers must not be empty".to_owned());
        }
        if self.metrics_flush_interval.0 <= 0 {
            return Err("metrics_flush_interval must be greater than 0".to_owned());
        }
        Ok(())
    }
}
