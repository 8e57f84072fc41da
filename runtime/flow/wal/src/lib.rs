//! A log of sample batches on disk: what reached it survives the process, and every reader goes on
//! where its cursor says.
//!
//! # Invariants
//! - A segment describes each series before the first sample of it, so a segment is read without
//!   any other, and truncation is the deletion of whole segments.
//! - Opening never fails because of what the files hold: damage is skipped up to the next sync mark,
//!   copied aside and counted.
//! - A segment of an earlier process is never written to.
//! - A batch is acknowledged when the kernel has its record (or the disk, if configured so). While
//!   the disk takes nothing, batches go to readers from memory and the log says why.
//! - Memory is bounded: the queue before the writer, and the ring that readers follow.
//!
//! Start reading at [`Log`]; the format is in `codec` and `segment`.

mod codec;
mod cursor;
mod disk;
mod log;
mod reader;
mod ring;
mod segment;
mod writer;

pub use cursor::{Cursor, CursorFile};
pub use log::{AppendError, Log, Options, Stats, SyncPolicy};
pub use reader::{Delivery, Reader};
pub use segment::Position;

/// Harness of the fuzz target: any bytes scan and decode or fail, and never by panic.
pub fn fuzz(data: &[u8]) {
    segment::fuzz(data);
    codec::fuzz(data);
}

#[cfg(test)]
mod seeds {
    /// Every seed of the fuzz target, and every crash that was found, stays fixed.
    #[test]
    fn of_wal_decode_replay() {
        alloy_corpus::seeds("wal_decode").iter().for_each(|seed| super::fuzz(seed));
    }
}
