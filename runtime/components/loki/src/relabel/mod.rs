//! `loki.relabel`: applies relabelling rules to the labels of log entries
//! (spec/components/loki.relabel.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{RelabelArgs, RelabelExports};

static DEFINITION: Definition = Definition::component::<RelabelArgs>(
    "loki.relabel",
    Stability::GenerallyAvailable,
    "Applies relabelling rules to the labels of log entries.",
)
.with_exports::<RelabelExports>();

/// `loki.relabel`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
