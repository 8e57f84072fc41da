//! `loki.source.kubernetes`: reads the logs of pods from the API server
//! (spec/components/loki.source.kubernetes.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::SourceKubernetesArgs;

static DEFINITION: Definition = Definition::component::<SourceKubernetesArgs>(
    "loki.source.kubernetes",
    Stability::GenerallyAvailable,
    "Reads the logs of Kubernetes pods from the API server.",
);

/// `loki.source.kubernetes`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
