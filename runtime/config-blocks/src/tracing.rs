//! `tracing`: traces of the process itself (spec/runtime.md §7).

use std::time::Duration;

use alloy_blocks::Url;
use alloy_component::OtelConsumer;
use alloy_value::{Args, Block, Definition, Stability, quote};

/// Arguments of the `tracing` block.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct TracingArgs {
    /// Share of the traces that start here and are kept: 0 keeps none, 1 keeps all. A trace that comes
    /// with a request is kept if its sender keeps it.
    #[args(default = 0.1)]
    pub sampling_fraction: f64,
    /// Passes the trace on in the headers of outgoing requests (`traceparent`, `baggage`), and goes on
    /// with the trace of incoming ones.
    #[args(default = false)]
    pub send_traceparent: bool,
    /// Where traces are sent; without a receiver they are dropped.
    #[args(optional)]
    pub write_to: Vec<OtelConsumer>,
    /// Decides by other means than `sampling_fraction` what is kept.
    #[args(block)]
    pub sampler: Option<SamplerBlock>,
}

/// Source of sampling decisions.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct SamplerBlock {
    /// Asks a Jaeger server.
    #[args(block)]
    pub jaeger_remote: Option<JaegerRemoteBlock>,
}

/// Sampling strategies from a Jaeger server.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct JaegerRemoteBlock {
    /// URL that answers with sampling strategies.
    #[args(default = "http://127.0.0.1:5778/sampling")]
    pub url: Url,
    /// Number of operations that may have a strategy of their own.
    #[args(default = 256)]
    pub max_operations: i64,
    /// Time between two requests.
    #[args(default = "1m")]
    pub refresh_interval: Duration,
}

impl JaegerRemoteBlock {
    fn check(&self) -> Result<(), String> {
        let url = self.url.redacted();
        let host = self.url.as_str().split_once("://").filter(|(scheme, _)| {
            ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
        });
        if host.is_none_or(|(_, host)| host.is_empty() || host.starts_with(['/', '?', '#'])) {
            return Err(format!(
                "jaeger_remote: url must be an http or https URL with a host, got {}",
                quote(&url)
            ));
        }
        if self.refresh_interval.is_zero() {
            return Err("jaeger_remote: refresh_interval must be greater than 0".to_owned());
        }
        Ok(())
    }
}

/// The `tracing` block.
pub static TRACING: Definition = Definition::config_block::<TracingArgs>(
    "tracing",
    Stability::GenerallyAvailable,
    "Sampling and destination of the traces of the process itself.",
);
