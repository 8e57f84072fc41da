//! Puts tokens and comments into lines.
//!
//! # Invariants
//! - White space waits until the next token or comment decides about it.
//! - A comment comes out before the first token that starts behind it. Tokens without a position
//!   of their own (spec/language.md §12.7) count as standing right behind the token before.
//!
//! Start reading at [`Printer::token`].

use crate::format::columns::{Break, Columns, Tab};

/// White space that waits for the next token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    Blank,
    /// Start of an aligned column.
    Column,
    /// End of a line whose columns go on.
    Newline,
    /// End of a line and of its columns.
    HardBreak,
    Indent,
    Unindent,
}

/// A place in the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) offset: usize,
    pub(crate) line: usize,
}

/// A comment of the source.
#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub(crate) place: Place,
    /// Text without carriage returns.
    pub(crate) text: String,
    /// Follows the comment before without a token or blank line in between.
    pub(crate) continues: bool,
}

impl Comment {
    fn end_line(&self) -> usize {
        self.place.line + self.text.matches('\n').count()
    }

    fn is_block(&self) -> bool {
        self.text.starts_with("/*")
    }
}

#[derive(Debug)]
pub(crate) struct Printer {
    out: Columns,
    pending: Vec<Space>,
    comments: std::iter::Peekable<std::vec::IntoIter<Comment>>,
    indent: usize,
    /// Nothing is written in the current line yet.
    at_line_start: bool,
    /// Where the next token without a position of its own stands in the source.
    place: Place,
    /// Line of the source on which what was written last ends.
    last_line: usize,
}

impl Printer {
    pub(crate) fn new(comments: Vec<Comment>) -> Printer {
        Printer {
            out: Columns::default(),
            pending: Vec::new(),
            comments: comments.into_iter().peekable(),
            indent: 0,
            at_line_start: true,
            place: Place::default(),
            last_line: 0,
        }
    }

    pub(crate) fn space(&mut self, space: Space) {
        self.pending.push(space);
    }

    /// Writes a token that has a position.
    pub(crate) fn token_at(&mut self, place: Place, text: &str) {
        self.place = place;
        self.token(text);
    }

    /// Writes a token.
    pub(crate) fn token(&mut self, text: &str) {
        let place = self.place;
        self.flush(place);
        self.start_line();
        self.out.text(text);
        self.advance(place, text);
    }

    /// Writes a literal. Its text stays as it is; its lines are lines of the output.
    pub(crate) fn literal_at(&mut self, place: Place, text: &str) {
        self.place = place;
        self.flush(place);
        self.start_line();
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.out.line_break(Break::Soft);
            }
            self.out.protected_text(line);
        }
        self.advance(place, text);
    }

    /// Writes the comments that are left and gives the text, without trailing blank lines.
    pub(crate) fn finish(mut self) -> String {
        self.flush(Place { offset: usize::MAX, line: usize::MAX });
        let mut text = self.out.finish();
        text.truncate(text.trim_end_matches('\n').len());
        text
    }

    fn advance(&mut self, start: Place, text: &str) {
        self.place.offset = start.offset + text.len();
        self.place.line = start.line + text.matches('\n').count();
        self.last_line = self.place.line;
    }

    fn start_line(&mut self) {
        if self.at_line_start {
            self.at_line_start = false;
            for _ in 0..self.indent {
                self.out.tab(Tab::Hard);
            }
        }
    }

    /// Writes what must come before a token at `next`: comments, or the white space that waits.
    fn flush(&mut self, next: Place) {
        let mut last: Option<Comment> = None;
        while self.comments.peek().is_some_and(|comment| comment.place.offset <= next.offset) {
            let mut group = true;
            while group {
                let Some(comment) = self.comments.next() else { break };
                self.write_comment(&comment, last.as_ref(), next);
                last = Some(comment);
                group = self.comments.peek().is_some_and(|comment| comment.continues);
            }
        }
        match last {
            Some(last) => self.after_comments(&last, next),
            None => self.write_pending(self.pending.len()),
        }
    }

    fn write_comment(&mut self, comment: &Comment, before: Option<&Comment>, next: Place) {
        if !self.out.is_empty() {
            let after_line_comment = before.is_some_and(|before| !before.is_block());
            if comment.place.line == self.last_line && !after_line_comment {
                self.separate_on_line(comment, before.is_none(), next);
            } else {
                self.separate_by_lines(comment);
            }
        }
        self.start_line();
        self.out.protected_text(&comment.text);
        self.last_line = comment.end_line();
    }

    /// In front of a comment on the line of the last token: a column, or a blank if the next token
    /// is on the line as well. Indentation applies, blanks go.
    fn separate_on_line(&mut self, comment: &Comment, first: bool, next: Place) {
        let mut separated = false;
        if first {
            let count = self.pending.iter().position(|space| {
                !matches!(space, Space::Blank | Space::Column | Space::Indent)
            });
            let rest = self.pending.split_off(count.unwrap_or(self.pending.len()));
            self.pending.retain(|&space| space != Space::Blank);
            separated = self.pending.contains(&Space::Column);
            self.write_pending(self.pending.len());
            self.pending = rest;
        }
        if !separated {
            if comment.place.line == next.line {
                self.out.text(" ");
            } else {
                self.out.tab(Tab::Hard);
            }
        }
    }

    /// In front of a comment on a line of its own: line breaks as in the source, at most two.
    /// What waits goes, except indentation up to the first line break.
    fn separate_by_lines(&mut self, comment: &Comment) {
        let count = self.pending.iter().position(|space| {
            matches!(space, Space::Unindent | Space::Newline | Space::HardBreak)
        });
        let mut rest = self.pending.split_off(count.unwrap_or(self.pending.len()));
        self.pending.retain(|&space| space == Space::Indent);
        self.write_pending(self.pending.len());
        if matches!(rest.first(), Some(Space::Newline | Space::HardBreak)) {
            rest.remove(0);
        }
        self.pending = rest;
        let lines = comment.place.line.saturating_sub(self.last_line).clamp(1, 2);
        self.line_breaks(lines, Break::Hard);
    }

    /// Between the last comment and a token: line breaks as in the source, at most two.
    fn after_comments(&mut self, last: &Comment, next: Place) {
        let lines = next.line.saturating_sub(last.end_line()).min(2);
        let hard = self.pending.contains(&Space::HardBreak);
        self.pending.retain(|space| matches!(space, Space::Indent | Space::Unindent));
        self.write_pending(self.pending.len());
        if lines > 0 {
            self.line_breaks(lines, if hard { Break::Hard } else { Break::Soft });
        } else if last.is_block() {
            self.out.text(" ");
        }
    }

    fn line_breaks(&mut self, count: usize, kind: Break) {
        for _ in 0..count {
            self.out.line_break(kind);
        }
        self.at_line_start = true;
    }

    fn write_pending(&mut self, count: usize) {
        let rest = self.pending.split_off(count);
        for space in std::mem::replace(&mut self.pending, rest) {
            match space {
                Space::Blank => self.out.text(" "),
                Space::Column => self.out.tab(Tab::Soft),
                Space::Newline => self.line_breaks(1, Break::Soft),
                Space::HardBreak => self.line_breaks(1, Break::Hard),
                Space::Indent => self.indent += 1,
                Space::Unindent => self.indent = self.indent.saturating_sub(1),
            }
        }
    }
}
