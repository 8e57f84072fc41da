//! `otelcol.receiver.prometheus`: from samples to metrics (spec/components/otelcol.receiver.prometheus.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{PrometheusArgs, PrometheusExports};

static DEFINITION: Definition = Definition::component::<PrometheusArgs>(
    "otelcol.receiver.prometheus",
    Stability::GenerallyAvailable,
    "Turns samples of prometheus.* components into OpenTelemetry metrics.",
)
.with_exports::<PrometheusExports>();

/// `otelcol.receiver.prometheus`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
