//! `prometheus.echo`: prints the samples it receives.

mod args;
mod render;
mod run;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{EchoArgs, EchoExports};

/// Name of the component.
const NAME: &str = "prometheus.echo";

static DEFINITION: Definition = Definition::component::<EchoArgs>(
    NAME,
    Stability::GenerallyAvailable,
    "Writes the metrics it receives to standard output.",
)
.with_exports::<EchoExports>();

/// `prometheus.echo`.
pub static COMPONENT: ComponentDef =
    ComponentDef { definition: &DEFINITION, build: Some(run::build) };
