//! `otelcol.processor.transform`: OTTL statements (spec/components/otelcol.processor.transform.md).

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::TransformArgs;

static DEFINITION: Definition = Definition::component::<TransformArgs>(
    "otelcol.processor.transform",
    Stability::GenerallyAvailable,
    "Changes telemetry with OTTL statements.",
)
.with_exports::<InputExports>();

/// `otelcol.processor.transform`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
