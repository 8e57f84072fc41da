//! Arguments of `otelcol.processor.probabilistic_sampler`.

use alloy_blocks::otelcol::{DebugMetricsBlock, OutputBlock};
use alloy_value::Args;

/// Arguments of `otelcol.processor.probabilistic_sampler`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct ProbabilisticSamplerArgs {
    /// Percent of traces or log records to keep; 0 keeps nothing, 100 and more everything.
    #[args(default = 0.0)]
    pub sampling_percentage: f32,
    /// Number that goes into the hash; samplers with the same one keep the same traces.
    #[args(default = 0)]
    pub hash_seed: u32,
    /// How the decision is made: `hash_seed`, `equalizing` or `proportional`. Empty: `hash_seed`
    /// if `hash_seed` is set or log records are sampled by an attribute, else `proportional`.
    #[args(default = "")]
    pub mode: String,
    /// Drops what cannot be decided about instead of keeping it.
    #[args(default = true)]
    pub fail_closed: bool,
    /// Hexadecimal digits of the threshold that is recorded, 1 to 14.
    #[args(default = 4)]
    pub sampling_precision: i64,
    /// What log records are sampled by: `traceID` or `record` (the attribute `from_attribute`).
    #[args(default = "traceID")]
    pub attribute_source: String,
    /// Log record attribute to sample by.
    #[args(default = "")]
    pub from_attribute: String,
    /// Log record attribute that holds the percentage for the record.
    #[args(default = "")]
    pub sampling_priority: String,
    /// Where what is kept is sent.
    #[args(block)]
    pub output: OutputBlock,
    /// The component's own metrics.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

impl ProbabilisticSamplerArgs {
    fn check(&self) -> Result<(), String> {
        /// Hexadecimal digits of the 56 random bits of a trace id.
        const DIGITS: std::ops::RangeInclusive<i64> = 1..=14;
        if !self.sampling_percentage.is_finite() {
            return Err(format!("invalid sampling percentage: {}", self.sampling_percentage));
        }
        if self.sampling_percentage < 0.0 {
            return Err(format!(
                "sampling percentage must not be negative: {}",
                self.sampling_percentage
            ));
        }
        if !DIGITS.contains(&self.sampling_precision) {
            return Err(format!("invalid sampling precision: {}", self.sampling_precision));
        }
        Ok(())
    }
}
