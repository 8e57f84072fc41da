//! `loki.enrich`: adds labels of discovered targets to log entries.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::EnrichArgs;

use crate::LogsExports;

static DEFINITION: Definition = Definition::component::<EnrichArgs>(
    "loki.enrich",
    Stability::Experimental,
    "Adds labels of discovered targets to log entries.",
)
.with_exports::<LogsExports>();

/// `loki.enrich`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
