//! What the Kafka receiver and exporter share.

use std::time::Duration;

use alloy_value::{Block, Secret};

use super::TlsClientBlock;

/// How to authenticate to Kafka brokers.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct KafkaAuthenticationBlock {
    /// User name and password without SASL.
    #[args(block)]
    pub plaintext: Option<KafkaPlaintextBlock>,
    /// SASL.
    #[args(block)]
    pub sasl: Option<KafkaSaslBlock>,
    /// TLS settings.
    #[args(block)]
    pub tls: Option<TlsClientBlock>,
    /// Kerberos.
    #[args(block)]
    pub kerberos: Option<KafkaKerberosBlock>,
}

/// User name and password without SASL.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct KafkaPlaintextBlock {
    /// User name.
    pub username: String,
    /// Password.
    pub password: Secret,
}

/// SASL authentication.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct KafkaSaslBlock {
    /// User name.
    pub username: String,
    /// Password.
    pub password: Secret,
    /// Mechanism: `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`, `AWS_MSK_IAM` or
    /// `AWS_MSK_IAM_OAUTHBEARER`.
    pub mechanism: String,
    /// Version of the SASL protocol, 0 or 1.
    #[args(default = 0)]
    pub version: i64,
    /// Amazon Managed Streaming for Kafka.
    #[args(block)]
    pub aws_msk: Option<KafkaAwsMskBlock>,
}

/// Amazon Managed Streaming for Kafka.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct KafkaAwsMskBlock {
    /// AWS region of the brokers.
    pub region: String,
}

/// Kerberos authentication.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct KafkaKerberosBlock {
    /// Service name of the brokers.
    #[args(default = "")]
    pub service_name: String,
    /// Kerberos realm.
    #[args(default = "")]
    pub realm: String,
    /// Authenticates with `keytab_file` instead of `password`.
    #[args(default = false)]
    pub use_keytab: bool,
    /// User name.
    pub username: String,
    /// Password.
    pub password: Option<Secret>,
    /// File with the Kerberos configuration.
    #[args(default = "")]
    pub config_file: String,
    /// File with the keytab.
    #[args(default = "")]
    pub keytab_file: String,
    /// Doesn't use FAST negotiation, which some servers don't know.
    #[args(default = false)]
    pub disable_fast_negotiation: bool,
}

/// What is asked of the brokers about topics.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct KafkaMetadataBlock {
    /// Keeps the metadata of all topics instead of those in use.
    #[args(default = true)]
    pub full: bool,
    /// How often the metadata is refreshed.
    #[args(default = "10m")]
    pub refresh_interval: Duration,
    /// Repeats requests for metadata that failed.
    #[args(block, default)]
    pub retry: KafkaMetadataRetryBlock,
}

/// Repeats requests for metadata that failed.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct KafkaMetadataRetryBlock {
    /// Most repetitions.
    #[args(default = 3)]
    pub max_retries: i64,
    /// Delay between repetitions.
    #[args(default = "250ms")]
    pub backoff: Duration,
}
