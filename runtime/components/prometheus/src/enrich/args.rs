//! Arguments and exports of `prometheus.enrich`.

use std::collections::BTreeMap;

use alloy_component::{MetricsReceiver, Target};
use alloy_value::{Args, Exports};

/// Arguments of `prometheus.enrich`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct EnrichArgs {
    /// Targets whose labels are added.
    pub targets: Vec<Target>,
    /// Labels by which samples find their target: name in the target to name in the sample.
    #[args(optional)]
    pub target_to_metric_match: BTreeMap<String, String>,
    /// Label of the target that must equal `metrics_match_label` of the sample.
    #[args(default = "", deprecated = "use target_to_metric_match instead")]
    pub target_match_label: String,
    /// Label of the sample; `target_match_label` if empty.
    #[args(default = "", deprecated = "use target_to_metric_match instead")]
    pub metrics_match_label: String,
    /// Labels of the target to add; all if empty.
    #[args(optional)]
    pub labels_to_copy: Vec<String>,
    /// Where the metrics are sent.
    pub forward_to: Vec<MetricsReceiver>,
}

/// Exports of `prometheus.enrich`.
#[derive(Exports, Clone, Debug)]
pub struct EnrichExports {
    /// Receives the metrics to add labels to.
    pub receiver: MetricsReceiver,
}
