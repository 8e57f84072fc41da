//! Arguments of `otelcol.receiver.kafka`.

use std::time::Duration;

use alloy_blocks::otelcol::{
    DebugMetricsBlock, KafkaAuthenticationBlock, KafkaMetadataBlock, OutputBlock, TlsClientBlock,
};
use alloy_value::{Args, Block};

/// Ways to share partitions among the members of a consumer group.
const REBALANCE_STRATEGIES: [&str; 4] = ["range", "roundrobin", "sticky", "cooperative-sticky"];

/// Arguments of `otelcol.receiver.kafka`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct KafkaArgs {
    /// Addresses of brokers, `host:port`.
    pub brokers: Vec<String>,
    /// Version of the Kafka protocol, such as `2.0.0`.
    pub protocol_version: String,
    /// Time without a heartbeat after which the brokers take a consumer for gone.
    #[args(default = "10s")]
    pub session_timeout: Duration,
    /// Time between two heartbeats.
    #[args(default = "3s")]
    pub heartbeat_interval: Duration,
    /// Encoding of messages of every signal.
    #[args(default = "", deprecated = "set encoding in the blocks logs, metrics and traces")]
    pub encoding: String,
    /// Consumer group; its members share the partitions.
    #[args(default = "otel-collector")]
    pub group_id: String,
    /// Name that brokers show for this client.
    #[args(default = "otel-collector")]
    pub client_id: String,
    /// Where to begin without a committed offset: `latest` or `earliest`.
    #[args(default = "latest")]
    pub initial_offset: String,
    /// Resolves the addresses in `brokers` and looks their names up again.
    #[args(default = false, deprecated = "it has no effect any more")]
    pub resolve_canonical_bootstrap_servers_only: bool,
    /// Fewest bytes of an answer; a broker waits for them up to `max_fetch_wait`.
    #[args(default = 1)]
    pub min_fetch_size: i32,
    /// Most bytes of an answer; 0 for no limit.
    #[args(default = 1_048_576)]
    pub max_fetch_size: i32,
    /// Most bytes of one partition in an answer.
    #[args(default = 1_048_576)]
    pub max_partition_fetch_size: i32,
    /// How long a broker waits for `min_fetch_size`.
    #[args(default = "250ms")]
    pub max_fetch_wait: Duration,
    /// How partitions are shared among the members of the group.
    #[args(default = "", deprecated = "use group_rebalance_strategies")]
    pub group_rebalance_strategy: String,
    /// How partitions are shared among the members of the group, by preference: `range`,
    /// `roundrobin`, `sticky` or `cooperative-sticky`. `range` if empty.
    #[args(optional)]
    pub group_rebalance_strategies: Vec<String>,
    /// Makes this a static member of the group, which keeps its partitions over restarts.
    #[args(default = "")]
    pub group_instance_id: String,
    /// Rack of this client; brokers may answer from replicas in the same one.
    #[args(default = "")]
    pub rack_id: String,
    /// Sends leader epochs, by which brokers notice lost data.
    #[args(default = true)]
    pub use_leader_epoch: bool,
    /// How long an idle connection is kept.
    #[args(default = "9m")]
    pub conn_idle_timeout: Duration,
    /// Topics of logs.
    #[args(block, default = TopicsBlock::of("otlp_logs"))]
    pub logs: TopicsBlock,
    /// Topics of metrics.
    #[args(block, default = TopicsBlock::of("otlp_metrics"))]
    pub metrics: TopicsBlock,
    /// Topics of traces.
    #[args(block, default = TopicsBlock::of("otlp_spans"))]
    pub traces: TopicsBlock,
    /// How to authenticate to the brokers.
    #[args(block)]
    pub authentication: Option<KafkaAuthenticationBlock>,
    /// What is asked of the brokers about topics.
    #[args(block, default)]
    pub metadata: KafkaMetadataBlock,
    /// Commits offsets at an interval.
    #[args(block, default)]
    pub autocommit: AutocommitBlock,
    /// When the offset of a message counts as done.
    #[args(block, default)]
    pub message_marking: MessageMarkingBlock,
    /// Turns headers of messages into resource attributes.
    #[args(block, default)]
    pub header_extraction: HeaderExtractionBlock,
    /// Connects with TLS.
    #[args(block)]
    pub tls: Option<TlsClientBlock>,
    /// Delay between attempts to pass a message on that was refused for now.
    #[args(block, default)]
    pub error_backoff: ErrorBackoffBlock,
    /// The component's own metrics.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
    /// Where telemetry is sent.
    #[args(block)]
    pub output: OutputBlock,
}

/// The topics of a signal. Their defaults are the signal's.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct TopicsBlock {
    /// Topic to read.
    #[args(optional, deprecated = "use topics")]
    pub topic: String,
    /// Topics to read; one that begins with `^` is a regular expression.
    #[args(optional)]
    pub topics: Vec<String>,
    /// Encoding of messages, such as `otlp_proto` or `otlp_json`.
    #[args(optional)]
    pub encoding: String,
    /// Regular expressions for topics that are not read, beside regular expressions in `topics`.
    #[args(optional)]
    pub exclude_topics: Vec<String>,
}

impl TopicsBlock {
    fn of(topic: &str) -> Self {
        Self {
            topic: String::new(),
            topics: vec![topic.to_owned()],
            encoding: "otlp_proto".to_owned(),
            exclude_topics: Vec::new(),
        }
    }
}

/// Commits offsets at an interval.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct AutocommitBlock {
    /// Commits offsets.
    #[args(default = true)]
    pub enable: bool,
    /// How often.
    #[args(default = "1s")]
    pub interval: Duration,
}

/// When the offset of a message counts as done.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct MessageMarkingBlock {
    /// After the message was passed on instead of before.
    #[args(default = false)]
    pub after_execution: bool,
    /// Also when passing it on failed.
    #[args(default = false)]
    pub include_unsuccessful: bool,
}

/// Turns headers of messages into resource attributes.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct HeaderExtractionBlock {
    /// Adds the attributes.
    #[args(default = false)]
    pub extract_headers: bool,
    /// Headers to take; their attributes are called `kafka.header.` and the header.
    #[args(optional)]
    pub headers: Vec<String>,
}

/// Delay between attempts to pass a message on that was refused for now.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ErrorBackoffBlock {
    /// Tries again; otherwise the message is lost.
    #[args(optional)]
    pub enabled: bool,
    /// Delay before the second attempt.
    #[args(optional)]
    pub initial_interval: Duration,
    /// Share of the delay by which it varies at random.
    #[args(optional)]
    pub randomization_factor: f64,
    /// Factor by which the delay grows each time.
    #[args(optional)]
    pub multiplier: f64,
    /// Longest delay.
    #[args(optional)]
    pub max_interval: Duration,
    /// Time after which a message is given up; 0 for never.
    #[args(optional)]
    pub max_elapsed_time: Duration,
}

impl KafkaArgs {
    fn check(&self) -> Result<(), String> {
        let backoff = &self.error_backoff;
        if backoff.enabled && backoff.multiplier <= 1.0 {
            return Err("multiplier must be greater than 1.0".to_owned());
        }
        if backoff.enabled && backoff.randomization_factor < 0.0 {
            return Err("randomization_factor must be greater or equal to 0".to_owned());
        }
        let (one, several) = (&self.group_rebalance_strategy, &self.group_rebalance_strategies);
        if !several.is_empty() && !one.is_empty() {
            return Err("group_rebalance_strategy and group_rebalance_strategies are mutually \
                        exclusive: remove group_rebalance_strategy, which is deprecated"
                .to_owned());
        }
        let unknown = |strategy: &&String| !REBALANCE_STRATEGIES.contains(&strategy.as_str());
        let given = several.iter().chain((!one.is_empty()).then_some(one));
        match given.into_iter().find(unknown) {
            Some(strategy) => Err(format!(
                "unknown group rebalance strategy {strategy:?}: use one of {}",
                REBALANCE_STRATEGIES.join(", ")
            )),
            None => Ok(()),
        }
    }
}
