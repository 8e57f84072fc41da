//! Arguments and exports of `pyroscope.relabel`.

use alloy_blocks::{RelabelRules, RuleBlock};
use alloy_component::ProfilesReceiver;
use alloy_value::{Args, Exports};

/// Arguments of `pyroscope.relabel`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct RelabelArgs {
    /// Where relabelled profiles are sent.
    pub forward_to: Vec<ProfilesReceiver>,
    /// Number of results to remember; the least recently used one makes room.
    #[args(default = 10_000)]
    pub max_cache_size: i64,
    /// Rules, applied in order. A profile left without labels is dropped.
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

/// Exports of `pyroscope.relabel`.
#[derive(Exports, Clone, Debug)]
pub struct RelabelExports {
    /// Receives the profiles to relabel.
    pub receiver: ProfilesReceiver,
    /// The rules as configured.
    pub rules: RelabelRules,
}
