//! `discovery.consul`: targets from the catalog of a Consul server.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::ConsulArgs;

use crate::DiscoveryExports;

static DEFINITION: Definition = Definition::component::<ConsulArgs>(
    "discovery.consul",
    Stability::GenerallyAvailable,
    "Finds the services that a Consul server knows.",
)
.with_exports::<DiscoveryExports>();

/// `discovery.consul`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
