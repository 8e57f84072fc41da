//! Puts tokens and comments into lines.
//!
//! # Invariants
//! - White space waits until the next token or comment decides about it.
//! - A comment comes out before the first token that starts behind it. Only a block comment on the
//!   line of a token that takes it in (spec/language.md §12.7: tokens without a position of their
//!   own) waits for the token after that one. So a line break only ever stands where one stood, and
//!   ends no statement.
//!
//! Start reading at [`Printer::token_at`].

use std::collections::VecDeque;

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
    /// The comments of the source that are not written yet.
    comments: VecDeque<Comment>,
    indent: usize,
    /// Nothing is written in the current line yet.
    at_line_start: bool,
    /// Line of the source on which what was written last ends.
    last_line: usize,
}

impl Printer {
    pub(crate) fn new(comments: Vec<Comment>) -> Printer {
        Printer {
            out: Columns::default(),
            pending: Vec::new(),
            comments: comments.into(),
            indent: 0,
            at_line_start: true,
            last_line: 0,
        }
    }

    pub(crate) fn space(&mut self, space: Space) {
        self.pending.push(space);
    }

    /// Writes a token of the source.
    pub(crate) fn token_at(&mut self, place: Place, text: &str) {
        self.flush(place);
        self.write_token(text);
        self.last_line = place.line;
    }

    /// Writes a token of the source behind which block comments in front of it move.
    pub(crate) fn attracting_token_at(&mut self, place: Place, text: &str) {
        let mut before = self.comments.iter().take_while(|c| c.place.offset < place.offset);
        if before.all(|c| c.is_block() && c.place.line == place.line && c.end_line() == place.line)
        {
            self.write_pending();
        } else {
            self.flush(place);
        }
        self.write_token(text);
        self.last_line = place.line;
    }

    /// Writes a token that need not be in the source.
    pub(crate) fn token(&mut self, text: &str) {
        self.write_pending();
        self.write_token(text);
    }

    fn write_token(&mut self, text: &str) {
        self.start_line();
        self.out.text(text);
    }

    /// Writes a literal. Its text stays as it is; its lines are lines of the output.
    pub(crate) fn literal_at(&mut self, place: Place, text: &str) {
        self.flush(place);
        self.start_line();
        let mut breaks = 0;
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.out.line_break(Break::Soft);
                breaks = index;
            }
            self.out.protected_text(line);
        }
        self.last_line = place.line + breaks;
    }

    /// Writes the comments that are left and gives the text, without trailing blank lines.
    pub(crate) fn finish(mut self) -> String {
        self.flush(Place { offset: usize::MAX, line: usize::MAX });
        let mut text = self.out.finish();
        text.truncate(text.trim_end_matches('\n').len());
        text
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
        while self.comments.front().is_some_and(|comment| comment.place.offset < next.offset) {
            let Some(comment) = self.comments.pop_front() else { break };
            self.write_comment(&comment, last.as_ref(), next);
            last = Some(comment);
        }
        match last {
            Some(last) => self.after_comments(&last, next),
            None => self.write_pending(),
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
            let count = self
                .pending
                .iter()
                .position(|space| !matches!(space, Space::Blank | Space::Column | Space::Indent));
            let rest = self.pending.split_off(count.unwrap_or(self.pending.len()));
            self.pending.retain(|&space| space != Space::Blank);
            separated = self.pending.contains(&Space::Column);
            self.write_pending();
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
        let count = self
            .pending
            .iter()
            .position(|space| matches!(space, Space::Unindent | Space::Newline | Space::HardBreak));
        let mut rest = self.pending.split_off(count.unwrap_or(self.pending.len()));
        self.pending.retain(|&space| space == Space::Indent);
        self.write_pending();
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
        self.write_pending();
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

    /// Writes all the white space that waits.
    fn write_pending(&mut self) {
        for index in 0..self.pending.len() {
            match self.pending.get(index) {
                Some(Space::Blank) => self.out.text(" "),
                Some(Space::Column) => self.out.tab(Tab::Soft),
                Some(Space::Newline) => self.line_breaks(1, Break::Soft),
                Some(Space::HardBreak) => self.line_breaks(1, Break::Hard),
                Some(Space::Indent) => self.indent += 1,
                Some(Space::Unindent) => self.indent = self.indent.saturating_sub(1),
                None => {}
            }
        }
        self.pending.clear();
    }
}
