//! `discovery.relabel`: rewrites, keeps or drops targets by rules
//! (spec/components/discovery.kubernetes.md, discovery.relabel).

mod args;
mod run;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{ArcArgs, Args, Definition, DefinitionKind, Exports, Stability};

pub use args::{RelabelArgs, RelabelExports};

static DEFINITION: Definition = Definition {
    name: "discovery.relabel",
    kind: DefinitionKind::Component,
    stability: Stability::GenerallyAvailable,
    community: false,
    args: Some((<RelabelArgs as Args>::schema, ArcArgs::decode::<RelabelArgs>)),
    exports: Some(<RelabelExports as Exports>::schema),
    doc: "Rewrites the label sets of targets, or drops targets, by relabelling rules.",
};

/// `discovery.relabel`.
pub static COMPONENT: ComponentDef =
    ComponentDef { definition: &DEFINITION, build: Some(run::build) };
