//! `loki.source.journal`: reads log entries from the systemd journal
//! (spec/components/loki.source.journal.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{LegacyPositionBlock, SourceJournalArgs};

static DEFINITION: Definition = Definition::component::<SourceJournalArgs>(
    "loki.source.journal",
    Stability::GenerallyAvailable,
    "Reads log entries from the systemd journal.",
);

/// `loki.source.journal`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
