//! Arguments of `prometheus.exporter.apache`.

use alloy_blocks::UrlText;
use alloy_value::Args;

/// Arguments of `prometheus.exporter.apache`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct ApacheArgs {
    /// URL of the server's status page in its machine-readable form.
    #[args(default = "http://localhost/server-status?auto", syntax = "url")]
    pub scrape_uri: UrlText,
    /// `Host` header to ask with instead of the host of the URL.
    #[args(default = "")]
    pub host_override: String,
    /// Doesn't verify the server's certificate.
    #[args(default = false)]
    pub insecure: bool,
}
