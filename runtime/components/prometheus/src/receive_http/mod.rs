//! `prometheus.receive_http`: accepts remote write requests and passes their samples on
//! (spec/components/prometheus.receive_http.md).

mod args;
mod ingest;
mod run;
mod server;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{ArcArgs, Args, Definition, DefinitionKind, Stability};

pub use args::ReceiveHttpArgs;

static DEFINITION: Definition = Definition {
    name: "prometheus.receive_http",
    kind: DefinitionKind::Component,
    stability: Stability::GenerallyAvailable,
    community: false,
    args: Some((<ReceiveHttpArgs as Args>::schema, ArcArgs::decode::<ReceiveHttpArgs>)),
    exports: None,
    doc: "Listens for Prometheus remote write requests and forwards the samples to other components.",
};

/// `prometheus.receive_http`.
pub static COMPONENT: ComponentDef =
    ComponentDef { definition: &DEFINITION, build: Some(run::build) };
