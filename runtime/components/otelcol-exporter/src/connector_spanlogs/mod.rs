//! `otelcol.connector.spanlogs`: spans as log entries.

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{OverridesBlock, SpanLogsArgs};

static DEFINITION: Definition = Definition::component::<SpanLogsArgs>(
    "otelcol.connector.spanlogs",
    Stability::GenerallyAvailable,
    "Makes log entries of spans, traces and span events.",
)
.with_exports::<InputExports>();

/// `otelcol.connector.spanlogs`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
