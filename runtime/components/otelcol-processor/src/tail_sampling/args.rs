//! Arguments of `otelcol.processor.tail_sampling`.

use std::time::Duration;

use alloy_blocks::otelcol::{DebugMetricsBlock, OutputBlock};
use alloy_value::{Args, Block};

use super::policy::PolicyBlock;

/// Arguments of `otelcol.processor.tail_sampling`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct TailSamplingArgs {
    /// How long to wait from a trace's first span until the decision.
    #[args(default = "30s")]
    pub decision_wait: Duration,
    /// How long to wait once the root span is there, if that is over sooner; 0 turns it off.
    #[args(default = "0s")]
    pub decision_wait_after_root_received: Duration,
    /// Most traces to keep in memory.
    #[args(default = 50_000)]
    pub num_traces: u64,
    /// Lets senders wait when `num_traces` is reached instead of dropping the oldest trace.
    #[args(default = false)]
    pub block_on_overflow: bool,
    /// New traces to expect each second, for allocating memory ahead.
    #[args(default = 0)]
    pub expected_new_traces_per_sec: u64,
    /// Takes the first policy's decision that keeps a trace instead of asking all policies.
    #[args(default = false)]
    pub sample_on_first_match: bool,
    /// Drops traces without a decision at shutdown instead of deciding with what is there.
    #[args(default = false)]
    pub drop_pending_traces_on_shutdown: bool,
    /// Bytes from which a trace is dropped at once; 0 for no limit.
    #[args(default = 0)]
    pub maximum_trace_size_bytes: u64,
    /// Remembers decisions for spans that come late.
    pub decision_cache: Option<DecisionCache>,
    /// What is kept; a trace goes through if one of them says so.
    #[args(block, required, name = "policy")]
    pub policies: Vec<PolicyBlock>,
    /// Where traces are sent; metrics and logs are not taken.
    #[args(block)]
    pub output: OutputBlock,
    /// The component's own metrics.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

/// How many decisions are remembered for spans that come late.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct DecisionCache {
    /// Traces that were kept; 0 remembers none.
    #[args(optional)]
    pub sampled_cache_size: i64,
    /// Traces that were dropped; 0 remembers none.
    #[args(optional)]
    pub non_sampled_cache_size: i64,
}

impl TailSamplingArgs {
    fn check(&self) -> Result<(), String> {
        if self.decision_wait.as_millis() == 0 {
            return Err("decision_wait must be greater than zero".to_owned());
        }
        if self.num_traces == 0 {
            return Err("num_traces must be greater than zero".to_owned());
        }
        Ok(())
    }
}
