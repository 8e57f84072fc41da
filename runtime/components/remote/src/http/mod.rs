//! `remote.http`: the answer of a web server as a value.

mod args;
#[cfg(test)]
mod tests;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{HttpArgs, HttpExports};

static DEFINITION: Definition = Definition::component::<HttpArgs>(
    "remote.http",
    Stability::GenerallyAvailable,
    "Exposes what a web server answers and asks it again at an interval.",
)
.with_exports::<HttpExports>();

/// `remote.http`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
