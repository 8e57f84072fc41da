//! `discovery.file`: targets from JSON and YAML files
//! (spec/components/discovery.kubernetes.md, discovery.file).

mod args;
mod groups;
mod run;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{ArcArgs, Args, Definition, DefinitionKind, Exports, Stability};

pub use args::{FileArgs, FileExports};

static DEFINITION: Definition = Definition {
    name: "discovery.file",
    kind: DefinitionKind::Component,
    stability: Stability::GenerallyAvailable,
    community: false,
    args: Some((<FileArgs as Args>::schema, ArcArgs::decode::<FileArgs>)),
    exports: Some(<FileExports as Exports>::schema),
    doc: "Finds targets in files and follows their changes.",
};

/// `discovery.file`.
pub static COMPONENT: ComponentDef =
    ComponentDef { definition: &DEFINITION, build: Some(run::build) };
