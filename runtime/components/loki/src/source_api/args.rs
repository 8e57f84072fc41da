//! Arguments of `loki.source.api`.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_blocks::{GrpcServerBlock, HttpServerBlock, RelabelRules};
use alloy_component::LogsReceiver;
use alloy_value::{Args, ByteSize};

/// Arguments of `loki.source.api`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct SourceApiArgs {
    /// How long requests in flight may take after a stop.
    #[args(default = "30s")]
    pub graceful_shutdown_timeout: Duration,
    /// Where received entries are sent.
    pub forward_to: Vec<LogsReceiver>,
    /// Labels of every entry; they replace the entry's own.
    #[args(optional)]
    pub labels: BTreeMap<String, String>,
    /// Rules for the labels of entries, from a `loki.relabel` component.
    #[args(optional)]
    pub relabel_rules: RelabelRules,
    /// Keeps the timestamps of entries; otherwise they get the current time.
    #[args(default = false)]
    pub use_incoming_timestamp: bool,
    /// Size beyond which a request is refused.
    #[args(default = "100MiB")]
    pub max_send_message_size: ByteSize,
    /// The HTTP listener.
    #[args(block)]
    pub http: Option<HttpServerBlock>,
    /// The gRPC listener.
    #[args(block)]
    pub grpc: Option<GrpcServerBlock>,
}
