//! `otelcol.storage.file`: state of other components in files.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{CompactionBlock, FileArgs, FileExports};

static DEFINITION: Definition = Definition::component::<FileArgs>(
    "otelcol.storage.file",
    Stability::PublicPreview,
    "Keeps the state of other components, such as queues, in files.",
)
.with_exports::<FileExports>();

/// `otelcol.storage.file`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
