//! `pyroscope.write`: sends profiles to Pyroscope (spec/components/pyroscope.write.md).

mod args;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{EndpointBlock, TracingBlock, WriteArgs, WriteExports};

static DEFINITION: Definition = Definition::component::<WriteArgs>(
    "pyroscope.write",
    Stability::GenerallyAvailable,
    "Sends profiles to Pyroscope.",
)
.with_exports::<WriteExports>();

/// `pyroscope.write`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
