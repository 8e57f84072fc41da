//! `otelcol.auth.headers`: headers of requests (spec/components/otelcol.auth.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

use crate::HandlerExports;

pub use args::{HeaderAction, HeaderBlock, HeadersArgs};

static DEFINITION: Definition = Definition::component::<HeadersArgs>(
    "otelcol.auth.headers",
    Stability::GenerallyAvailable,
    "Sets headers of the requests that clients send.",
)
.with_exports::<HandlerExports>();

/// `otelcol.auth.headers`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
