//! `otelcol.exporter.debug`: prints telemetry (spec/components/otelcol.exporter.debug.md).

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::DebugArgs;

static DEFINITION: Definition = Definition::component::<DebugArgs>(
    "otelcol.exporter.debug",
    Stability::Experimental,
    "Prints metrics, logs and traces.",
)
.with_exports::<InputExports>();

/// `otelcol.exporter.debug`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
