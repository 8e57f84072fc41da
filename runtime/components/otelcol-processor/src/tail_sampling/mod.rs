//! `otelcol.processor.tail_sampling`: samples complete traces.

mod args;
pub mod policy;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::TailSamplingArgs;

static DEFINITION: Definition = Definition::component::<TailSamplingArgs>(
    "otelcol.processor.tail_sampling",
    Stability::GenerallyAvailable,
    "Decides about whole traces which of them to keep.",
)
.with_exports::<InputExports>();

/// `otelcol.processor.tail_sampling`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
