//! `faro.receiver`: receives logs and traces of web applications.

mod args;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{
    LocationBlock, LogFormat, OutputBlock, RateLimitingBlock, RateLimitingStrategy, ReceiverArgs,
    ServerBlock, SourcemapCacheBlock, SourcemapsBlock,
};

static DEFINITION: Definition = Definition::component::<ReceiverArgs>(
    "faro.receiver",
    Stability::GenerallyAvailable,
    "Receives logs and traces of web applications that use the Grafana Faro SDK.",
);

/// `faro.receiver`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
