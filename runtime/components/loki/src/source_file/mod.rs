//! `loki.source.file`: reads log entries from files (spec/components/loki.source.file.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{
    CompressionFormat, DecompressionBlock, FileMatchBlock, FileWatchBlock, OnPositionsFileError,
    SourceFileArgs,
};

static DEFINITION: Definition = Definition::component::<SourceFileArgs>(
    "loki.source.file",
    Stability::GenerallyAvailable,
    "Reads log entries from files and follows them.",
);

/// `loki.source.file`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
