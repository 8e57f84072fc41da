//! `otelcol.connector.servicegraph`: requests between services (spec/components/otelcol.auth.md).

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{ServiceGraphArgs, StoreBlock};

static DEFINITION: Definition = Definition::component::<ServiceGraphArgs>(
    "otelcol.connector.servicegraph",
    Stability::GenerallyAvailable,
    "Makes metrics of the requests between services from traces.",
)
.with_exports::<InputExports>();

/// `otelcol.connector.servicegraph`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
