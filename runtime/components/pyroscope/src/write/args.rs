//! Arguments and exports of `pyroscope.write`.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_blocks::{HttpClientBlock, Url, UrlText};
use alloy_component::ProfilesReceiver;
use alloy_value::{Args, Block, Exports};

/// Arguments of `pyroscope.write`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct WriteArgs {
    /// Labels of every profile; they replace the profile's own.
    #[args(optional)]
    pub external_labels: BTreeMap<String, String>,
    /// Where profiles are sent; each endpoint gets all of them.
    #[args(block, name = "endpoint")]
    pub endpoints: Vec<EndpointBlock>,
    /// How the trace of a profile's sender is passed on.
    #[args(block, default)]
    pub tracing: TracingBlock,
}

/// Exports of `pyroscope.write`.
#[derive(Exports, Clone, Debug)]
pub struct WriteExports {
    /// Receives the profiles of other components.
    pub receiver: ProfilesReceiver,
}

/// One endpoint.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct EndpointBlock {
    /// Name in logs.
    #[args(default = "")]
    pub name: String,
    /// URL of the server, such as `http://localhost:4040`.
    pub url: UrlText,
    /// Timeout of a request.
    #[args(default = "10s")]
    pub remote_timeout: Duration,
    /// Timeout of sending a file with debug information.
    #[args(default = "2m")]
    pub debug_info_upload_timeout: Duration,
    /// Further headers of each request.
    #[args(optional)]
    pub headers: BTreeMap<String, String>,
    /// HTTP client settings.
    #[args(squash)]
    pub client: HttpClientBlock,
    /// Wait before the first retry; each further one waits twice as long.
    #[args(default = "500ms")]
    pub min_backoff_period: Duration,
    /// Longest wait between two retries.
    #[args(default = "5m")]
    pub max_backoff_period: Duration,
    /// Number of requests for a profile after which it is dropped; 0: no limit.
    #[args(default = 10)]
    pub max_backoff_retries: i64,
    /// Retries when the server answers 429 (too many requests).
    #[args(default = true)]
    pub retry_on_http_429: bool,
}

impl EndpointBlock {
    fn check(&self) -> Result<(), String> {
        Url::parse(&self.url).map_err(|error| format!("endpoint url: {error}"))?;
        self.client.validate()
    }
}

/// Forms in which a trace is passed on.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct TracingBlock {
    /// In the header of Jaeger.
    #[args(default = true)]
    pub jaeger_propagator: bool,
    /// In the headers of W3C Trace Context.
    #[args(default = true)]
    pub trace_context_propagator: bool,
}
