//! `prometheus.relabel`: rewrites the labels of samples, or drops them
//! (spec/components/prometheus.relabel.md).

mod args;
mod cache;
mod run;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{RelabelArgs, RelabelExports};

/// Name of the component.
const NAME: &str = "prometheus.relabel";

static DEFINITION: Definition = Definition::component::<RelabelArgs>(
    NAME,
    Stability::GenerallyAvailable,
    "Rewrites the labels of metrics by relabelling rules and forwards them.",
)
.with_exports::<RelabelExports>();

/// `prometheus.relabel`.
pub static COMPONENT: ComponentDef =
    ComponentDef { definition: &DEFINITION, build: Some(run::build) };
