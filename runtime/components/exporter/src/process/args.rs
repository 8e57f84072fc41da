//! Arguments of `prometheus.exporter.process`.

use alloy_value::{Args, Block};

/// Arguments of `prometheus.exporter.process`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct ProcessArgs {
    /// Where procfs is mounted.
    #[args(default = "/proc")]
    pub procfs_path: String,
    /// Counts a process that matches nothing to the group of its nearest matching parent.
    #[args(default = true)]
    pub track_children: bool,
    /// Also exposes metrics of the threads.
    #[args(default = true)]
    pub track_threads: bool,
    /// Reads `smaps` for proportional memory use, which takes time for large processes.
    #[args(default = true)]
    pub gather_smaps: bool,
    /// Matches the names of known processes again at each scrape.
    #[args(default = false)]
    pub recheck_on_scrape: bool,
    /// Forgets groups without processes.
    #[args(default = false)]
    pub remove_empty_groups: bool,
    /// Which processes form a group; the first one that matches counts.
    #[args(block, name = "matcher")]
    pub matchers: Vec<MatcherBlock>,
}

/// A group of processes. All conditions that are given must hold.
#[derive(Block, Clone, Debug, Default, PartialEq)]
pub struct MatcherBlock {
    /// Template of the group's name, such as `{{.Comm}}`.
    #[args(default = "")]
    pub name: String,
    /// Process names, one of which must match.
    #[args(optional)]
    pub comm: Vec<String>,
    /// Program names or paths, one of which must match.
    #[args(optional)]
    pub exe: Vec<String>,
    /// Regular expressions for the command line, all of which must match.
    #[args(optional, syntax = "regex")]
    pub cmdline: Vec<String>,
}
