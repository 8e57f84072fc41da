//! `otelcol.auth.basic`: basic authentication (spec/components/otelcol.auth.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

use crate::HandlerExports;

pub use args::{BasicArgs, ClientAuthBlock, HtpasswdBlock};

static DEFINITION: Definition = Definition::component::<BasicArgs>(
    "otelcol.auth.basic",
    Stability::GenerallyAvailable,
    "Authenticates requests with a user name and a password.",
)
.with_exports::<HandlerExports>();

/// `otelcol.auth.basic`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
