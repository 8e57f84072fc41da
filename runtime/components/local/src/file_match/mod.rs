//! `local.file_match`: targets for the files that match patterns
//! (spec/components/loki.source.file.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{FileMatchArgs, FileMatchExports};

static DEFINITION: Definition = Definition::component::<FileMatchArgs>(
    "local.file_match",
    Stability::GenerallyAvailable,
    "Finds the files of this machine that match patterns.",
)
.with_exports::<FileMatchExports>();

/// `local.file_match`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
