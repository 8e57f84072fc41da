//! `loki.source.docker`: reads the logs of Docker containers
//! (spec/components/loki.source.docker.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::SourceDockerArgs;

static DEFINITION: Definition = Definition::component::<SourceDockerArgs>(
    "loki.source.docker",
    Stability::GenerallyAvailable,
    "Reads the logs of Docker containers.",
);

/// `loki.source.docker`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
