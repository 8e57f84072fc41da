//! `otelcol.connector.host_info`: hosts that send traces, as a metric (spec/components/otelcol.auth.md).

mod args;

use alloy_blocks::otelcol::InputExports;
use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::HostInfoArgs;

static DEFINITION: Definition = Definition::component::<HostInfoArgs>(
    "otelcol.connector.host_info",
    Stability::GenerallyAvailable,
    "Makes a metric of the hosts that traces come from.",
)
.with_exports::<InputExports>();

/// `otelcol.connector.host_info`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
