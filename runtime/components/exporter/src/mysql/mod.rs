//! `prometheus.exporter.mysql`: the metrics of a MySQL server.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{
    EventsStatementsBlock, FileInstancesBlock, HeartbeatBlock, MemoryEventsBlock, MysqlArgs,
    ProcesslistBlock, TablesBlock, UserBlock,
};

use crate::shared::ExporterExports;

static DEFINITION: Definition = Definition::component::<MysqlArgs>(
    "prometheus.exporter.mysql",
    Stability::GenerallyAvailable,
    "Exposes metrics of a MySQL server.",
)
.with_exports::<ExporterExports>();

/// `prometheus.exporter.mysql`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
