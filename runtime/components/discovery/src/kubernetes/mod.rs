//! `discovery.kubernetes`: targets from the resources of a Kubernetes cluster
//! (spec/components/discovery.kubernetes.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{AttachMetadataBlock, KubernetesArgs, NamespacesBlock, SelectorBlock};

use crate::DiscoveryExports;

static DEFINITION: Definition = Definition::component::<KubernetesArgs>(
    "discovery.kubernetes",
    Stability::GenerallyAvailable,
    "Finds nodes, services, pods, endpoints or ingresses of a Kubernetes cluster.",
)
.with_exports::<DiscoveryExports>();

/// `discovery.kubernetes`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
