//! Metrics of the controller and the process (spec/runtime.md §16).

mod config;
mod controller;
mod labelstore;
mod process;

pub use config::ConfigMetrics;
pub(crate) use controller::{ControllerMetrics, graph_metrics};
pub use labelstore::LabelStoreMetrics;
pub use process::{BuildInfo, ProcessMetrics, register_build_info};

use prometheus::core::Collector;

/// A metric that its name and help alone describe: creating it fails only if the name is not valid,
/// which the tests of this module rule out. If it happens all the same, the metric is missing.
fn registered<C: Collector + Clone + 'static>(
    metrics: &alloy_component::ComponentMetrics,
    metric: prometheus::Result<C>,
) -> Option<C> {
    match metric {
        Ok(metric) => Some(metrics.register(metric)),
        Err(error) => {
            debug_assert!(false, "{error}");
            tracing::error!(err = %error, "cannot create a metric of the process");
            None
        }
    }
}
