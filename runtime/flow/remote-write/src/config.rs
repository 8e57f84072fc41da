//! What an endpoint is configured with.

use std::sync::Arc;
use std::time::Duration;

use alloy_flow_http::ClientConfig;
use alloy_flow_relabel::Program;

/// One endpoint.
#[derive(Clone)]
pub struct EndpointConfig {
    /// Value of the metric label `remote_name`.
    pub name: String,
    /// Where requests go. User info becomes basic authentication.
    pub url: http::Uri,
    /// Value of the metric label `url`: without the password.
    pub shown_url: String,
    /// Name of the cursor; must survive changes of everything else.
    pub cursor: String,
    /// HTTP client.
    pub client: ClientConfig,
    /// Replace the headers of a request, the ids excepted.
    pub headers: Vec<(String, String)>,
    /// Sent as `X-Agent-Id` and `X-Alloy-Id`.
    pub agent_id: Arc<str>,
    /// Timeout of one request.
    pub timeout: Duration,
    /// Sends exemplars.
    pub send_exemplars: bool,
    /// Sends native histograms.
    pub send_native_histograms: bool,
    /// Queue.
    pub queue: QueueConfig,
    /// Added to series that lack them, before relabelling.
    pub external_labels: Vec<(String, String)>,
    /// Relabelling.
    pub relabel: Program,
}

/// Queue of an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueConfig {
    /// Samples that a shard holds.
    pub capacity: usize,
    /// Most shards.
    pub max_shards: u32,
    /// Fewest shards.
    pub min_shards: u32,
    /// Most samples of a request.
    pub max_samples_per_send: usize,
    /// How long a sample waits for others.
    pub batch_send_deadline: Duration,
    /// First delay after a failure.
    pub min_backoff: Duration,
    /// Longest delay after a failure.
    pub max_backoff: Duration,
    /// Whether 429 is tried again.
    pub retry_on_http_429: bool,
    /// A retry leaves out samples that are older, if not zero.
    pub sample_age_limit: Duration,
}
