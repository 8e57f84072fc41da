//! `loki.source.gelf`: receives log entries in the GELF format over UDP.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::SourceGelfArgs;

static DEFINITION: Definition = Definition::component::<SourceGelfArgs>(
    "loki.source.gelf",
    Stability::GenerallyAvailable,
    "Receives log entries in the GELF format over UDP.",
);

/// `loki.source.gelf`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
