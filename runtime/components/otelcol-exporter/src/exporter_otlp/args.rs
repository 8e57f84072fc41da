//! Arguments of `otelcol.exporter.otlp`.

use std::time::Duration;

use alloy_blocks::otelcol::{DebugMetricsBlock, GrpcClientBlock, RetryBlock, SendingQueueBlock};
use alloy_value::Args;

/// Arguments of `otelcol.exporter.otlp`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct OtlpArgs {
    /// How long an attempt to send may take.
    #[args(default = "5s")]
    pub timeout: Duration,
    /// Queue of what waits to be sent.
    #[args(block, default)]
    pub sending_queue: SendingQueueBlock,
    /// When a request that failed is sent again.
    #[args(block, default)]
    pub retry_on_failure: RetryBlock,
    /// The component's metrics about itself.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
    /// The server, and how to connect to it.
    #[args(block)]
    pub client: GrpcClientBlock,
}
