//! The `clustering` block of components that share their work (spec/cluster.md).

use alloy_value::Block;

/// Distribution of work over the members of a cluster.
#[derive(Block, Clone, Debug, Default, PartialEq)]
pub struct ClusteringBlock {
    /// Shares the work with the other members of the cluster.
    pub enabled: bool,
}
