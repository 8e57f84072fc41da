//! `pyroscope.relabel`: applies relabelling rules to the labels of profiles.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{RelabelArgs, RelabelExports};

static DEFINITION: Definition = Definition::component::<RelabelArgs>(
    "pyroscope.relabel",
    Stability::GenerallyAvailable,
    "Applies relabelling rules to the labels of profiles.",
)
.with_exports::<RelabelExports>();

/// `pyroscope.relabel`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
