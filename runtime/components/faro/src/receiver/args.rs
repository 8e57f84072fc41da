//! Arguments of `faro.receiver`.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_blocks::FOREVER;
use alloy_component::{LogsReceiver, OtelConsumer};
use alloy_value::{Args, Block, ByteSize, Secret};

/// Arguments of `faro.receiver`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct ReceiverArgs {
    /// Labels of every log entry; an empty value is taken from the field of that name.
    #[args(optional)]
    pub extra_log_labels: BTreeMap<String, String>,
    /// Form of log lines: `logfmt` or `json`.
    #[args(default = LogFormat::Logfmt)]
    pub log_format: LogFormat,
    /// The HTTP listener.
    #[args(block, default)]
    pub server: ServerBlock,
    /// How stack traces of minified code are translated back.
    #[args(block, default)]
    pub sourcemaps: SourcemapsBlock,
    /// Where telemetry is sent.
    #[args(block)]
    pub output: OutputBlock,
}

/// Form of log lines.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
#[args(unknown = "unrecognized log format {:?}")]
pub enum LogFormat {
    /// `key=value` pairs.
    Logfmt,
    /// A JSON object.
    Json,
}

/// HTTP listener for web applications.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ServerBlock {
    /// Address to listen on.
    #[args(default = "127.0.0.1")]
    pub listen_address: String,
    /// Port to listen on.
    #[args(default = 12347)]
    pub listen_port: i64,
    /// Origins whose scripts may send telemetry, such as `https://example.com`; `*` for all.
    #[args(optional)]
    pub cors_allowed_origins: Vec<String>,
    /// Key that requests must carry in the header `X-API-Key`; none is asked for if empty.
    pub api_key: Option<Secret>,
    /// Size beyond which a request is refused.
    #[args(default = "5MiB")]
    pub max_allowed_payload_size: ByteSize,
    /// Passes the headers of requests on to components that read them.
    #[args(default = false)]
    pub include_metadata: bool,
    /// Limits the rate of requests.
    #[args(block, default)]
    pub rate_limiting: RateLimitingBlock,
}

/// Limit of the rate of requests.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct RateLimitingBlock {
    /// Refuses requests above the rate.
    #[args(default = true)]
    pub enabled: bool,
    /// What has a limit of its own: `global` (all together) or `per_app` (each application).
    #[args(default = RateLimitingStrategy::Global)]
    pub strategy: RateLimitingStrategy,
    /// Requests per second in the long run.
    #[args(default = 50.0)]
    pub rate: f64,
    /// Requests that may come at once.
    #[args(default = 100.0)]
    pub burst_size: f64,
}

/// What has a limit of its own.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
#[args(unknown = "unrecognized rate limiting strategy {:?}")]
pub enum RateLimitingStrategy {
    /// All requests together.
    Global,
    /// Each application in each of its environments.
    #[args(name = "per_app")]
    PerApp,
}

/// Source maps of minified code.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct SourcemapsBlock {
    /// Fetches source maps from where the code comes from.
    #[args(default = true)]
    pub download: bool,
    /// Origins to fetch from; `*` stands for any text.
    #[args(default = vec!["*".to_owned()])]
    pub download_from_origins: Vec<String>,
    /// Time that fetching one may take.
    #[args(default = "1s")]
    pub download_timeout: Duration,
    /// How long source maps are kept in memory.
    #[args(block, default)]
    pub cache: SourcemapCacheBlock,
    /// Source maps on this machine.
    #[args(block, name = "location")]
    pub locations: Vec<LocationBlock>,
}

/// Source maps in memory.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct SourcemapCacheBlock {
    /// How long one is kept after its last use.
    #[args(default = FOREVER)]
    pub ttl: Duration,
    /// How long one that could not be fetched is not asked for again.
    #[args(default = "1h")]
    pub error_cleanup_interval: Duration,
    /// Time between two searches for those to remove.
    #[args(default = "30s")]
    pub cleanup_check_interval: Duration,
}

/// Source maps on this machine.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct LocationBlock {
    /// Directory of the source maps. `{{ .RELEASE }}` stands for the application's release.
    pub path: String,
    /// Begin of the URLs of the code that they belong to.
    pub minified_path_prefix: String,
}

/// Where telemetry is sent.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct OutputBlock {
    /// Receivers of logs, exceptions, events and measurements.
    #[args(optional)]
    pub logs: Vec<LogsReceiver>,
    /// Receivers of traces.
    #[args(optional)]
    pub traces: Vec<OtelConsumer>,
}
