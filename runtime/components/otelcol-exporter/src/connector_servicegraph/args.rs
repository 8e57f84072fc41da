//! Arguments of `otelcol.connector.servicegraph`.

use std::time::Duration;

use alloy_blocks::otelcol::{DebugMetricsBlock, OutputBlock};
use alloy_value::{Args, Block, GoDuration};

use crate::latency::LATENCY_BUCKETS;

/// Arguments of `otelcol.connector.servicegraph`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct ServiceGraphArgs {
    /// Bounds of the duration histograms' buckets.
    #[args(default = LATENCY_BUCKETS.to_vec())]
    pub latency_histogram_buckets: Vec<Duration>,
    /// Span and resource attributes to add as labels.
    #[args(optional)]
    pub dimensions: Vec<String>,
    /// How often series that get no more requests are removed.
    #[args(default = "1m")]
    pub cache_loop: Duration,
    /// How often spans are given up whose other half didn't come.
    #[args(default = "2s")]
    pub store_expiration_loop: Duration,
    /// Attributes that name the peer of a span whose other half didn't come, by preference.
    #[args(default = texts(&["peer.service", "db.name", "db.system"]))]
    pub virtual_node_peer_attributes: Vec<String>,
    /// Adds a label that tells which node of a request was made up.
    #[args(default = false)]
    pub virtual_node_extra_label: bool,
    /// How often metrics are sent; 0 or less to send them with every batch of spans.
    #[args(default = "1m")]
    pub metrics_flush_interval: GoDuration,
    /// Attributes that name the database of a span, by preference.
    #[args(default = texts(&["db.name"]))]
    pub database_name_attributes: Vec<String>,
    /// Most buckets of an exponential histogram; 0 for histograms with the given bounds.
    #[args(default = 0)]
    pub exponential_histogram_max_size: i32,
    /// Spans that wait for their other half.
    #[args(block, default)]
    pub store: StoreBlock,
    /// Where the metrics go.
    #[args(block)]
    pub output: OutputBlock,
    /// The component's metrics about itself.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

/// Spans that wait for their other half.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct StoreBlock {
    /// Most spans.
    #[args(default = 1000)]
    pub max_items: i64,
    /// How long a span waits.
    #[args(default = "2s")]
    pub ttl: GoDuration,
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

impl ServiceGraphArgs {
    fn check(&self) -> Result<(), String> {
        let message = match () {
            () if self.cache_loop.is_zero() => "cache_loop must be greater than 0",
            () if self.store_expiration_loop.is_zero() => {
                "store_expiration_loop must be greater than 0"
            }
            () if self.store.max_items <= 0 => "store.max_items must be greater than 0",
            () if self.store.ttl.0 <= 0 => "store.ttl must be greater than 0",
            () => return Ok(()),
        };
        Err(message.to_owned())
    }
}
