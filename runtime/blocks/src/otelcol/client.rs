//! gRPC and HTTP clients.

use crate::UrlText;
use std::collections::BTreeMap;
use std::time::Duration;

use alloy_component::OtelHandler;
use alloy_value::{Block, ByteSize};

use super::TlsClientBlock;

/// Compression of requests.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
#[args(unknown = "unrecognized compression type {:?}", null_is_empty)]
pub enum Compression {
    /// gzip
    Gzip,
    /// zlib
    Zlib,
    /// deflate
    Deflate,
    /// Snappy
    Snappy,
    /// Zstandard
    Zstd,
    /// No compression.
    None,
    /// No compression, left empty.
    #[args(name = "")]
    Empty,
}

/// A gRPC client with the server that it connects to.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct GrpcClientBlock {
    /// Address of the server, `host:port`. `https://` in front demands TLS, `http://` demands none.
    pub endpoint: UrlText,
    /// How to connect and send.
    #[args(squash)]
    pub settings: GrpcClientSettings,
}

/// A gRPC client whose servers are found elsewhere.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct GrpcClientSettings {
    /// Compression of requests: `gzip`, `snappy`, `zstd` or `none`.
    #[args(default = Compression::Gzip)]
    pub compression: Compression,
    /// Size of the read buffer; 0 for the built-in one.
    #[args(default = "0B")]
    pub read_buffer_size: ByteSize,
    /// Size of the write buffer.
    #[args(default = "512KiB")]
    pub write_buffer_size: ByteSize,
    /// Waits until the server can be reached instead of failing at once.
    #[args(default = false)]
    pub wait_for_ready: bool,
    /// Headers to add to each request.
    #[args(optional)]
    pub headers: BTreeMap<String, String>,
    /// How requests spread over the addresses of a name: `round_robin` or `pick_first`.
    #[args(default = "round_robin")]
    pub balancer_name: String,
    /// Value of the `:authority` header; the address of the server when empty.
    #[args(default = "")]
    pub authority: String,
    /// Handler that authenticates requests: the export of an `otelcol.auth.*` component.
    pub auth: Option<OtelHandler>,
    /// TLS settings. Connections use TLS unless told otherwise.
    #[args(block, default)]
    pub tls: TlsClientBlock,
    /// Pings that keep a connection open.
    #[args(block)]
    pub keepalive: Option<GrpcKeepaliveClientBlock>,
}

/// Pings that keep a connection open.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct GrpcKeepaliveClientBlock {
    /// How long a connection may be quiet before a ping is sent.
    #[args(default = "0s")]
    pub ping_wait: Duration,
    /// How long to wait for the answer to a ping before the connection is closed.
    #[args(default = "0s")]
    pub ping_response_timeout: Duration,
    /// Sends pings also while no request is under way.
    #[args(default = false)]
    pub ping_without_stream: bool,
}

/// An HTTP client with the server that it connects to.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct HttpClientBlock {
    /// URL of the server.
    #[args(syntax = "url")]
    pub endpoint: UrlText,
    /// URL of the proxy for all requests.
    #[args(default = "", syntax = "url")]
    pub proxy_url: UrlText,
    /// Compression of requests: `gzip`, `zlib`, `deflate`, `snappy`, `zstd` or `none`.
    #[args(default = Compression::Gzip)]
    pub compression: Compression,
    /// Size of the read buffer; 0 for the built-in one.
    #[args(default = "0B")]
    pub read_buffer_size: ByteSize,
    /// Size of the write buffer.
    #[args(default = "512KiB")]
    pub write_buffer_size: ByteSize,
    /// How long a request may take.
    #[args(default = "30s")]
    pub timeout: Duration,
    /// Headers to add to each request.
    #[args(optional)]
    pub headers: BTreeMap<String, String>,
    /// Most idle connections in all; 0 for no limit.
    #[args(default = 100)]
    pub max_idle_conns: i64,
    /// Most idle connections to one host; 0 for the built-in limit.
    #[args(default = 0)]
    pub max_idle_conns_per_host: i64,
    /// Most connections to one host; 0 for no limit.
    #[args(default = 0)]
    pub max_conns_per_host: i64,
    /// How long an idle connection is kept.
    #[args(default = "1m30s")]
    pub idle_conn_timeout: Duration,
    /// Closes each connection after one request.
    #[args(default = false)]
    pub disable_keep_alives: bool,
    /// When a quiet HTTP/2 connection is checked with a ping; 0 for never.
    #[args(default = "0s")]
    pub http2_read_idle_timeout: Duration,
    /// How long to wait for the answer to an HTTP/2 ping.
    #[args(default = "15s")]
    pub http2_ping_timeout: Duration,
    /// Offers HTTP/2 to servers.
    #[args(default = true)]
    pub force_attempt_http2: bool,
    /// Handler that authenticates requests: the export of an `otelcol.auth.*` component.
    pub auth: Option<OtelHandler>,
    /// How hard to compress.
    #[args(block)]
    pub compression_params: Option<CompressionParamsBlock>,
    /// TLS settings.
    #[args(block, default)]
    pub tls: TlsClientBlock,
    /// Cookies of the server.
    #[args(block)]
    pub cookies: Option<CookiesBlock>,
}

/// How hard to compress.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct CompressionParamsBlock {
    /// Level of the chosen compression.
    pub level: i64,
}

/// Cookies of the server.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct CookiesBlock {
    /// Keeps cookies that the server sets and sends them back.
    #[args(default = false)]
    pub enabled: bool,
}
