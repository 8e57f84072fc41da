//! Arguments of `discovery.consul`.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_blocks::HttpClientBlock;
use alloy_value::{Args, Secret};

/// Arguments of `discovery.consul`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct ConsulArgs {
    /// Host and port of the Consul server.
    #[args(default = "localhost:8500")]
    pub server: String,
    /// Token that the server demands for access to its catalog.
    #[args(optional)]
    pub token: Secret,
    /// Datacenter to search; the server's own if empty.
    #[args(default = "")]
    pub datacenter: String,
    /// Namespace to search (Consul Enterprise).
    #[args(default = "")]
    pub namespace: String,
    /// Admin partition to search (Consul Enterprise).
    #[args(default = "")]
    pub partition: String,
    /// Text that the tags are joined with in the label of the tags.
    #[args(default = ",")]
    pub tag_separator: String,
    /// URL scheme of the server: `http` or `https`.
    #[args(default = "http")]
    pub scheme: String,
    /// User name to authenticate with.
    #[args(default = "", deprecated = "use the basic_auth block instead")]
    pub username: String,
    /// Password to authenticate with.
    #[args(optional, deprecated = "use the basic_auth block instead")]
    pub password: Secret,
    /// Accepts answers of any server of the cluster, which may be behind the leader's.
    #[args(default = true)]
    pub allow_stale: bool,
    /// Services to find; all if empty.
    #[args(optional)]
    pub services: Vec<String>,
    /// Tags that a service must have, every one of them.
    #[args(optional)]
    pub tags: Vec<String>,
    /// Metadata that the node of a service must have.
    #[args(optional)]
    pub node_meta: BTreeMap<String, String>,
    /// How often the services are looked up.
    #[args(default = "30s")]
    pub refresh_interval: Duration,
    /// HTTP client.
    #[args(squash)]
    pub client: HttpClientBlock,
}

impl ConsulArgs {
    fn check(&self) -> Result<(), String> {
        let user = !self.username.is_empty() || !self.password.is_empty();
        if self.server.trim().is_empty() {
            return Err("server must not be empty".to_owned());
        }
        if user && self.client.base.basic_auth.is_some() {
            return Err(
                "at most one of username & password and basic_auth must be configured".to_owned()
            );
        }
        if !self.token.is_empty() && self.client.base.authorization.is_some() {
            return Err("at most one of token and authorization must be configured".to_owned());
        }
        self.client.validate()
    }
}
