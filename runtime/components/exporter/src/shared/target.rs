//! The target that leads `prometheus.scrape` to an exporter.

use alloy_component::Target;
use alloy_telemetry::Labels;

use super::Plan;

/// The target of the exporter with the global id `id` behind the in-memory address `addr`.
pub(super) fn target(addr: &str, id: &str, plan: &Plan) -> Target {
    let path = format!("/api/v0/component/{id}/metrics");
    Target(Labels::new([
        ("__address__", addr),
        ("__meta_component_id", id),
        ("__meta_component_name", plan.component),
        ("__metrics_path__", &path),
        ("__scheme__", "http"),
        ("instance", &plan.instance),
        ("job", plan.job),
    ]))
}

/// `instance` of exporters that watch this machine: its host name, or what `HOSTNAME` says (set to
/// the node's name where a container has a host name of its own).
pub fn default_instance() -> String {
    match std::env::var("HOSTNAME") {
        Ok(name) if !name.is_empty() => name,
        _ => rustix::system::uname().nodename().to_string_lossy().into_owned(),
    }
}
