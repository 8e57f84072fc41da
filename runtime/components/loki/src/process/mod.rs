//! `loki.process`: runs log entries through stages (spec/components/loki.process.md).

mod args;
mod stages;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::ProcessArgs;
pub use stages::*;

use crate::LogsExports;

static DEFINITION: Definition = Definition::component::<ProcessArgs>(
    "loki.process",
    Stability::GenerallyAvailable,
    "Runs log entries through stages that parse, change, count and drop them.",
)
.with_exports::<LogsExports>();

/// `loki.process`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
