//! The process's log: what `tracing` reports, as logfmt or JSON lines on standard error, steered by
//! the `logging` block.
//!
//! # Invariants
//! - One line per record, written with one call; keys in the order `ts`, `level`, `msg`, fields of
//!   the surrounding spans from the outside in, fields of the event, then the trace that the
//!   line belongs to, if there is one.
//! - Until the first [`LogHandle::apply`] records wait in a bounded buffer. They are written, with
//!   the level and format then known, or dropped with the handle.
//! - Level and format change at any time, without a restart and without losing a line.
//! - Whoever logs waits for no receiver of `write_to`: lines that do not fit in its queue are lost,
//!   counted and reported. Lines that receivers cause themselves are few per second.
//! - Other crates' records are noise below `warn` and never written there.
//! - An integer field named `duration` is in nanoseconds: text in logfmt, a number in JSON.
//!
//! Start reading at [`LogHandle`], then `layer` and `forward`.

mod forward;
mod layer;
mod line;
mod sink;
#[cfg(test)]
mod tests;

pub use forward::{ForwardMetrics, Forwarder};
pub use layer::{LogFilter, LogLayer};
pub use sink::LogHandle;

/// Lowest level that is written; ordered from least to most severe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything.
    Debug,
    /// Life cycle and worse.
    Info,
    /// Degraded and worse.
    Warn,
    /// What a human must act on.
    Error,
}

impl Level {
    /// Its text in a line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// Layout of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `key=value` pairs.
    Logfmt,
    /// One JSON object per line.
    Json,
}

/// The log of this process: a layer for the subscriber and its handle. Lines go to standard error.
pub fn stderr() -> (LogLayer, LogHandle) {
    log_to(Box::new(std::io::stderr()))
}

/// A log whose lines go to `out`: a layer for a subscriber and its handle.
pub fn log_to(out: Box<dyn std::io::Write + Send>) -> (LogLayer, LogHandle) {
    let handle = LogHandle::new(out);
    (LogLayer::new(handle.clone()), handle)
}
