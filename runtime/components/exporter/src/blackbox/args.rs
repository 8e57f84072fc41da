//! Arguments of `prometheus.exporter.blackbox`.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_value::{Args, Block, OptionalSecret};

/// Arguments of `prometheus.exporter.blackbox`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct BlackboxArgs {
    /// File with the probe modules as YAML; excludes `config`.
    #[args(default = "")]
    pub config_file: String,
    /// The probe modules as YAML; excludes `config_file`.
    #[args(optional, syntax = "yaml")]
    pub config: OptionalSecret,
    /// How much earlier than the scrape's timeout a probe ends.
    #[args(default = "500ms")]
    pub probe_timeout_offset: Duration,
    /// Endpoints to probe, such as those another component found: objects with `name`, `address`
    /// and `module`; further members become labels. Excludes `target` blocks.
    #[args(optional)]
    pub targets: Vec<BTreeMap<String, String>>,
    /// Endpoints to probe.
    #[args(block, name = "target")]
    pub target_blocks: Vec<TargetBlock>,
}

/// An endpoint to probe.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct TargetBlock {
    /// Name of the target, part of its `job` label.
    pub name: String,
    /// What is probed: a URL, a host with a port, or a host, as the module demands.
    pub address: String,
    /// Probe module.
    #[args(default = "")]
    pub module: String,
    /// Labels of the target.
    #[args(optional)]
    pub labels: BTreeMap<String, String>,
}

impl BlackboxArgs {
    fn check(&self) -> Result<(), String> {
        if !self.config_file.is_empty() && !self.config.expose().is_empty() {
            return Err("at most one of config & config_file must be configured".to_owned());
        }
        if !self.targets.is_empty() && !self.target_blocks.is_empty() {
            return Err(
                "at most one of the attribute targets and target blocks must be configured"
                    .to_owned(),
            );
        }
        Ok(())
    }
}
