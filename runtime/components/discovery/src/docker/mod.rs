//! `discovery.docker`: targets from the containers of a Docker host
//! (spec/components/discovery.kubernetes.md, discovery.docker).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{DockerArgs, FilterBlock};

use crate::DiscoveryExports;

static DEFINITION: Definition = Definition::component::<DockerArgs>(
    "discovery.docker",
    Stability::GenerallyAvailable,
    "Finds containers of a Docker host and the ports they expose.",
)
.with_exports::<DiscoveryExports>();

/// `discovery.docker`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
