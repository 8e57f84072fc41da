//! `discovery.process`: targets from the processes of this machine.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{DiscoverConfigBlock, ProcessArgs};

use crate::DiscoveryExports;

static DEFINITION: Definition = Definition::component::<ProcessArgs>(
    "discovery.process",
    Stability::GenerallyAvailable,
    "Finds the processes that run on this machine.",
)
.with_exports::<DiscoveryExports>();

/// `discovery.process`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
