//! `local.file`: the content of a file as a value (spec/components/local.file.md).

mod args;
mod run;
#[cfg(test)]
mod tests;
mod watch;

use alloy_component::ComponentDef;
use alloy_value::{ArcArgs, Args, Definition, DefinitionKind, Exports, Stability};

pub use args::{Detector, FileArgs, FileExports};

static DEFINITION: Definition = Definition {
    name: "local.file",
    kind: DefinitionKind::Component,
    stability: Stability::GenerallyAvailable,
    community: false,
    args: Some((<FileArgs as Args>::schema, ArcArgs::decode::<FileArgs>)),
    exports: Some(<FileExports as Exports>::schema),
    doc: "Exposes the content of a file on disk and follows its changes.",
};

/// `local.file`.
pub static COMPONENT: ComponentDef =
    ComponentDef { definition: &DEFINITION, build: Some(run::build) };
