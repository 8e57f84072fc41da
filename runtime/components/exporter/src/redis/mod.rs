//! `prometheus.exporter.redis`: the metrics of a Redis server.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::RedisArgs;

use crate::shared::ExporterExports;

static DEFINITION: Definition = Definition::component::<RedisArgs>(
    "prometheus.exporter.redis",
    Stability::GenerallyAvailable,
    "Exposes metrics of a Redis server.",
)
.with_exports::<ExporterExports>();

/// `prometheus.exporter.redis`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
