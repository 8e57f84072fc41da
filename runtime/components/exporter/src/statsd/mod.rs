//! `prometheus.exporter.statsd`: what StatsD clients send, as metrics.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::StatsdArgs;

use crate::shared::ExporterExports;

static DEFINITION: Definition = Definition::component::<StatsdArgs>(
    "prometheus.exporter.statsd",
    Stability::GenerallyAvailable,
    "Receives StatsD lines and exposes them as metrics.",
)
.with_exports::<ExporterExports>();

/// `prometheus.exporter.statsd`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
