//! `otelcol.processor.deltatocumulative`: sums up delta metrics.

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::DeltaToCumulativeArgs;

static DEFINITION: Definition = Definition::component::<DeltaToCumulativeArgs>(
    "otelcol.processor.deltatocumulative",
    Stability::Experimental,
    "Turns delta metrics into cumulative ones.",
)
.with_exports::<InputExports>();

/// `otelcol.processor.deltatocumulative`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
