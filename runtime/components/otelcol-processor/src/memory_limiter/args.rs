//! Arguments of `otelcol.processor.memory_limiter`.

use std::time::Duration;

use alloy_blocks::otelcol::{DebugMetricsBlock, OutputBlock};
use alloy_value::{Args, ByteSize};

/// Arguments of `otelcol.processor.memory_limiter`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct MemoryLimiterArgs {
    /// Time between two looks at the memory in use.
    pub check_interval: Duration,
    /// Memory that the process should not exceed.
    #[args(default = "0B")]
    pub limit: ByteSize,
    /// Growth to expect between two looks: data is refused from `limit` minus this. A fifth of
    /// `limit` if not set.
    #[args(default = "0B")]
    pub spike_limit: ByteSize,
    /// As `limit`, in percent of the memory that the machine or container has.
    #[args(default = 0)]
    pub limit_percentage: u32,
    /// As `spike_limit`, in percent of the memory that the machine or container has.
    #[args(default = 0)]
    pub spike_limit_percentage: u32,
    /// Where data is passed on to.
    #[args(block)]
    pub output: OutputBlock,
    /// The component's own metrics.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

impl MemoryLimiterArgs {
    fn check(&self) -> Result<(), String> {
        const PERCENT: std::ops::RangeInclusive<u32> = 1..=100;
        let message = if self.check_interval.is_zero() {
            "check_interval must be greater than zero"
        } else if self.limit.0 > 0 && self.limit_percentage > 0 {
            "either limit or limit_percentage must be set, but not both"
        } else if self.limit.0 > 0 {
            if self.spike_limit < self.limit {
                return Ok(());
            }
            "spike_limit must be less than limit"
        } else if self.limit_percentage > 0 {
            if PERCENT.contains(&self.limit_percentage)
                && PERCENT.contains(&self.spike_limit_percentage)
            {
                return Ok(());
            }
            "limit_percentage and spike_limit_percentage must be greater than 0 and less or equal \
             than 100"
        } else {
            "either limit or limit_percentage must be set to greater than zero"
        };
        Err(message.to_owned())
    }
}
