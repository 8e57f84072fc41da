//! `otelcol.receiver.loki`: from log entries to log records.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{LokiArgs, LokiExports};

static DEFINITION: Definition = Definition::component::<LokiArgs>(
    "otelcol.receiver.loki",
    Stability::GenerallyAvailable,
    "Turns entries of loki.* components into OpenTelemetry log records.",
)
.with_exports::<LokiExports>();

/// `otelcol.receiver.loki`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
