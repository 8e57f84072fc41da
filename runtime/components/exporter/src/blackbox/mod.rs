//! `prometheus.exporter.blackbox`: the results of probes over HTTP, TCP, DNS, ICMP and gRPC.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{BlackboxArgs, TargetBlock};

use crate::shared::ExporterExports;

static DEFINITION: Definition = Definition::component::<BlackboxArgs>(
    "prometheus.exporter.blackbox",
    Stability::GenerallyAvailable,
    "Probes endpoints over HTTP, TCP, DNS, ICMP and gRPC.",
)
.with_exports::<ExporterExports>();

/// `prometheus.exporter.blackbox`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
