//! `discovery.kubelet`: targets from the pods of one kubelet.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::KubeletArgs;

use crate::DiscoveryExports;

static DEFINITION: Definition = Definition::component::<KubeletArgs>(
    "discovery.kubelet",
    Stability::GenerallyAvailable,
    "Finds the pods that run on the node of a kubelet.",
)
.with_exports::<DiscoveryExports>();

/// `discovery.kubelet`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
