//! `otelcol.exporter.loki`: logs to Loki components (spec/components/otelcol.exporter.prometheus.md).

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::LokiArgs;

static DEFINITION: Definition = Definition::component::<LokiArgs>(
    "otelcol.exporter.loki",
    Stability::GenerallyAvailable,
    "Turns OpenTelemetry logs into log entries for loki.* components.",
)
.with_exports::<InputExports>();

/// `otelcol.exporter.loki`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
