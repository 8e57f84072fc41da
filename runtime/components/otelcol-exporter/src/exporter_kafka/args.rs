//! Arguments of `otelcol.exporter.kafka`.

use std::time::Duration;

use alloy_blocks::otelcol::{
    DebugMetricsBlock, KafkaAuthenticationBlock, KafkaMetadataBlock, RetryBlock, SendingQueueBlock,
    TlsClientBlock,
};
use alloy_value::{Args, Block};

/// Arguments of `otelcol.exporter.kafka`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct KafkaArgs {
    /// Version of Kafka whose protocol to speak, such as `2.0.0`.
    pub protocol_version: String,
    /// Addresses of the brokers to begin with.
    #[args(default = vec!["localhost:9092".to_owned()])]
    pub brokers: Vec<String>,
    /// Looks up the names of the brokers' addresses at the start.
    #[args(default = false, deprecated = "it has no effect any more")]
    pub resolve_canonical_bootstrap_servers_only: bool,
    /// Name by which the brokers know this client.
    #[args(default = "otel-collector")]
    pub client_id: String,
    /// Topic for all signals.
    #[args(default = "", deprecated = "set topic in the blocks logs, metrics and traces")]
    pub topic: String,
    /// Resource attribute whose value is the topic, where it is set.
    #[args(default = "")]
    pub topic_from_attribute: String,
    /// Encoding of all signals.
    #[args(default = "", deprecated = "set encoding in the blocks logs, metrics and traces")]
    pub encoding: String,
    /// Puts the trace id into the key of messages, so that a trace stays in one partition.
    #[args(default = false)]
    pub partition_traces_by_id: bool,
    /// Puts a hash of the resource's attributes into the key of messages with metrics.
    #[args(default = false)]
    pub partition_metrics_by_resource_attributes: bool,
    /// Puts a hash of the resource's attributes into the key of messages with logs.
    #[args(default = false)]
    pub partition_logs_by_resource_attributes: bool,
    /// Puts the trace id into the key of messages with logs.
    #[args(default = false)]
    pub partition_logs_by_trace_id: bool,
    /// How long sending may take.
    #[args(default = "5s")]
    pub timeout: Duration,
    /// How long an idle connection is kept.
    #[args(default = "9m")]
    pub conn_idle_timeout: Duration,
    /// Headers of the received request to add to messages.
    #[args(optional)]
    pub include_metadata_keys: Vec<String>,
    /// Topic and encoding of logs.
    #[args(block, default)]
    pub logs: SignalBlock,
    /// Topic and encoding of metrics.
    #[args(block, default)]
    pub metrics: SignalBlock,
    /// Topic and encoding of traces.
    #[args(block, default)]
    pub traces: SignalBlock,
    /// How to authenticate to the brokers.
    #[args(block)]
    pub authentication: Option<KafkaAuthenticationBlock>,
    /// What is asked of the brokers about topics.
    #[args(block, default)]
    pub metadata: KafkaMetadataBlock,
    /// When a message that failed is sent again.
    #[args(block, default)]
    pub retry_on_failure: RetryBlock,
    /// Queue of what waits to be sent.
    #[args(block, default)]
    pub sending_queue: SendingQueueBlock,
    /// How messages are made.
    #[args(block, default)]
    pub producer: ProducerBlock,
    /// How messages are spread over the partitions of a topic, in one way at most.
    #[args(block)]
    pub record_partitioner: Option<RecordPartitionerBlock>,
    /// TLS settings.
    #[args(block)]
    pub tls: Option<TlsClientBlock>,
    /// The component's metrics about itself.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

/// Topic and encoding of a signal.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct SignalBlock {
    /// Topic; `otlp_logs`, `otlp_metrics` or `otlp_spans` when empty.
    #[args(default = "")]
    pub topic: String,
    /// Header of the received request whose value is the topic, where it is set.
    #[args(default = "")]
    pub topic_from_metadata_key: String,
    /// Encoding, such as `otlp_proto` or `otlp_json`; `otlp_proto` when empty.
    #[args(default = "")]
    pub encoding: String,
    /// Header of the received request whose value is the key of messages.
    #[args(default = "")]
    pub message_key_from_metadata_key: String,
}

/// How messages are made.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct ProducerBlock {
    /// Most bytes of a message.
    #[args(default = 1_000_000)]
    pub max_message_bytes: i64,
    /// Most bytes of a request to a broker.
    #[args(default = 104_857_600)]
    pub max_broker_write_bytes: i64,
    /// Brokers that must have a message: 0 for none, 1 for the leader, -1 for all replicas in sync.
    #[args(default = 1)]
    pub required_acks: i64,
    /// Compression of messages: `none`, `gzip`, `snappy`, `lz4` or `zstd`.
    #[args(default = "none")]
    pub compression: String,
    /// Most messages of a request; 0 for no limit.
    #[args(default = 10_000)]
    pub flush_max_messages: i64,
    /// Lets brokers create topics that don't exist.
    #[args(default = true)]
    pub allow_auto_topic_creation: bool,
    /// How long a message waits for others that go to the same partition.
    #[args(default = "10ms")]
    pub linger: Duration,
    /// How hard to compress.
    #[args(block)]
    pub compression_params: Option<CompressionParamsBlock>,
}

impl ProducerBlock {
    fn check(&self) -> Result<(), String> {
        if !["none", "gzip", "snappy", "lz4", "zstd"].contains(&self.compression.as_str()) {
            return Err(format!(
                "producer: compression should be one of 'none', 'gzip', 'snappy', 'lz4', or \
                 'zstd'. configured value is {:?}",
                self.compression
            ));
        }
        if !(-1..=1).contains(&self.required_acks) {
            return Err(format!(
                "producer: required_acks must be -1, 0 or 1, got {}",
                self.required_acks
            ));
        }
        Ok(())
    }
}

/// How hard to compress.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct CompressionParamsBlock {
    /// Level of the chosen compression; 0 for its usual one.
    #[args(default = 0)]
    pub level: i64,
}

/// How messages are spread over the partitions of a topic.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct RecordPartitionerBlock {
    /// Takes the partitions in turn.
    #[args(default = false)]
    pub round_robin: bool,
    /// Takes the partition with the fewest messages under way.
    #[args(default = false)]
    pub least_backup: bool,
    /// Takes the partition by the key of the message.
    #[args(block)]
    pub sticky_key: Option<StickyKeyBlock>,
}

/// Takes the partition by the key of the message.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct StickyKeyBlock {
    /// Hash of the key: `sarama_compat` (FNV-1a) or `murmur2` (that of the Java client).
    #[args(default = "sarama_compat")]
    pub hasher: String,
}
