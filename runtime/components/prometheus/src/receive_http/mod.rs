//! `prometheus.receive_http`: accepts remote write requests and passes their samples on
//! (spec/components/prometheus.receive_http.md).

mod args;
mod ingest;
mod run;
mod server;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::ReceiveHttpArgs;

static DEFINITION: Definition = Definition::component::<ReceiveHttpArgs>(
    "prometheus.receive_http",
    Stability::GenerallyAvailable,
    "Listens for Prometheus remote write requests and forwards the samples to other components.",
);

/// `prometheus.receive_http`.
pub static COMPONENT: ComponentDef =
    ComponentDef { definition: &DEFINITION, build: Some(run::build) };
