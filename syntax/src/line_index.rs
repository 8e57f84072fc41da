//! Byte offsets to lines and columns and back.

use std::fmt;

/// A place in a text: line and column, both from 1. The column counts bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Byte in the line, from 1.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Where the lines of a text start. Building is O(text), looking up is O(log lines).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineIndex {
    starts: Box<[u32]>,
    length: u32,
}

impl LineIndex {
    /// Indexes a text. A line ends after each line feed.
    pub fn new(text: &str) -> LineIndex {
        let mut starts = vec![0];
        let after = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(after));
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        LineIndex { starts: starts.into_boxed_slice(), length }
    }

    /// Line and column of an offset; offsets behind the end count as the end.
    pub fn position(&self, offset: u32) -> Position {
        let offset = offset.min(self.length);
        let line = self.line_of(offset);
        let start = self.starts.get(line).copied().unwrap_or(0);
        Position { line: u32::try_from(line + 1).unwrap_or(u32::MAX), column: offset - start + 1 }
    }

    /// Offset of a position; `None` if there is no such line. Columns behind the end of the text
    /// count as its end.
    pub fn offset(&self, position: Position) -> Option<u32> {
        let line = usize::try_from(position.line.checked_sub(1)?).ok()?;
        let start = *self.starts.get(line)?;
        Some(start.saturating_add(position.column.saturating_sub(1)).min(self.length))
    }

    /// Number of lines; an empty text has one.
    pub fn line_count(&self) -> usize {
        self.starts.len()
    }

    /// Index of the line of an offset, from 0.
    pub(crate) fn line_of(&self, offset: u32) -> usize {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// [`LineIndex::line_of`] for an offset that is probably on the line `near` or one of the next.
    pub(crate) fn line_near(&self, offset: u32, near: usize) -> usize {
        const STEPS: usize = 4;
        let next = self.starts.get(near..).unwrap_or_default();
        if next.first().is_none_or(|&start| start > offset) {
            return self.line_of(offset);
        }
        let next = next.get(..=STEPS).unwrap_or(next);
        match next.iter().position(|&start| start > offset) {
            Some(behind) => near + behind - 1,
            // Either the rest of the text, or too far away.
            None => self.line_of(offset),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_bytes() {
        let index = LineIndex::new("ä = 1\n\nb");
        assert_eq!(index.position(3), Position { line: 1, column: 4 });
        assert_eq!(index.position(7), Position { line: 2, column: 1 });
        assert_eq!(index.position(99), Position { line: 3, column: 2 });
        assert_eq!(index.offset(Position { line: 3, column: 1 }), Some(8));
        assert_eq!(index.offset(Position { line: 4, column: 1 }), None);
    }
}
