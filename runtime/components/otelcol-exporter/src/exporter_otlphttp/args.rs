//! Arguments of `otelcol.exporter.otlphttp`.

use alloy_blocks::UrlText;
use alloy_blocks::otelcol::{DebugMetricsBlock, HttpClientBlock, RetryBlock, SendingQueueBlock};
use alloy_value::Args;

/// Arguments of `otelcol.exporter.otlphttp`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct OtlpHttpArgs {
    /// URL to send traces to instead of `/v1/traces` of the client's endpoint.
    #[args(default = "", syntax = "url")]
    pub traces_endpoint: UrlText,
    /// URL to send metrics to instead of `/v1/metrics` of the client's endpoint.
    #[args(default = "", syntax = "url")]
    pub metrics_endpoint: UrlText,
    /// URL to send logs to instead of `/v1/logs` of the client's endpoint.
    #[args(default = "", syntax = "url")]
    pub logs_endpoint: UrlText,
    /// Encoding of requests: `proto` or `json`.
    #[args(default = "proto")]
    pub encoding: String,
    /// The server, and how to connect to it.
    #[args(block)]
    pub client: HttpClientBlock,
    /// Queue of what waits to be sent.
    #[args(block, default)]
    pub sending_queue: SendingQueueBlock,
    /// When a request that failed is sent again.
    #[args(block, default)]
    pub retry_on_failure: RetryBlock,
    /// The component's metrics about itself.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

impl OtlpHttpArgs {
    fn check(&self) -> Result<(), String> {
        match self.encoding.as_str() {
            "proto" | "json" => Ok(()),
            other => Err(format!("invalid encoding type {other}")),
        }
    }
}
