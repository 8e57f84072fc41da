//! `loki.write`: sends log entries to Loki (spec/components/loki.write.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{EndpointBlock, QueueConfigBlock, WalBlock, WriteArgs, WriteExports};

static DEFINITION: Definition = Definition::component::<WriteArgs>(
    "loki.write",
    Stability::GenerallyAvailable,
    "Sends log entries to Loki.",
)
.with_exports::<WriteExports>();

/// `loki.write`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
