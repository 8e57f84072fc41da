//! Arguments and exports of `prometheus.relabel`.

use std::time::Duration;

use alloy_blocks::{RelabelRules, RuleBlock};
use alloy_component::MetricsReceiver;
use alloy_value::{Args, Exports};

/// Shortest `cache_ttl`.
const MIN_TTL: Duration = Duration::from_secs(60);

/// Arguments of `prometheus.relabel`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct RelabelArgs {
    /// Where relabelled metrics are sent.
    pub forward_to: Vec<MetricsReceiver>,
    /// Number of results to remember; the least recently used one makes room.
    #[args(default = 100_000)]
    pub max_cache_size: i64,
    /// How long a result is remembered after its last use; needs `max_cache_size = 0`.
    #[args(default = "0s")]
    pub cache_ttl: Duration,
    /// Rules, applied in order.
    #[args(block)]
    pub rule: Vec<RuleBlock>,
}

impl RelabelArgs {
    fn check(&self) -> Result<(), String> {
        let (size, ttl) = (self.max_cache_size, self.cache_ttl);
        if size < 0 {
            return Err("max_cache_size must be greater than or equal to 0".to_owned());
        }
        if size > 0 && !ttl.is_zero() {
            return Err("max_cache_size and cache_ttl are mutually exclusive: set max_cache_size \
                        to 0 to use cache_ttl"
                .to_owned());
        }
        if size == 0 && ttl.is_zero() {
            return Err("one of max_cache_size and cache_ttl must be greater than 0".to_owned());
        }
        if !ttl.is_zero() && ttl < MIN_TTL {
            return Err("cache_ttl must be greater than or equal to 1m".to_owned());
        }
        Ok(())
    }
}

/// Exports of `prometheus.relabel`.
#[derive(Exports, Clone, Debug)]
pub struct RelabelExports {
    /// Receives the metrics to relabel.
    pub receiver: MetricsReceiver,
    /// The rules as configured.
    pub rules: RelabelRules,
}
