//! Arguments and exports of `prometheus.echo`.

use alloy_component::{ComponentError, MetricsReceiver};
use alloy_value::{Args, Exports};

use super::NAME;

const TEXT: &str = "text";
const OPENMETRICS: &str = "openmetrics";

/// Arguments of `prometheus.echo`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct EchoArgs {
    /// Format of the output: `text` or `openmetrics`.
    #[args(default = "text")]
    pub format: String,
}

impl EchoArgs {
    fn check(&self) -> Result<(), String> {
        match &*self.format {
            TEXT | OPENMETRICS => Ok(()),
            other => Err(format!("unknown format {other:?}: use {TEXT:?} or {OPENMETRICS:?}")),
        }
    }

    /// Refuses by name what this version does not do.
    pub(super) fn supported(&self) -> Result<(), ComponentError> {
        if self.format == OPENMETRICS {
            return Err(ComponentError::unsupported(NAME, "format = \"openmetrics\""));
        }
        Ok(())
    }
}

/// Exports of `prometheus.echo`.
#[derive(Exports, Clone, Debug)]
pub struct EchoExports {
    /// Receives the samples to print.
    pub receiver: MetricsReceiver,
}
