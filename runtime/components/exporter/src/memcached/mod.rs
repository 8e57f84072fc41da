//! `prometheus.exporter.memcached`: the metrics of a memcached server.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::MemcachedArgs;

use crate::shared::ExporterExports;

static DEFINITION: Definition = Definition::component::<MemcachedArgs>(
    "prometheus.exporter.memcached",
    Stability::GenerallyAvailable,
    "Exposes metrics of a memcached server.",
)
.with_exports::<ExporterExports>();

/// `prometheus.exporter.memcached`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
