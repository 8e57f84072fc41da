//! Arguments of `pyroscope.receive_http`.

use std::time::Duration;

use alloy_blocks::{GrpcServerBlock, HttpServerOptions};
use alloy_component::ProfilesReceiver;
use alloy_value::{Args, Block};

/// Arguments of `pyroscope.receive_http`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct ReceiveHttpArgs {
    /// How long requests in flight may take after a stop.
    #[args(default = "30s")]
    pub graceful_shutdown_timeout: Duration,
    /// Where received profiles are sent.
    pub forward_to: Vec<ProfilesReceiver>,
    /// Time that sending a file with debug information on may take.
    #[args(default = "2m")]
    pub debug_info_upload_timeout: Duration,
    /// The HTTP listener.
    #[args(block)]
    pub http: Option<HttpBlock>,
    /// The gRPC listener.
    #[args(block)]
    pub grpc: Option<GrpcServerBlock>,
}

/// HTTP listener for profiles. Unlike others it has a high limit of connections.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct HttpBlock {
    /// Address to listen on; empty for all interfaces.
    #[args(default = "")]
    pub listen_address: String,
    /// Port to listen on; 0 picks a free one.
    #[args(default = 8080)]
    pub listen_port: i64,
    /// Most connections at a time; 0 for the built-in limit of 4,096.
    #[args(default = 16384)]
    pub conn_limit: i64,
    /// Timeouts and protocols.
    #[args(squash)]
    pub options: HttpServerOptions,
}
