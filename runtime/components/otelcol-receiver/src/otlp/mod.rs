//! `otelcol.receiver.otlp`: OTLP server (spec/components/otelcol.receiver.otlp.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::OtlpArgs;

static DEFINITION: Definition = Definition::component::<OtlpArgs>(
    "otelcol.receiver.otlp",
    Stability::GenerallyAvailable,
    "Receives telemetry over gRPC and HTTP in the OpenTelemetry protocol.",
);

/// `otelcol.receiver.otlp`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
