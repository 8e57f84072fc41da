//! `loki.source.api`: receives log entries that are pushed over HTTP
//! (spec/components/loki.source.api.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::SourceApiArgs;

static DEFINITION: Definition = Definition::component::<SourceApiArgs>(
    "loki.source.api",
    Stability::GenerallyAvailable,
    "Receives log entries that are pushed over HTTP.",
);

/// `loki.source.api`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
