//! Arguments of `loki.source.kafka`.

use std::collections::BTreeMap;

use alloy_blocks::{RelabelRules, TlsBlock};
use alloy_component::LogsReceiver;
use alloy_value::{Args, Block, Secret};

/// Ways to share partitions between the members of a group.
const ASSIGNORS: [&str; 3] = ["range", "roundrobin", "sticky"];
/// Ways to authenticate.
const TYPES: [&str; 3] = ["none", "ssl", "sasl"];
/// SASL mechanisms.
const MECHANISMS: [&str; 4] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"];

/// Arguments of `loki.source.kafka`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct SourceKafkaArgs {
    /// Addresses of brokers, `host:port`.
    pub brokers: Vec<String>,
    /// Topics to read; a name that begins with `^` is a regular expression.
    pub topics: Vec<String>,
    /// Consumer group; its members share the partitions.
    #[args(default = "loki.source.kafka")]
    pub group_id: String,
    /// How the group shares partitions: `range`, `roundrobin` or `sticky`.
    #[args(default = "range")]
    pub assignor: String,
    /// Version of the brokers.
    #[args(default = "2.2.1")]
    pub version: String,
    /// Keeps the timestamps of messages; otherwise entries get the current time.
    #[args(default = false)]
    pub use_incoming_timestamp: bool,
    /// Labels of every entry.
    #[args(optional)]
    pub labels: BTreeMap<String, String>,
    /// Where entries are sent.
    pub forward_to: Vec<LogsReceiver>,
    /// Rules for the labels of entries, from a `loki.relabel` component.
    #[args(optional)]
    pub relabel_rules: RelabelRules,
    /// How to authenticate with the brokers.
    #[args(block, default)]
    pub authentication: KafkaAuthenticationBlock,
}

impl SourceKafkaArgs {
    fn check(&self) -> Result<(), String> {
        check_one_of("assignor", &self.assignor, &ASSIGNORS)
    }
}

/// How to authenticate with Kafka brokers.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct KafkaAuthenticationBlock {
    /// `none`, `ssl` (client certificates) or `sasl`.
    #[args(default = "none")]
    pub r#type: String,
    /// TLS settings, for `ssl`.
    #[args(block)]
    pub tls_config: Option<TlsBlock>,
    /// Credentials, for `sasl`.
    #[args(block, default)]
    pub sasl_config: KafkaSaslBlock,
}

impl KafkaAuthenticationBlock {
    fn check(&self) -> Result<(), String> {
        check_one_of("authentication type", &self.r#type, &TYPES)
    }
}

/// Credentials for SASL.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct KafkaSaslBlock {
    /// `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512` or `OAUTHBEARER`.
    #[args(default = "PLAIN")]
    pub mechanism: String,
    /// User name.
    #[args(default = "")]
    pub user: String,
    /// Password.
    pub password: Option<Secret>,
    /// Connects with TLS.
    #[args(default = false)]
    pub use_tls: bool,
    /// TLS settings, with `use_tls`.
    #[args(block)]
    pub tls_config: Option<TlsBlock>,
    /// Tokens, for `OAUTHBEARER`.
    #[args(block)]
    pub oauth_config: Option<KafkaOAuthBlock>,
}

impl KafkaSaslBlock {
    fn check(&self) -> Result<(), String> {
        check_one_of("sasl_config mechanism", &self.mechanism, &MECHANISMS)
    }
}

/// OAuth tokens for SASL.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct KafkaOAuthBlock {
    /// Who issues the tokens: `azure`.
    pub token_provider: String,
    /// Scopes to ask for.
    pub scopes: Vec<String>,
}

fn check_one_of(what: &str, got: &str, known: &[&str]) -> Result<(), String> {
    match known.contains(&got) {
        true => Ok(()),
        false => Err(format!("unsupported {what} {got:?}: use one of {}", known.join(", "))),
    }
}
