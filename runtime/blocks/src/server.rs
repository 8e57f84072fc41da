//! The `http` and `grpc` blocks of components that listen (push receivers of metrics and logs).

use std::time::Duration;

use alloy_value::structure::Structure;
use alloy_value::{Block, Secret};

/// The longest duration that the configuration language knows: no limit.
pub const FOREVER: Duration = Duration::from_nanos(i64::MAX as u64);

/// HTTP listener of a push receiver.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct HttpServerBlock {
    /// Address to listen on; empty for all interfaces.
    #[args(default = "")]
    pub listen_address: String,
    /// Port to listen on; 0 picks a free one.
    #[args(default = 8080)]
    pub listen_port: i64,
    /// Most connections at a time; 0 for the built-in limit of 4,096.
    #[args(default = 0)]
    pub conn_limit: i64,
    /// Timeouts and protocols.
    #[args(squash)]
    pub options: HttpServerOptions,
}

impl Default for HttpServerBlock {
    fn default() -> Self {
        Self::initial()
    }
}

/// Timeouts and protocols of an HTTP listener.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct HttpServerOptions {
    /// How long reading a request may take.
    #[args(default = "30s")]
    pub server_read_timeout: Duration,
    /// How long answering a request may take.
    #[args(default = "30s")]
    pub server_write_timeout: Duration,
    /// How long an idle connection is kept.
    #[args(default = "2m")]
    pub server_idle_timeout: Duration,
    /// Serves HTTPS.
    #[args(block)]
    pub tls: Option<ServerTlsBlock>,
    /// HTTP/2 settings.
    #[args(block)]
    pub http2: Option<Http2Block>,
}

/// Certificate and client authentication of a listener.
#[derive(Block, Clone, Debug, Default, PartialEq)]
pub struct ServerTlsBlock {
    /// Certificate chain as PEM text.
    #[args(default = "")]
    pub cert_pem: String,
    /// Private key as PEM text.
    pub key_pem: Option<Secret>,
    /// File with the certificate chain.
    #[args(default = "")]
    pub cert_file: String,
    /// File with the private key.
    #[args(default = "")]
    pub key_file: String,
    /// Whether clients must present a certificate.
    #[args(default = "")]
    pub client_auth_type: String,
    /// File with the CA that signs client certificates.
    #[args(default = "")]
    pub client_ca_file: String,
    /// CA that signs client certificates, as PEM text.
    #[args(default = "")]
    pub client_ca: String,
    /// Cipher suites to offer.
    #[args(default = "")]
    pub cipher_suites: String,
    /// Lowest TLS version to accept.
    #[args(default = "")]
    pub min_version: String,
}

/// HTTP/2 settings of a listener.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct Http2Block {
    /// Offers HTTP/2.
    #[args(default = false)]
    pub enabled: bool,
    /// Most handlers at a time.
    #[args(default = 0)]
    pub max_handlers: i64,
    /// Most streams of a connection at a time.
    #[args(default = 100)]
    pub max_concurrent_streams: u32,
    /// Header table size for decoding.
    #[args(default = 4096)]
    pub max_decoder_header_table_size: u32,
    /// Header table size for encoding.
    #[args(default = 4096)]
    pub max_encoder_header_table_size: u32,
    /// Largest frame to read.
    #[args(default = 0)]
    pub max_read_frame_size: u32,
    /// Accepts cipher suites that HTTP/2 forbids.
    #[args(default = false)]
    pub permit_prohibited_ciphers: bool,
    /// How long an idle connection is kept.
    #[args(default = "0s")]
    pub idle_timeout: Duration,
    /// When a connection without frames is checked with a ping.
    #[args(default = "0s")]
    pub read_idle_timeout: Duration,
    /// How long to wait for the answer to a ping.
    #[args(default = "15s")]
    pub ping_timeout: Duration,
    /// How long a connection may make no progress in writing.
    #[args(default = "0s")]
    pub write_byte_timeout: Duration,
    /// Flow control window of a connection.
    #[args(default = 0)]
    pub max_upload_buffer_per_connection: i32,
    /// Flow control window of a stream.
    #[args(default = 0)]
    pub max_upload_buffer_per_stream: i32,
}

impl Default for Http2Block {
    fn default() -> Self {
        Self::initial()
    }
}

/// gRPC listener of a push receiver.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct GrpcServerBlock {
    /// Address to listen on; empty for all interfaces.
    #[args(default = "")]
    pub listen_address: String,
    /// Port to listen on; 0 picks a free one.
    #[args(default = 0)]
    pub listen_port: i64,
    /// Most connections at a time; 0 for the built-in limit.
    #[args(default = 0)]
    pub conn_limit: i64,
    /// When a connection is closed whatever its state.
    #[args(default = FOREVER)]
    pub max_connection_age: Duration,
    /// Grace after `max_connection_age`.
    #[args(default = FOREVER)]
    pub max_connection_age_grace: Duration,
    /// When an idle connection is closed.
    #[args(default = FOREVER)]
    pub max_connection_idle: Duration,
    /// Largest message to receive, in bytes.
    #[args(default = 4_194_304)]
    pub server_max_recv_msg_size: i64,
    /// Largest message to send, in bytes.
    #[args(default = 4_194_304)]
    pub server_max_send_msg_size: i64,
    /// Most streams of a connection at a time.
    #[args(default = 100)]
    pub server_max_concurrent_streams: u32,
    /// Serves TLS.
    #[args(block)]
    pub tls: Option<ServerTlsBlock>,
}

impl Default for GrpcServerBlock {
    fn default() -> Self {
        Self::initial()
    }
}
