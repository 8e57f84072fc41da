//! Arguments and exports of `pyroscope.relabel`.

use alloy_blocks::{RelabelRules, RelabelSection};
use alloy_component::ProfilesReceiver;
use alloy_value::{Args, Exports};

/// Arguments of `pyroscope.relabel`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct RelabelArgs {
    /// Where relabelled profiles are sent.
    pub forward_to: Vec<ProfilesReceiver>,
    /// What is done with their labels.
    #[args(squash)]
    pub relabel: RelabelSection,
}

impl RelabelArgs {
    fn check(&self) -> Result<(), String> {
        self.relabel.check()
    }
}

/// Exports of `pyroscope.relabel`.
#[derive(Exports, Clone, Debug)]
pub struct RelabelExports {
    /// Receives the profiles to relabel.
    pub receiver: ProfilesReceiver,
    /// The rules as configured.
    pub rules: RelabelRules,
}
