//! `prometheus.scrape`: scrapes targets and forwards their samples
//! (spec/components/prometheus.scrape.md).

mod args;
mod run;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{ArcArgs, Args, Definition, DefinitionKind, Stability};

pub use args::{ClusteringBlock, ScrapeArgs};

/// Name of the component.
const NAME: &str = "prometheus.scrape";

static DEFINITION: Definition = Definition {
    name: NAME,
    kind: DefinitionKind::Component,
    stability: Stability::GenerallyAvailable,
    community: false,
    args: Some((<ScrapeArgs as Args>::schema, ArcArgs::decode::<ScrapeArgs>)),
    exports: None,
    doc: "Scrapes metrics from targets and forwards them to other components.",
};

/// `prometheus.scrape`.
pub static COMPONENT: ComponentDef =
    ComponentDef { definition: &DEFINITION, build: Some(run::build) };
