//! Arguments of `prometheus.exporter.memcached`.

use std::time::Duration;

use alloy_blocks::TlsBlock;
use alloy_value::Args;

/// Arguments of `prometheus.exporter.memcached`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct MemcachedArgs {
    /// Host and port of the server.
    #[args(default = "localhost:11211")]
    pub address: String,
    /// How long connecting to the server may take.
    #[args(default = "1s")]
    pub timeout: Duration,
    /// Connects with TLS.
    #[args(block)]
    pub tls_config: Option<TlsBlock>,
}
