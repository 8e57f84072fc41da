//! `loki.echo`: writes received log entries to the log of the process.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::EchoArgs;

use crate::LogsExports;

static DEFINITION: Definition = Definition::component::<EchoArgs>(
    "loki.echo",
    Stability::GenerallyAvailable,
    "Writes received log entries to the log of the process.",
)
.with_exports::<LogsExports>();

/// `loki.echo`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
