//! `otelcol.exporter.loadbalancing`: OTLP to several servers (spec/components/otelcol.auth.md).

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{
    AwsCloudMapBlock, DnsBlock, KubernetesBlock, LoadBalancingArgs, OtlpBlock, ProtocolBlock,
    ResolverBlock, StaticBlock,
};

static DEFINITION: Definition = Definition::component::<LoadBalancingArgs>(
    "otelcol.exporter.loadbalancing",
    Stability::GenerallyAvailable,
    "Sends metrics, logs and traces to several OTLP servers, equal ones always to the same.",
)
.with_exports::<InputExports>();

/// `otelcol.exporter.loadbalancing`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
