//! Arguments of `prometheus.exporter.snmp`.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_value::{Args, Block, OptionalSecret};

const REPLACE: &str = "replace";
const MERGE: &str = "merge";

/// Arguments of `prometheus.exporter.snmp`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct SnmpArgs {
    /// File with modules and credentials as YAML; excludes `config`.
    #[args(default = "")]
    pub config_file: String,
    /// Modules of a target to walk at a time.
    #[args(default = 1)]
    pub concurrency: i64,
    /// Modules and credentials as YAML; excludes `config_file`.
    #[args(optional, syntax = "yaml")]
    pub config: OptionalSecret,
    /// Whether the modules stand in place of the built-in ones (`replace`) or beside them
    /// (`merge`).
    #[args(default = REPLACE.to_owned())]
    pub config_merge_strategy: String,
    /// Devices to walk, such as those another component found: objects with `name`, `address`,
    /// `module`, `auth`, `walk_params` and `snmp_context`. Excludes `target` blocks.
    #[args(optional)]
    pub targets: Vec<BTreeMap<String, String>>,
    /// Devices to walk.
    #[args(block, name = "target")]
    pub target_blocks: Vec<TargetBlock>,
    /// Settings of walks, by name.
    #[args(block, name = "walk_param")]
    pub walk_params: Vec<WalkParamBlock>,
}

/// A device to walk.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct TargetBlock {
    /// Name of the target, part of its `job` label.
    #[args(label)]
    pub name: String,
    /// Address of the device.
    pub address: String,
    /// Modules, separated by commas.
    #[args(default = "")]
    pub module: String,
    /// Credentials, by their name in the configuration of the modules.
    #[args(default = "")]
    pub auth: String,
    /// Label of the `walk_param` block that holds for the device.
    #[args(default = "")]
    pub walk_params: String,
    /// Context name of SNMP version 3; wins over that of the credentials.
    #[args(default = "")]
    pub snmp_context: String,
    /// Labels of the target.
    #[args(optional)]
    pub labels: BTreeMap<String, String>,
}

/// Settings of walks. What is 0 holds as the modules say.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct WalkParamBlock {
    /// Name that targets refer to.
    #[args(label)]
    pub name: String,
    /// Objects to ask for at a time.
    #[args(default = 0)]
    pub max_repetitions: u32,
    /// How often a request is repeated.
    #[args(default = 0)]
    pub retries: i64,
    /// How long the answer to a request may take.
    #[args(default = "0s")]
    pub timeout: Duration,
    /// Also accepts answers from another address than that of the device.
    #[args(default = false)]
    pub use_unconnected_udp_socket: bool,
}

impl SnmpArgs {
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
        if ![REPLACE, MERGE].contains(&&*self.config_merge_strategy) {
            return Err(format!(
                "unknown config_merge_strategy {:?}: use {REPLACE:?} or {MERGE:?}",
                self.config_merge_strategy
            ));
        }
        Ok(())
    }
}
