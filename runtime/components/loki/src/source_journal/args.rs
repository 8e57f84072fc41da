//! Arguments of `loki.source.journal`.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_blocks::RelabelRules;
use alloy_component::LogsReceiver;
use alloy_value::{Args, Block};

/// Arguments of `loki.source.journal`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct SourceJournalArgs {
    /// Makes a JSON object of all fields the line; otherwise it is the message.
    #[args(default = false)]
    pub format_as_json: bool,
    /// Age beyond which entries are skipped at the start.
    #[args(default = "7h")]
    pub max_age: Duration,
    /// Directory of the journal; the system's own if empty.
    #[args(default = "")]
    pub path: String,
    /// Rules for the labels of entries, from a `loki.relabel` component. They see every field as
    /// `__journal_` and its name.
    #[args(optional)]
    pub relabel_rules: RelabelRules,
    /// Takes only entries with these fields: `FIELD=value`, separated by spaces; all must match.
    #[args(default = "")]
    pub matches: String,
    /// Where entries are sent.
    pub forward_to: Vec<LogsReceiver>,
    /// Labels of every entry.
    #[args(optional)]
    pub labels: BTreeMap<String, String>,
    /// Position of another program to take over.
    #[args(block)]
    pub legacy_position: Option<LegacyPositionBlock>,
}

/// Position of another program.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct LegacyPositionBlock {
    /// Its positions file.
    pub file: String,
    /// Name of its job that read the journal.
    pub name: String,
}
