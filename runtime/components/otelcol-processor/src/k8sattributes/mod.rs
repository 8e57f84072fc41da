//! `otelcol.processor.k8sattributes`: Kubernetes metadata (spec/components/otelcol.processor.k8sattributes.md).

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::K8sAttributesArgs;

static DEFINITION: Definition = Definition::component::<K8sAttributesArgs>(
    "otelcol.processor.k8sattributes",
    Stability::GenerallyAvailable,
    "Adds what Kubernetes knows of the pod that telemetry comes from.",
)
.with_exports::<InputExports>();

/// `otelcol.processor.k8sattributes`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
