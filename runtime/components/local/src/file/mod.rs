//! `local.file`: the content of a file as a value (spec/components/local.file.md).

mod args;
mod run;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{Detector, FileArgs, FileExports};

static DEFINITION: Definition = Definition::component::<FileArgs>(
    "local.file",
    Stability::GenerallyAvailable,
    "Exposes the content of a file on disk and follows its changes.",
)
.with_exports::<FileExports>();

/// `local.file`.
pub static COMPONENT: ComponentDef =
    ComponentDef { definition: &DEFINITION, build: Some(run::build) };
