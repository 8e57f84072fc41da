//! `otelcol.exporter.prometheus`: metrics to Prometheus components (spec/components/otelcol.exporter.prometheus.md).

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::PrometheusArgs;

static DEFINITION: Definition = Definition::component::<PrometheusArgs>(
    "otelcol.exporter.prometheus",
    Stability::GenerallyAvailable,
    "Turns OpenTelemetry metrics into samples for prometheus.* components.",
)
.with_exports::<InputExports>();

/// `otelcol.exporter.prometheus`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
