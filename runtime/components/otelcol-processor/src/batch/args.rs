//! Arguments of `otelcol.processor.batch`.

use alloy_blocks::otelcol::{DebugMetricsBlock, OutputBlock};
use alloy_value::{Args, GoDuration};

/// Arguments of `otelcol.processor.batch`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct BatchArgs {
    /// How long data waits for its batch to fill; `0s` or less sends at once.
    #[args(default = "200ms")]
    pub timeout: GoDuration,
    /// Number of spans, data points or log records at which a batch is sent.
    #[args(default = 2000)]
    pub send_batch_size: u32,
    /// Largest batch; larger ones are split. 0 for no limit.
    #[args(default = 3000)]
    pub send_batch_max_size: u32,
    /// Keys of request metadata: each combination of their values has batches of its own.
    #[args(optional)]
    pub metadata_keys: Vec<String>,
    /// Most combinations of metadata values; data with further ones is refused.
    #[args(default = 1000)]
    pub metadata_cardinality_limit: u32,
    /// Where batches are sent.
    #[args(block)]
    pub output: OutputBlock,
    /// The component's own metrics.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

impl BatchArgs {
    fn check(&self) -> Result<(), String> {
        let max = self.send_batch_max_size;
        if max > 0 && max < self.send_batch_size {
            return Err("send_batch_max_size must be greater or equal to send_batch_size when \
                        not 0"
                .to_owned());
        }
        Ok(())
    }
}
