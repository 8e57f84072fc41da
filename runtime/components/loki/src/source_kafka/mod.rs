//! `loki.source.kafka`: reads log entries from Kafka topics.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{KafkaAuthenticationBlock, KafkaOAuthBlock, KafkaSaslBlock, SourceKafkaArgs};

static DEFINITION: Definition = Definition::component::<SourceKafkaArgs>(
    "loki.source.kafka",
    Stability::GenerallyAvailable,
    "Reads log entries from Kafka topics.",
);

/// `loki.source.kafka`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
