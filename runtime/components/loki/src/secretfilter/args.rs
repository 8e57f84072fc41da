//! Arguments of `loki.secretfilter`.

use std::time::Duration;

use alloy_component::LogsReceiver;
use alloy_value::Args;

/// Arguments of `loki.secretfilter`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct SecretfilterArgs {
    /// Where the entries are sent.
    pub forward_to: Vec<LogsReceiver>,
    /// Label by which the component's metrics tell where secrets come from; none if empty.
    #[args(default = "")]
    pub origin_label: String,
    /// Text to put in place of a secret. `$SECRET_NAME` stands for the rule that found it,
    /// `$SECRET_HASH` for a hash of the secret.
    #[args(default = "")]
    pub redact_with: String,
    /// Percent of a secret to hide, from its end. Only where `redact_with` is empty.
    #[args(default = 80)]
    pub redact_percent: u64,
    /// File with rules in the format of Gitleaks; the built-in rules if empty.
    #[args(default = "")]
    pub gitleaks_config: String,
    /// Share of the entries to look at, from 0 to 1. The others pass unchanged.
    #[args(default = 1.0)]
    pub rate: f64,
    /// How long looking at an entry may take; 0: no limit.
    #[args(default = "0s")]
    pub processing_timeout: Duration,
    /// Drops an entry that took too long; otherwise it passes unchanged.
    #[args(default = false)]
    pub drop_on_timeout: bool,
    /// Labels entries that took too long.
    #[args(default = false)]
    pub label_timed_out: bool,
}

impl SecretfilterArgs {
    fn check(&self) -> Result<(), String> {
        match self.rate {
            0.0..=1.0 => Ok(()),
            rate => Err(format!("rate must be between 0.0 and 1.0, got {rate}")),
        }
    }
}
