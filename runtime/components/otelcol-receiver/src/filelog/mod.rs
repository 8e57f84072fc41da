//! `otelcol.receiver.filelog`: log records from files.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::FilelogArgs;

static DEFINITION: Definition = Definition::component::<FilelogArgs>(
    "otelcol.receiver.filelog",
    Stability::PublicPreview,
    "Reads log records from files and parses them.",
);

/// `otelcol.receiver.filelog`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
