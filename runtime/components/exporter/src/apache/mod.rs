//! `prometheus.exporter.apache`: the metrics of an Apache HTTP server.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::ApacheArgs;

use crate::shared::ExporterExports;

static DEFINITION: Definition = Definition::component::<ApacheArgs>(
    "prometheus.exporter.apache",
    Stability::GenerallyAvailable,
    "Exposes metrics of an Apache HTTP server.",
)
.with_exports::<ExporterExports>();

/// `prometheus.exporter.apache`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
