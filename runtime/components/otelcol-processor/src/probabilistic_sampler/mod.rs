//! `otelcol.processor.probabilistic_sampler`: samples by trace id.

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::ProbabilisticSamplerArgs;

static DEFINITION: Definition = Definition::component::<ProbabilisticSamplerArgs>(
    "otelcol.processor.probabilistic_sampler",
    Stability::GenerallyAvailable,
    "Keeps a given share of traces and log records.",
)
.with_exports::<InputExports>();

/// `otelcol.processor.probabilistic_sampler`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
