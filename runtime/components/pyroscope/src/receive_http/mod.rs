//! `pyroscope.receive_http`: receives profiles that are pushed over HTTP
//! (spec/components/pyroscope.write.md).

mod args;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{HttpBlock, ReceiveHttpArgs};

static DEFINITION: Definition = Definition::component::<ReceiveHttpArgs>(
    "pyroscope.receive_http",
    Stability::GenerallyAvailable,
    "Receives profiles that are pushed over HTTP.",
);

/// `pyroscope.receive_http`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
