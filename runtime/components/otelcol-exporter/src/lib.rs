//! Components of `otelcol.exporter.*` and `otelcol.connector.*`.
//!
//! # Invariants
//! - One directory per component; what several share lives in `alloy-blocks`.

use alloy_component::ComponentDef;

pub mod connector_host_info;
pub mod connector_servicegraph;
pub mod connector_spanlogs;
pub mod connector_spanmetrics;
pub mod exporter_debug;
pub mod exporter_kafka;
pub mod exporter_loadbalancing;
pub mod exporter_loki;
pub mod exporter_otlp;
pub mod exporter_otlphttp;
pub mod exporter_prometheus;
mod latency;
#[cfg(test)]
mod tests;

/// The components of this family.
pub static COMPONENTS: &[&ComponentDef] = &[
    &connector_host_info::COMPONENT,
    &connector_servicegraph::COMPONENT,
    &connector_spanlogs::COMPONENT,
    &connector_spanmetrics::COMPONENT,
    &exporter_debug::COMPONENT,
    &exporter_kafka::COMPONENT,
    &exporter_loadbalancing::COMPONENT,
    &exporter_loki::COMPONENT,
    &exporter_otlp::COMPONENT,
    &exporter_otlphttp::COMPONENT,
    &exporter_prometheus::COMPONENT,
];
