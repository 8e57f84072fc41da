//! `otelcol.processor.batch`: batches (spec/components/otelcol.processor.batch.md).

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::BatchArgs;

static DEFINITION: Definition = Definition::component::<BatchArgs>(
    "otelcol.processor.batch",
    Stability::GenerallyAvailable,
    "Collects telemetry into batches before it is sent on.",
)
.with_exports::<InputExports>();

/// `otelcol.processor.batch`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
