//! Arguments of `otelcol.receiver.zipkin`.

use alloy_blocks::otelcol::{DebugMetricsBlock, HttpServerSettings, OutputBlock};
use alloy_value::Args;

/// Arguments of `otelcol.receiver.zipkin`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct ZipkinArgs {
    /// Turns tags that look like numbers or booleans into such attributes.
    #[args(default = false)]
    pub parse_string_tags: bool,
    /// Address to listen on, `host:port`.
    #[args(default = "0.0.0.0:9411")]
    pub endpoint: String,
    /// The server.
    #[args(squash)]
    pub server: HttpServerSettings,
    /// The component's own metrics.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
    /// Where traces are sent.
    #[args(block)]
    pub output: OutputBlock,
}
