//! gRPC and HTTP servers.

use std::time::Duration;

use alloy_component::OtelHandler;
use alloy_value::{Block, ByteSize};

use super::TlsServerBlock;

/// What HTTP servers decompress; the empty name stands for requests without compression.
const COMPRESSION_ALGORITHMS: [&str; 7] = ["", "gzip", "zstd", "zlib", "snappy", "deflate", "lz4"];

/// A gRPC server apart from its address, whose default each component has for itself.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct GrpcServerSettings {
    /// Kind of socket: `tcp`, or `unix` with a path as the address.
    #[args(default = "tcp")]
    pub transport: String,
    /// Largest request to accept.
    #[args(default = "4MiB")]
    pub max_recv_msg_size: ByteSize,
    /// Most requests of a connection at a time; 0 for no limit.
    #[args(default = 0)]
    pub max_concurrent_streams: u32,
    /// Size of the read buffer.
    #[args(default = "512KiB")]
    pub read_buffer_size: ByteSize,
    /// Size of the write buffer; 0 for the built-in one.
    #[args(default = "0B")]
    pub write_buffer_size: ByteSize,
    /// Handler that authenticates clients: the export of an `otelcol.auth.*` component.
    pub auth: Option<OtelHandler>,
    /// Passes the headers of requests on to components that can read them.
    #[args(default = false)]
    pub include_metadata: bool,
    /// Serves TLS.
    #[args(block)]
    pub tls: Option<TlsServerBlock>,
    /// How long connections live.
    #[args(block)]
    pub keepalive: Option<GrpcKeepaliveServerBlock>,
}

/// How long the connections of a gRPC server live.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct GrpcKeepaliveServerBlock {
    /// Limits and pings of the server.
    #[args(block)]
    pub server_parameters: Option<GrpcServerParametersBlock>,
    /// What the server demands of clients that ping.
    #[args(block)]
    pub enforcement_policy: Option<GrpcEnforcementPolicyBlock>,
}

/// Limits and pings of a gRPC server.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct GrpcServerParametersBlock {
    /// How long a connection may be idle; 0 for no limit.
    #[args(default = "0s")]
    pub max_connection_idle: Duration,
    /// How long a connection may last; 0 for no limit.
    #[args(default = "0s")]
    pub max_connection_age: Duration,
    /// How long requests may go on after `max_connection_age`; 0 for no limit.
    #[args(default = "0s")]
    pub max_connection_age_grace: Duration,
    /// How long a connection may be quiet before the server pings.
    #[args(default = "2h")]
    pub time: Duration,
    /// How long to wait for the answer to a ping before the connection is closed.
    #[args(default = "20s")]
    pub timeout: Duration,
}

/// What a gRPC server demands of clients that ping.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct GrpcEnforcementPolicyBlock {
    /// Shortest time between pings; clients that ping more often are disconnected.
    #[args(default = "5m")]
    pub min_time: Duration,
    /// Allows pings while no request is under way.
    #[args(default = false)]
    pub permit_without_stream: bool,
}

/// An HTTP server apart from its address, whose default each component has for itself.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct HttpServerSettings {
    /// Handler that authenticates clients: the export of an `otelcol.auth.*` component.
    pub auth: Option<OtelHandler>,
    /// Largest body to accept, after decompression.
    #[args(default = "20MiB")]
    pub max_request_body_size: ByteSize,
    /// Passes the headers of requests on to components that can read them.
    #[args(default = false)]
    pub include_metadata: bool,
    /// Values of `Content-Encoding` to accept; the empty one stands for no compression.
    #[args(default = COMPRESSION_ALGORITHMS.map(String::from).to_vec())]
    pub compression_algorithms: Vec<String>,
    /// Serves several requests over one connection.
    #[args(default = Some(true))]
    pub keep_alives_enabled: Option<bool>,
    /// How long an idle connection is kept.
    #[args(default = "1m")]
    pub idle_timeout: Duration,
    /// How long reading a request may take; 0 for no limit.
    #[args(default = "0s")]
    pub read_timeout: Duration,
    /// How long answering a request may take.
    #[args(default = "30s")]
    pub write_timeout: Duration,
    /// How long reading the headers of a request may take.
    #[args(default = "1m")]
    pub read_header_timeout: Duration,
    /// Serves HTTPS.
    #[args(block)]
    pub tls: Option<TlsServerBlock>,
    /// Which pages of other origins may send requests.
    #[args(block)]
    pub cors: Option<CorsBlock>,
}

/// Which pages of other origins may send requests (CORS).
#[derive(Block, Clone, Debug, PartialEq)]
pub struct CorsBlock {
    /// Origins to allow; `*` stands for any text. Without any, other origins are refused.
    #[args(optional)]
    pub allowed_origins: Vec<String>,
    /// Headers to allow besides those that are always allowed.
    #[args(optional)]
    pub allowed_headers: Vec<String>,
    /// Headers of answers that the pages may read.
    #[args(optional)]
    pub exposed_headers: Vec<String>,
    /// Seconds that browsers may remember the answer to a preflight request.
    #[args(default = 0)]
    pub max_age: i64,
}
