//! `prometheus.echo`: prints the samples it receives.

mod args;
mod render;
mod run;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{ArcArgs, Args, Definition, DefinitionKind, Exports, Stability};

pub use args::{EchoArgs, EchoExports};

/// Name of the component.
const NAME: &str = "prometheus.echo";

static DEFINITION: Definition = Definition {
    name: NAME,
    kind: DefinitionKind::Component,
    stability: Stability::GenerallyAvailable,
    community: false,
    args: Some((<EchoArgs as Args>::schema, ArcArgs::decode::<EchoArgs>)),
    exports: Some(<EchoExports as Exports>::schema),
    doc: "Writes the metrics it receives to standard output.",
};

/// `prometheus.echo`.
pub static COMPONENT: ComponentDef =
    ComponentDef { definition: &DEFINITION, build: Some(run::build) };
