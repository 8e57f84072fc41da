//! `discovery.file`: targets from JSON and YAML files
//! (spec/components/discovery.kubernetes.md, discovery.file).

mod args;
mod groups;
mod run;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::FileArgs;

use crate::DiscoveryExports;

static DEFINITION: Definition = Definition::component::<FileArgs>(
    "discovery.file",
    Stability::GenerallyAvailable,
    "Finds targets in files and follows their changes.",
)
.with_exports::<DiscoveryExports>();

/// `discovery.file`.
pub static COMPONENT: ComponentDef =
    ComponentDef { definition: &DEFINITION, build: Some(run::build) };
