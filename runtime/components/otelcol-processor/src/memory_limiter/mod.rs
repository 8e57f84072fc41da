//! `otelcol.processor.memory_limiter`: back-pressure by memory (spec/components/otelcol.processor.batch.md).

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::MemoryLimiterArgs;

static DEFINITION: Definition = Definition::component::<MemoryLimiterArgs>(
    "otelcol.processor.memory_limiter",
    Stability::GenerallyAvailable,
    "Refuses telemetry while the process uses too much memory.",
)
.with_exports::<InputExports>();

/// `otelcol.processor.memory_limiter`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
