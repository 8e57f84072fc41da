//! `prometheus.exporter.postgres`: the metrics of PostgreSQL servers.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{AutodiscoveryBlock, PostgresArgs, StatStatementsBlock};

use crate::shared::ExporterExports;

static DEFINITION: Definition = Definition::component::<PostgresArgs>(
    "prometheus.exporter.postgres",
    Stability::GenerallyAvailable,
    "Exposes metrics of PostgreSQL servers.",
)
.with_exports::<ExporterExports>();

/// `prometheus.exporter.postgres`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
