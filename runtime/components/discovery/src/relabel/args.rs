//! Arguments and exports of `discovery.relabel`.

use alloy_blocks::{RelabelRules, RuleBlock};
use alloy_component::Target;
use alloy_value::{Args, Exports};

/// Arguments of `discovery.relabel`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct RelabelArgs {
    /// Targets to relabel.
    pub targets: Vec<Target>,
    /// Rules, applied in order.
    #[args(block, name = "rule")]
    pub rules: Vec<RuleBlock>,
}

/// Exports of `discovery.relabel`.
#[derive(Exports, Clone, Debug)]
pub struct RelabelExports {
    /// Targets after relabelling, in the order of the input, without those that a rule dropped.
    pub output: Vec<Target>,
    /// The rules as configured, for components that relabel by themselves.
    pub rules: RelabelRules,
}
