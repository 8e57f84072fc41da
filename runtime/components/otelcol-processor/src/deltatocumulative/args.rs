//! Arguments of `otelcol.processor.deltatocumulative`.

use std::time::Duration;

use alloy_blocks::otelcol::{DebugMetricsBlock, OutputBlock};
use alloy_value::Args;

/// Arguments of `otelcol.processor.deltatocumulative`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct DeltaToCumulativeArgs {
    /// How long a series may get no data before its sum is forgotten.
    #[args(default = "5m")]
    pub max_stale: Duration,
    /// Most series to follow; further ones are dropped.
    #[args(default = i64::MAX)]
    pub max_streams: i64,
    /// Where metrics are sent; logs and traces are not taken.
    #[args(block)]
    pub output: OutputBlock,
    /// The component's own metrics.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

impl DeltaToCumulativeArgs {
    fn check(&self) -> Result<(), String> {
        if self.max_stale.is_zero() {
            return Err("max_stale must be a positive duration (got 0s)".to_owned());
        }
        if self.max_streams < 0 {
            return Err(format!(
                "max_streams must be a positive number or zero (got {})",
                self.max_streams
            ));
        }
        Ok(())
    }
}
