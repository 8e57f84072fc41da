//! `otelcol.auth.oauth2`: OAuth 2 client credentials (spec/components/otelcol.auth.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

use crate::HandlerExports;

pub use args::OAuth2Args;

static DEFINITION: Definition = Definition::component::<OAuth2Args>(
    "otelcol.auth.oauth2",
    Stability::GenerallyAvailable,
    "Authenticates the requests that clients send with tokens from an OAuth 2 server.",
)
.with_exports::<HandlerExports>();

/// `otelcol.auth.oauth2`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
