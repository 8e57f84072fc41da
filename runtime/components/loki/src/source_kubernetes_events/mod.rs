//! `loki.source.kubernetes_events`: turns the events of a Kubernetes cluster into log entries
//! (spec/components/loki.source.kubernetes.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::SourceKubernetesEventsArgs;

static DEFINITION: Definition = Definition::component::<SourceKubernetesEventsArgs>(
    "loki.source.kubernetes_events",
    Stability::GenerallyAvailable,
    "Turns the events of a Kubernetes cluster into log entries.",
);

/// `loki.source.kubernetes_events`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
