//! How much a component says about itself in the process's own metrics.

use alloy_value::Block;

/// The component's metrics about itself.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct DebugMetricsBlock {
    /// Leaves out labels that can have very many values.
    #[args(default = true)]
    pub disable_high_cardinality_metrics: bool,
    /// How detailed the metrics are: `none`, `basic`, `normal` or `detailed`.
    #[args(default = DebugLevel::Detailed)]
    pub level: DebugLevel,
}

/// How detailed a component's metrics about itself are.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
#[args(unknown = "unrecognized debug level {:?}")]
pub enum DebugLevel {
    /// No metrics.
    None,
    /// The essential ones.
    Basic,
    /// The usual ones.
    Normal,
    /// All.
    Detailed,
}
