//! Arguments of `loki.source.podlogs`.

use alloy_blocks::{ClusteringBlock, KubernetesClientBlock, KubernetesSelectorBlock};
use alloy_component::LogsReceiver;
use alloy_value::{Args, Block};

/// Arguments of `loki.source.podlogs`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct SourcePodlogsArgs {
    /// Where entries are sent.
    pub forward_to: Vec<LogsReceiver>,
    /// Begins at the end of logs that were not read before.
    #[args(default = false)]
    pub tail_from_end: bool,
    /// Keeps the labels with which pods are found.
    #[args(default = false)]
    pub preserve_discovered_labels: bool,
    /// Client of the Kubernetes API.
    #[args(block, default)]
    pub client: KubernetesClientBlock,
    /// Limits which PodLogs resources are used; all if left out.
    #[args(block)]
    pub selector: Option<KubernetesSelectorBlock>,
    /// Limits in which namespaces they are looked for; all if left out.
    #[args(block)]
    pub namespace_selector: Option<KubernetesSelectorBlock>,
    /// Limits on which node pods run.
    #[args(block, default)]
    pub node_filter: NodeFilterBlock,
    /// Distribution of pods over a cluster.
    #[args(block)]
    pub clustering: Option<ClusteringBlock>,
}

/// Pods of one node.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct NodeFilterBlock {
    /// Reads only pods of one node.
    #[args(default = false)]
    pub enabled: bool,
    /// Name of the node; the environment variable `NODE_NAME` if empty.
    #[args(default = "")]
    pub node_name: String,
}
