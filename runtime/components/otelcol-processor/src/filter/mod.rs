//! `otelcol.processor.filter`: drops by OTTL conditions (spec/components/otelcol.processor.transform.md).

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::FilterArgs;

static DEFINITION: Definition = Definition::component::<FilterArgs>(
    "otelcol.processor.filter",
    Stability::GenerallyAvailable,
    "Drops telemetry that meets OTTL conditions.",
)
.with_exports::<InputExports>();

/// `otelcol.processor.filter`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
