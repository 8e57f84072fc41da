//! `loki.secretfilter`: hides secrets in log entries.

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::SecretfilterArgs;

use crate::LogsExports;

static DEFINITION: Definition = Definition::component::<SecretfilterArgs>(
    "loki.secretfilter",
    Stability::PublicPreview,
    "Hides secrets in log entries.",
)
.with_exports::<LogsExports>();

/// `loki.secretfilter`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
