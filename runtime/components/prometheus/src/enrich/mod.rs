//! `prometheus.enrich`: adds labels of targets to samples.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{EnrichArgs, EnrichExports};

static DEFINITION: Definition = Definition::component::<EnrichArgs>(
    "prometheus.enrich",
    Stability::Experimental,
    "Adds labels of matching targets to the metrics it receives and forwards them.",
)
.with_exports::<EnrichExports>();

/// `prometheus.enrich`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
