//! Log lines on their way between components (design/performance.md §5).

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::{Ack, Labels, Row, SendError};

/// Lines of one stream that travel together.
#[derive(Clone, Debug)]
pub struct LogBatch {
    /// Labels of every line.
    pub labels: Labels,
    /// The text that the lines are parts of.
    pub chunk: Bytes,
    /// The lines, in order.
    pub lines: Arc<[LogLine]>,
    /// Structured metadata; absent when empty.
    pub metadata: Option<Arc<[Row<Labels>]>>,
    /// Completed when every consumer has made the batch safe.
    pub ack: Option<Ack>,
}

/// One line of a batch: its time, and where its text is in the chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Nanoseconds since the Unix epoch.
    pub timestamp_ns: i64,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl LogBatch {
    /// A batch of whole lines, each with its time. Lines past 4 GiB of text are left out.
    pub fn of_lines<'l>(labels: Labels, lines: impl IntoIterator<Item = (i64, &'l [u8])>) -> Self {
        let mut chunk = Vec::new();
        let mut table = Vec::new();
        for (timestamp_ns, line) in lines {
            let (Ok(start), Ok(end)) =
                (u32::try_from(chunk.len()), u32::try_from(chunk.len() + line.len()))
            else {
                break;
            };
            chunk.extend_from_slice(line);
            table.push(LogLine { timestamp_ns, start, end });
        }
        Self { labels, chunk: chunk.into(), lines: table.into(), metadata: None, ack: None }
    }

    /// Text of a line; empty if it lies outside of the chunk.
    pub fn text(&self, line: &LogLine) -> &[u8] {
        self.chunk.get(line.start as usize..line.end as usize).unwrap_or_default()
    }
}

/// Accepts log lines from other components. Exported as a capsule (`loki.LogsReceiver`); equality is
/// identity.
pub trait LogsConsumer: Send + Sync + 'static {
    /// Hands over one batch. Waits while the consumer is saturated: this is the back-pressure.
    ///
    /// Cancel safety: dropping the future before completion may or may not have handed over the
    /// batch; a batch is never handed over in part.
    fn send(&self, batch: Arc<LogBatch>) -> BoxFuture<'_, Result<(), SendError>>;

    /// Id of the component behind it, for messages.
    fn component_id(&self) -> &str;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_parts_of_one_text() {
        let lines: [(i64, &[u8]); 3] = [(1, b"one"), (2, b""), (3, b"three")];
        let batch = LogBatch::of_lines(Labels::default(), lines);
        let texts: Vec<_> =
            batch.lines.iter().map(|line| (line.timestamp_ns, batch.text(line))).collect();
        assert_eq!(texts, lines);
        let outside = LogLine { timestamp_ns: 0, start: 0, end: 99 };
        assert_eq!(batch.text(&outside), b"");
    }
}
