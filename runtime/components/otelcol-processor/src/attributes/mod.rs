//! `otelcol.processor.attributes`: attribute actions (spec/components/otelcol.processor.attributes.md).

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::AttributesArgs;

static DEFINITION: Definition = Definition::component::<AttributesArgs>(
    "otelcol.processor.attributes",
    Stability::GenerallyAvailable,
    "Changes attributes of spans, log records and data points.",
)
.with_exports::<InputExports>();

/// `otelcol.processor.attributes`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
