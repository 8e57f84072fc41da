//! `prometheus.exporter.process`: the metrics of groups of processes.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{MatcherBlock, ProcessArgs};

use crate::shared::ExporterExports;

static DEFINITION: Definition = Definition::component::<ProcessArgs>(
    "prometheus.exporter.process",
    Stability::GenerallyAvailable,
    "Exposes metrics of groups of processes on this machine.",
)
.with_exports::<ExporterExports>();

/// `prometheus.exporter.process`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
