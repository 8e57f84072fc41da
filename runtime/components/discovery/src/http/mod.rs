//! `discovery.http`: targets from an HTTP endpoint
//! (spec/components/discovery.kubernetes.md, discovery.http).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::HttpArgs;

use crate::DiscoveryExports;

static DEFINITION: Definition = Definition::component::<HttpArgs>(
    "discovery.http",
    Stability::GenerallyAvailable,
    "Finds targets by asking an HTTP endpoint for them.",
)
.with_exports::<DiscoveryExports>();

/// `discovery.http`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
