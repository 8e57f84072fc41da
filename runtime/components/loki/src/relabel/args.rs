//! Arguments and exports of `loki.relabel`.

use alloy_blocks::{RelabelRules, RuleBlock};
use alloy_component::LogsReceiver;
use alloy_value::{Args, Exports};

/// Arguments of `loki.relabel`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct RelabelArgs {
    /// Where relabelled entries are sent.
    pub forward_to: Vec<LogsReceiver>,
    /// Number of results to remember; the least recently used one makes room.
    #[args(default = 10_000)]
    pub max_cache_size: i64,
    /// Rules, applied in order. An entry left without labels is dropped.
    #[args(block, name = "rule")]
    pub rules: Vec<RuleBlock>,
}

impl RelabelArgs {
    fn check(&self) -> Result<(), String> {
        match self.max_cache_size {
            ..=0 => Err("max_cache_size must be greater than 0".to_owned()),
            _ => Ok(()),
        }
    }
}

/// Exports of `loki.relabel`.
#[derive(Exports, Clone, Debug)]
pub struct RelabelExports {
    /// Receives the entries to relabel.
    pub receiver: LogsReceiver,
    /// The rules as configured.
    pub rules: RelabelRules,
}
