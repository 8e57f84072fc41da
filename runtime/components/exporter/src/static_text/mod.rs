//! `prometheus.exporter.static`: metrics that stand in the configuration.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::StaticArgs;

use crate::shared::ExporterExports;

static DEFINITION: Definition = Definition::component::<StaticArgs>(
    "prometheus.exporter.static",
    Stability::Experimental,
    "Exposes metrics that stand in the configuration.",
)
.with_exports::<ExporterExports>();

/// `prometheus.exporter.static`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
