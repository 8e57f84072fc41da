//! `otelcol.receiver.kafka`: Kafka consumer.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::KafkaArgs;

static DEFINITION: Definition = Definition::component::<KafkaArgs>(
    "otelcol.receiver.kafka",
    Stability::GenerallyAvailable,
    "Reads telemetry from Kafka topics.",
);

/// `otelcol.receiver.kafka`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
