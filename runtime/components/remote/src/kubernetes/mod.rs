//! `remote.kubernetes.*`: the data of a resource of a Kubernetes cluster as a value.

mod args;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{KubernetesArgs, KubernetesExports};

static CONFIGMAP_DEFINITION: Definition = Definition::component::<KubernetesArgs>(
    "remote.kubernetes.configmap",
    Stability::GenerallyAvailable,
    "Exposes the data of a ConfigMap of a Kubernetes cluster and follows its changes.",
)
.with_exports::<KubernetesExports>();

static SECRET_DEFINITION: Definition = Definition::component::<KubernetesArgs>(
    "remote.kubernetes.secret",
    Stability::GenerallyAvailable,
    "Exposes the data of a Secret of a Kubernetes cluster and follows its changes.",
)
.with_exports::<KubernetesExports>();

/// `remote.kubernetes.configmap`.
pub static CONFIGMAP: ComponentDef =
    ComponentDef { definition: &CONFIGMAP_DEFINITION, build: None };

/// `remote.kubernetes.secret`.
pub static SECRET: ComponentDef = ComponentDef { definition: &SECRET_DEFINITION, build: None };
