//! `otelcol.exporter.kafka`: telemetry to Kafka.

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{
    CompressionParamsBlock, KafkaArgs, ProducerBlock, RecordPartitionerBlock, SignalBlock,
    StickyKeyBlock,
};

static DEFINITION: Definition = Definition::component::<KafkaArgs>(
    "otelcol.exporter.kafka",
    Stability::GenerallyAvailable,
    "Sends metrics, logs and traces to Kafka.",
)
.with_exports::<InputExports>();

/// `otelcol.exporter.kafka`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
