//! Arguments of `loki.source.kubernetes`.

use alloy_blocks::{ClusteringBlock, KubernetesClientBlock};
use alloy_component::{LogsReceiver, Target};
use alloy_value::Args;

/// Arguments of `loki.source.kubernetes`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct SourceKubernetesArgs {
    /// Containers to read, as `discovery.kubernetes` finds pods. Labels that do not begin with `__`
    /// go to the entries.
    pub targets: Vec<Target>,
    /// Where entries are sent.
    pub forward_to: Vec<LogsReceiver>,
    /// Client of the Kubernetes API.
    #[args(block, default)]
    pub client: KubernetesClientBlock,
    /// Distribution of targets over a cluster.
    #[args(block)]
    pub clustering: Option<ClusteringBlock>,
}
