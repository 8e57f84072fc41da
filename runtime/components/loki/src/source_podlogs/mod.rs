//! `loki.source.podlogs`: reads the logs of pods that PodLogs resources select.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{NodeFilterBlock, SourcePodlogsArgs};

static DEFINITION: Definition = Definition::component::<SourcePodlogsArgs>(
    "loki.source.podlogs",
    Stability::GenerallyAvailable,
    "Reads the logs of the pods that PodLogs resources of a Kubernetes cluster select.",
);

/// `loki.source.podlogs`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
