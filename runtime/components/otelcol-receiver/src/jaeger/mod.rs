//! `otelcol.receiver.jaeger`: Jaeger server.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::JaegerArgs;

static DEFINITION: Definition = Definition::component::<JaegerArgs>(
    "otelcol.receiver.jaeger",
    Stability::GenerallyAvailable,
    "Receives traces from Jaeger clients.",
);

/// `otelcol.receiver.jaeger`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
