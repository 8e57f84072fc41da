//! `prometheus.scrape`: scrapes targets and forwards their samples
//! (spec/components/prometheus.scrape.md).

mod args;
mod run;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::ScrapeArgs;

/// Name of the component.
const NAME: &str = "prometheus.scrape";

static DEFINITION: Definition = Definition::component::<ScrapeArgs>(
    NAME,
    Stability::GenerallyAvailable,
    "Scrapes metrics from targets and forwards them to other components.",
);

/// `prometheus.scrape`.
pub static COMPONENT: ComponentDef =
    ComponentDef { definition: &DEFINITION, build: Some(run::build) };
