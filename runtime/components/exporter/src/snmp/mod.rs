//! `prometheus.exporter.snmp`: the metrics of devices that answer SNMP.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{SnmpArgs, TargetBlock, WalkParamBlock};

use crate::shared::ExporterExports;

static DEFINITION: Definition = Definition::component::<SnmpArgs>(
    "prometheus.exporter.snmp",
    Stability::GenerallyAvailable,
    "Exposes metrics of devices that answer SNMP.",
)
.with_exports::<ExporterExports>();

/// `prometheus.exporter.snmp`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
