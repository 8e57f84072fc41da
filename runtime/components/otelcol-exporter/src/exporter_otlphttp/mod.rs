//! `otelcol.exporter.otlphttp`: OTLP over HTTP (spec/components/otelcol.exporter.otlp.md).

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::OtlpHttpArgs;

static DEFINITION: Definition = Definition::component::<OtlpHttpArgs>(
    "otelcol.exporter.otlphttp",
    Stability::GenerallyAvailable,
    "Sends metrics, logs and traces as OTLP over HTTP.",
)
.with_exports::<InputExports>();

/// `otelcol.exporter.otlphttp`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
