//! Arguments of `discovery.docker`.

use std::time::Duration;

use alloy_blocks::{HttpClientBlock, check_docker_host};
use alloy_value::{Args, Block};

/// Arguments of `discovery.docker`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct DockerArgs {
    /// Address of the Docker daemon, such as `unix:///var/run/docker.sock` or `tcp://host:2375`.
    pub host: String,
    /// Port of targets whose container exposes none.
    #[args(default = 80)]
    pub port: i64,
    /// Host of targets whose container uses the network of the host.
    #[args(default = "localhost")]
    pub host_networking_host: String,
    /// How often the containers are listed.
    #[args(default = "1m")]
    pub refresh_interval: Duration,
    /// Makes targets for one network of a container only, the first by name.
    #[args(default = true)]
    pub match_first_network: bool,
    /// HTTP client for a daemon that listens on HTTP.
    #[args(squash)]
    pub client: HttpClientBlock,
    /// Limits which containers are found; all filters must match.
    #[args(block, name = "filter")]
    pub filters: Vec<FilterBlock>,
}

/// A filter of the Docker Engine API.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct FilterBlock {
    /// What to filter by, such as `label`, `name` or `status`.
    pub name: String,
    /// Values of which one must match.
    pub values: Vec<String>,
}

impl DockerArgs {
    fn check(&self) -> Result<(), String> {
        if self.refresh_interval.is_zero() {
            return Err("refresh_interval must be greater than 0".to_owned());
        }
        check_docker_host(&self.host)?;
        self.client.validate()
    }
}
