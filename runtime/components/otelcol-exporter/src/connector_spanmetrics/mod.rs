//! `otelcol.connector.spanmetrics`: rates, errors and durations of spans (spec/components/otelcol.auth.md).

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{
    DimensionBlock, EventsBlock, ExemplarsBlock, ExplicitBlock, ExponentialBlock, HistogramBlock,
    SpanMetricsArgs,
};

static DEFINITION: Definition = Definition::component::<SpanMetricsArgs>(
    "otelcol.connector.spanmetrics",
    Stability::GenerallyAvailable,
    "Makes metrics of the number and the duration of spans.",
)
.with_exports::<InputExports>();

/// `otelcol.connector.spanmetrics`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
