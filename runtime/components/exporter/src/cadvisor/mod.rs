//! `prometheus.exporter.cadvisor`: the metrics of the containers on this machine.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::CadvisorArgs;

use crate::shared::ExporterExports;

static DEFINITION: Definition = Definition::component::<CadvisorArgs>(
    "prometheus.exporter.cadvisor",
    Stability::GenerallyAvailable,
    "Exposes metrics of the containers that run on this machine.",
)
.with_exports::<ExporterExports>();

/// `prometheus.exporter.cadvisor`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
