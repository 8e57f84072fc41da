//! What may make a refused configuration acceptable, and what may help a component that refused its
//! arguments: both are worth another load if somebody watches the configuration.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use alloy_queries::{NodeId, NodeKind};
use alloy_value::{ArcArgs, BodyEntry, Value};
use rustc_hash::FxHashSet;

use super::Controller;
use super::load::Finding;

/// Why the last load was refused.
#[derive(Default)]
pub(super) struct Refused {
    is_refused: bool,
    /// Global ids of what the blocks read that don't evaluate.
    read: BTreeSet<Arc<str>>,
}

impl Controller {
    /// Another load begins: what is known of refused ones is over.
    pub(super) fn forget_refused(&mut self) {
        self.refused = Refused::default();
        self.shared.reconsider.send_if_modified(|changed| changed.take().is_some());
    }

    /// The load that begins is refused.
    pub(super) fn note_refused(&mut self) {
        self.refused.is_refused = true;
    }

    /// Remembers what the blocks read that don't evaluate. Called while their revision is pending.
    pub(super) fn note_readers(&mut self, findings: &[(NodeId, Finding)]) {
        let mut seen = FxHashSet::default();
        let mut open: Vec<NodeId> = findings.iter().map(|(id, _)| *id).collect();
        while let Some(id) = open.pop() {
            let Some(info) = self.engine.node(id).filter(|_| seen.insert(id)) else { continue };
            self.refused.read.insert(info.global_id());
            // An import tells by itself when it has something new.
            if info.kind != NodeKind::Import {
                open.extend(self.inputs_of(id));
            }
        }
    }

    /// A component has other exports now.
    pub(super) fn reconsider_reader_of(&mut self, id: &str) {
        if self.refused.is_refused && self.refused.read.contains(id) {
            self.reconsider(id.into());
        }
    }

    /// An import has brought other modules.
    pub(super) fn reconsider_users_of(&mut self, import: Arc<str>) {
        if self.refused.is_refused {
            self.reconsider(import);
        }
    }

    fn reconsider(&mut self, because: Arc<str>) {
        // Once is enough: the next load looks at everything.
        self.refused = Refused::default();
        self.shared.reconsider.send_replace(Some(because));
    }
}

/// Attributes that end like names of files that are read, but are written.
const WRITTEN: &[&str] = &["scrape_failure_log_file", "legacy_positions_file"];

/// True for attributes that name a file which a component reads.
fn names_a_file(attribute: &str) -> bool {
    let ends = ["_file", "_file_path", "_key_path", "_config_path"];
    attribute == "filename"
        || ends.iter().any(|end| attribute.ends_with(end)) && !WRITTEN.contains(&attribute)
}

/// The files that arguments name.
pub(super) fn files_of(args: &ArcArgs) -> Arc<[PathBuf]> {
    let mut files = BTreeSet::new();
    let mut open = vec![args.encode()];
    while let Some(body) = open.pop() {
        for entry in body.entries {
            match entry {
                BodyEntry::Attribute { name, value: Value::String(path) }
                    if names_a_file(&name) =>
                {
                    files.insert(PathBuf::from(&*path.to_lossy()));
                }
                BodyEntry::Attribute { .. } => {}
                BodyEntry::Block(block) => open.push(block.body),
            }
        }
    }
    files.into_iter().filter(|path| !path.as_os_str().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_that_name_files() {
        let named: Vec<_> = [
            "filename",
            "ca_file",
            "bearer_token_file",
            "token_file_path",
            "private_key_path",
            "path",
            "file",
            "metrics_path",
            "scrape_failure_log_file",
            "include_file_name",
        ]
        .into_iter()
        .filter(|name| names_a_file(name))
        .collect();
        assert_eq!(
            named,
            ["filename", "ca_file", "bearer_token_file", "token_file_path", "private_key_path"]
        );
    }
}
