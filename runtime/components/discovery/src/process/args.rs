//! Arguments of `discovery.process`.

use std::time::Duration;

use alloy_component::Target;
use alloy_value::{Args, Block};

/// Arguments of `discovery.process`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct ProcessArgs {
    /// Targets of other components, joined to the processes by process or container id.
    #[args(optional)]
    pub join: Vec<Target>,
    /// How often the processes are listed.
    #[args(default = "1m")]
    pub refresh_interval: Duration,
    /// What is found out about each process.
    #[args(block, default)]
    pub discover_config: DiscoverConfigBlock,
}

/// What is found out about each process. Every item becomes a label of the target.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct DiscoverConfigBlock {
    /// Working directory.
    #[args(default = true)]
    pub cwd: bool,
    /// Path of the program.
    #[args(default = true)]
    pub exe: bool,
    /// Command line with its arguments.
    #[args(default = true)]
    pub commandline: bool,
    /// Name of the user that it runs as.
    #[args(default = false)]
    pub username: bool,
    /// Id of the user that it runs as.
    #[args(default = false)]
    pub uid: bool,
    /// Id of the container that it runs in.
    #[args(default = true)]
    pub container_id: bool,
    /// Path of its control group.
    #[args(default = false)]
    pub cgroup_path: bool,
}
