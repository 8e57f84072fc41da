//! `otelcol.processor.resourcedetection`: adds resource attributes (spec/components/otelcol.processor.k8sattributes.md).

mod args;
pub mod detectors;
#[cfg(test)]
mod tests;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::ResourceDetectionArgs;

static DEFINITION: Definition = Definition::component::<ResourceDetectionArgs>(
    "otelcol.processor.resourcedetection",
    Stability::GenerallyAvailable,
    "Adds attributes of the machine, cloud and cluster that it runs on.",
)
.with_exports::<InputExports>();

/// `otelcol.processor.resourcedetection`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
