//! What syntax trees have in common.

use std::cell::Cell;

use rowan::NodeCache;

/// Tokens and small nodes of what a thread has parsed lately: the items of a configuration are parsed
/// one by one and have most of theirs in common.
#[derive(Default)]
pub(crate) struct Cache {
    pub(crate) nodes: NodeCache,
    /// Length of what they are of.
    bytes: usize,
}

thread_local! {
    static RECENT: Cell<Cache> = Cell::default();
}

impl Cache {
    /// Of longer texts nothing is kept.
    const BYTES: usize = 64 << 10;

    pub(crate) fn take() -> Self {
        RECENT.take()
    }

    /// Keeps it for the next text of this thread, unless it has grown too large.
    pub(crate) fn give_back(mut self, text: &str) {
        self.bytes += text.len();
        if self.bytes <= Self::BYTES {
            RECENT.set(self);
        }
    }
}
