//! `otelcol.auth.bearer`: bearer tokens (spec/components/otelcol.auth.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

use crate::HandlerExports;

pub use args::BearerArgs;

static DEFINITION: Definition = Definition::component::<BearerArgs>(
    "otelcol.auth.bearer",
    Stability::GenerallyAvailable,
    "Authenticates requests with a token.",
)
.with_exports::<HandlerExports>();

/// `otelcol.auth.bearer`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
