//! `prometheus.relabel`: rewrites the labels of samples, or drops them
//! (spec/components/prometheus.relabel.md).

mod args;
mod cache;
mod run;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{ArcArgs, Args, Definition, DefinitionKind, Exports, Stability};

pub use args::{RelabelArgs, RelabelExports};

/// Name of the component.
const NAME: &str = "prometheus.relabel";

static DEFINITION: Definition = Definition {
    name: NAME,
    kind: DefinitionKind::Component,
    stability: Stability::GenerallyAvailable,
    community: false,
    args: Some((<RelabelArgs as Args>::schema, ArcArgs::decode::<RelabelArgs>)),
    exports: Some(<RelabelExports as Exports>::schema),
    doc: "Rewrites the labels of metrics by relabelling rules and forwards them.",
};

/// `prometheus.relabel`.
pub static COMPONENT: ComponentDef =
    ComponentDef { definition: &DEFINITION, build: Some(run::build) };
