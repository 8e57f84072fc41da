//! `otelcol.receiver.zipkin`: Zipkin server.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::ZipkinArgs;

static DEFINITION: Definition = Definition::component::<ZipkinArgs>(
    "otelcol.receiver.zipkin",
    Stability::GenerallyAvailable,
    "Receives traces from Zipkin clients.",
);

/// `otelcol.receiver.zipkin`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
