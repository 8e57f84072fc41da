//! `otelcol.exporter.otlp`: OTLP over gRPC (spec/components/otelcol.exporter.otlp.md).

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::OtlpArgs;

static DEFINITION: Definition = Definition::component::<OtlpArgs>(
    "otelcol.exporter.otlp",
    Stability::GenerallyAvailable,
    "Sends metrics, logs and traces as OTLP over gRPC.",
)
.with_exports::<InputExports>();

/// `otelcol.exporter.otlp`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
