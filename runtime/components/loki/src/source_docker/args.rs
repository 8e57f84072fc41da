//! Arguments of `loki.source.docker`.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_blocks::{HttpClientSection, RelabelRules, check_docker_host};
use alloy_component::{LogsReceiver, Target};
use alloy_value::Args;

/// Arguments of `loki.source.docker`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct SourceDockerArgs {
    /// Address of the Docker daemon, such as `unix:///var/run/docker.sock` or `tcp://host:2375`.
    pub host: String,
    /// Containers to read, by their label `__meta_docker_container_id`. Labels that do not begin
    /// with `__` go to the entries.
    pub targets: Vec<Target>,
    /// Where entries are sent.
    pub forward_to: Vec<LogsReceiver>,
    /// Labels of every entry.
    #[args(optional)]
    pub labels: BTreeMap<String, String>,
    /// Rules for the labels of entries, from a `loki.relabel` component.
    #[args(optional)]
    pub relabel_rules: RelabelRules,
    /// How often containers are looked at.
    #[args(default = "1m")]
    pub refresh_interval: Duration,
    /// HTTP client for a daemon that listens on HTTP.
    #[args(block, default)]
    pub http_client_config: HttpClientSection,
}

impl SourceDockerArgs {
    fn check(&self) -> Result<(), String> {
        check_docker_host(&self.host)
    }
}
