//! `pyroscope.scrape`: collects profiles from targets (spec/components/pyroscope.write.md).

mod args;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{CustomProfileBlock, ProfileBlock, ProfilingConfigBlock, ScrapeArgs};

static DEFINITION: Definition = Definition::component::<ScrapeArgs>(
    "pyroscope.scrape",
    Stability::GenerallyAvailable,
    "Collects profiles from targets over HTTP.",
);

/// `pyroscope.scrape`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
