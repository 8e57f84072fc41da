//! `discovery.dns`: targets from DNS records
//! (spec/components/discovery.kubernetes.md, discovery.dns).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::DnsArgs;

use crate::DiscoveryExports;

static DEFINITION: Definition = Definition::component::<DnsArgs>(
    "discovery.dns",
    Stability::GenerallyAvailable,
    "Finds targets by looking up DNS records.",
)
.with_exports::<DiscoveryExports>();

/// `discovery.dns`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
