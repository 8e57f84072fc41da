//! Arguments and exports of `loki.relabel`.

use alloy_blocks::{RelabelRules, RelabelSection};
use alloy_component::LogsReceiver;
use alloy_value::{Args, Exports};

/// Arguments of `loki.relabel`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct RelabelArgs {
    /// Where relabelled entries are sent.
    pub forward_to: Vec<LogsReceiver>,
    /// What is done with their labels.
    #[args(squash)]
    pub relabel: RelabelSection,
}

impl RelabelArgs {
    fn check(&self) -> Result<(), String> {
        self.relabel.check()
    }
}

/// Exports of `loki.relabel`.
#[derive(Exports, Clone, Debug)]
pub struct RelabelExports {
    /// Receives the entries to relabel.
    pub receiver: LogsReceiver,
    /// The rules as configured.
    pub rules: RelabelRules,
}
