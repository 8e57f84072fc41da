//! Arguments of `prometheus.exporter.static`.

use alloy_value::Args;

/// Arguments of `prometheus.exporter.static`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct StaticArgs {
    /// The metrics in the Prometheus text format.
    pub text: String,
}
