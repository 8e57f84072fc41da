//! Targets as live debugging shows them.

use std::hash::{DefaultHasher, Hash, Hasher};

use alloy_component::{DebugData, Publisher, Target};
use parking_lot::Mutex;

/// Publishes target lists when they change.
pub(crate) struct Shown {
    publisher: Publisher,
    /// Hash of the last list.
    last: Mutex<Option<u64>>,
}

impl Shown {
    pub(crate) fn new(publisher: Publisher) -> Self {
        Self { publisher, last: Mutex::new(None) }
    }

    /// Publishes the list unless it is the last one again. O(targets).
    pub(crate) fn publish(&self, targets: &[Target]) {
        let mut hasher = DefaultHasher::new();
        targets.hash(&mut hasher);
        if self.last.lock().replace(hasher.finish()) == Some(hasher.finish()) {
            return;
        }
        self.publisher.publish(DebugData::Target, targets.len() as u64, || {
            let texts: Vec<String> = targets.iter().map(|target| target.0.to_string()).collect();
            format!("[{}]", texts.join(" "))
        });
    }
}
