//! `discovery.relabel`: rewrites, keeps or drops targets by rules
//! (spec/components/discovery.kubernetes.md, discovery.relabel).

mod args;
mod run;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{RelabelArgs, RelabelExports};

static DEFINITION: Definition = Definition::component::<RelabelArgs>(
    "discovery.relabel",
    Stability::GenerallyAvailable,
    "Rewrites the label sets of targets, or drops targets, by relabelling rules.",
)
.with_exports::<RelabelExports>();

/// `discovery.relabel`.
pub static COMPONENT: ComponentDef =
    ComponentDef { definition: &DEFINITION, build: Some(run::build) };
