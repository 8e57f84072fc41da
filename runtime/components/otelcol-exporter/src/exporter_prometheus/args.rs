//! Arguments of `otelcol.exporter.prometheus`.

use std::time::Duration;

use alloy_component::MetricsReceiver;
use alloy_value::Args;

/// Arguments of `otelcol.exporter.prometheus`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct PrometheusArgs {
    /// Sends the attributes of each resource as labels of a metric `target_info`.
    #[args(default = true)]
    pub include_target_info: bool,
    /// Sends the attributes of each instrumentation scope as labels of a metric
    /// `otel_scope_info`.
    #[args(default = false)]
    pub include_scope_info: bool,
    /// Adds name and version of the instrumentation scope to the labels of each series.
    #[args(default = true)]
    pub include_scope_labels: bool,
    /// How often series that are no longer written are forgotten.
    #[args(default = "5m")]
    pub gc_frequency: Duration,
    /// Receivers of the samples.
    pub forward_to: Vec<MetricsReceiver>,
    /// Ends names with the unit and the type of the metric, such as `_seconds_total`.
    #[args(default = true)]
    pub add_metric_suffixes: bool,
    /// Adds the attributes of the resource to the labels of each series.
    #[args(default = false)]
    pub resource_to_telemetry_conversion: bool,
    /// Sends type, unit and description of metrics.
    #[args(default = false)]
    pub honor_metadata: bool,
    /// Makes native histograms with custom buckets of histograms with explicit buckets.
    #[args(default = false, stability = experimental)]
    pub convert_classic_histograms_to_nhcb: bool,
    /// Keeps the attributes in `target_info` that `job` and `instance` are made of.
    #[args(default = false)]
    pub keep_identifying_resource_attributes: bool,
    /// Writes a zero at the time when a counter started.
    #[args(default = false, stability = experimental)]
    pub start_timestamp_zero_ingestion: bool,
}

impl PrometheusArgs {
    fn check(&self) -> Result<(), String> {
        if self.gc_frequency.is_zero() {
            return Err("gc_frequency must be greater than 0".to_owned());
        }
        Ok(())
    }
}
