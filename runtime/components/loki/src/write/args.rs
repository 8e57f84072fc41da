//! Arguments and exports of `loki.write`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use alloy_blocks::{HttpClientBlock, Url, UrlText};
use alloy_component::LogsReceiver;
use alloy_value::{Args, Block, ByteSize, Exports, quote};

/// Arguments of `loki.write`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct WriteArgs {
    /// Labels added to every entry that lacks them.
    #[args(optional)]
    pub external_labels: BTreeMap<String, String>,
    /// Number of streams in a batch beyond which entries are dropped; 0: no limit.
    #[args(default = 0)]
    pub max_streams: i64,
    /// Where entries are sent; each endpoint gets all of them.
    #[args(block, name = "endpoint")]
    pub endpoints: Vec<EndpointBlock>,
    /// The log on disk that holds entries until they are delivered.
    #[args(block, default)]
    pub wal: WalBlock,
}

/// Exports of `loki.write`.
#[derive(Exports, Clone, Debug)]
pub struct WriteExports {
    /// Receives the entries of other components.
    pub receiver: LogsReceiver,
}

impl WriteArgs {
    fn check(&self) -> Result<(), String> {
        if self.endpoints.is_empty() {
            return Err("at least one endpoint config must be provided".to_owned());
        }
        let mut names = BTreeSet::new();
        for (index, endpoint) in self.endpoints.iter().enumerate() {
            // An endpoint without a name is named after its settings.
            let is_new = match &*endpoint.name {
                "" => !self.endpoints[..index].contains(endpoint),
                name => names.insert(name),
            };
            if !is_new {
                return Err(format!(
                    "duplicate endpoint configs are not allowed, found duplicate for name: {}",
                    endpoint.name
                ));
            }
        }
        Ok(())
    }
}

/// One endpoint.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct EndpointBlock {
    /// Name in logs; a hash of the endpoint's settings when empty.
    #[args(default = "")]
    pub name: String,
    /// URL to send to, such as `http://localhost:3100/loki/api/v1/push`.
    pub url: UrlText,
    /// How long entries wait for others to be sent with.
    #[args(default = "1s")]
    pub batch_wait: Duration,
    /// Size at which entries are sent at once.
    #[args(default = "1MiB")]
    pub batch_size: ByteSize,
    /// Timeout of a request.
    #[args(default = "10s")]
    pub remote_timeout: Duration,
    /// Further headers of each request.
    #[args(optional)]
    pub headers: BTreeMap<String, String>,
    /// Wait before the first retry; each further one waits twice as long.
    #[args(default = "500ms")]
    pub min_backoff_period: Duration,
    /// Longest wait between two retries.
    #[args(default = "5m")]
    pub max_backoff_period: Duration,
    /// Number of requests for a batch after which it is dropped; 0: no limit.
    #[args(default = 10)]
    pub max_backoff_retries: i64,
    /// Tenant to send entries for; none if empty.
    #[args(default = "")]
    pub tenant_id: String,
    /// Retries when the server answers 429 (too many requests).
    #[args(default = true)]
    pub retry_on_http_429: bool,
    /// HTTP client settings.
    #[args(squash)]
    pub client: HttpClientBlock,
    /// How entries wait for their turn.
    #[args(block, default, stability = experimental)]
    pub queue_config: QueueConfigBlock,
}

impl EndpointBlock {
    fn check(&self) -> Result<(), String> {
        Url::parse(&self.url).map_err(|error| {
            let shown = quote(&Url::from(&*self.url).redacted());
            format!("failed to parse remote url {shown}: {error}")
        })?;
        self.client.validate()
    }
}

/// How entries wait for their turn.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct QueueConfigBlock {
    /// Size of the batches that may wait, for each shard.
    #[args(default = "10MiB")]
    pub capacity: ByteSize,
    /// Number of shards; each sends one request at a time.
    #[args(default = 1)]
    pub min_shards: i64,
    /// How long a stop waits for entries to be sent.
    #[args(default = "15s")]
    pub drain_timeout: Duration,
    /// Lets senders wait when the queue is full; otherwise entries are dropped.
    #[args(default = true)]
    pub block_on_overflow: bool,
}

/// The log on disk.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct WalBlock {
    /// Writes entries to disk first.
    #[args(default = false)]
    pub enabled: bool,
    /// Age at which entries are removed, delivered or not.
    #[args(default = "1h")]
    pub max_segment_age: Duration,
    /// Time between two reads while entries come.
    #[args(default = "250ms")]
    pub min_read_frequency: Duration,
    /// Time between two reads while none come; it doubles up to here.
    #[args(default = "1s")]
    pub max_read_frequency: Duration,
    /// How long a stop waits for the rest of the log to be read.
    #[args(default = "15s")]
    pub drain_timeout: Duration,
}

impl WalBlock {
    fn check(&self) -> Result<(), String> {
        match self.min_read_frequency < self.max_read_frequency {
            true => Ok(()),
            false => {
                Err("WAL min read frequency should be lower than max read frequency".to_owned())
            }
        }
    }
}
