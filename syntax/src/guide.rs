//! Where statements probably start and end in text that is not well-formed.
//!
//! People indent what they type, and a bracket that is not closed yet is seen at the next line
//! that is indented less. Text whose brackets are fine is never judged by its indentation.

use crate::lexer::Token;
use crate::{Diagnostic, Span, SyntaxKind as K};

/// What is known about a bracket that opens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    /// The bracket; none for the file itself.
    pub(crate) kind: Option<K>,
    /// Indentation of its line, in bytes.
    pub(crate) indent: u32,
    /// True if the bracket that closes it is certain.
    pub(crate) is_closed: bool,
}

impl Open {
    pub(crate) const ROOT: Open = Open { kind: None, indent: 0, is_closed: true };
}

/// Facts about the tokens of a text.
#[derive(Debug)]
pub(crate) struct Guide {
    kinds: Vec<K>,
    /// For the first token of a line: the indentation.
    line_starts: Vec<Option<u32>>,
    /// Indentation of the line on which a token starts.
    indents: Vec<u32>,
    /// Brackets that are certainly closed.
    closed: Vec<bool>,
}

impl Guide {
    /// O(text).
    pub(crate) fn new(text: &str, tokens: &[Token]) -> Guide {
        let mut guide = Guide {
            kinds: tokens.iter().map(|token| token.kind).collect(),
            line_starts: vec![None; tokens.len()],
            indents: vec![0; tokens.len()],
            closed: vec![false; tokens.len()],
        };
        guide.measure(text, tokens);
        guide.match_brackets();
        guide
    }

    /// Puts what is reported about missing brackets where it belongs.
    pub(crate) fn judge(&self, tokens: &[Token], diagnostics: &mut [Diagnostic]) {
        match self.unclosed().and_then(|at| tokens.get(at)) {
            Some(start) => blame_bracket(diagnostics, start.start),
            None => excuse_bracket(diagnostics),
        }
    }

    /// The innermost bracket that is probably not closed.
    fn unclosed(&self) -> Option<usize> {
        let is_open = |at: &usize| {
            !self.closed[*at] && bracket(self.kinds[*at]).is_some_and(|(_, opens)| opens)
        };
        (0..self.kinds.len()).rev().find(is_open)
    }

    /// The bracket at a token.
    pub(crate) fn open(&self, at: usize) -> Open {
        Open {
            kind: self.kinds.get(at).copied(),
            indent: self.indents.get(at).copied().unwrap_or(0),
            is_closed: self.closed.get(at).copied().unwrap_or(true),
        }
    }

    /// Indentation of the line that starts with the token.
    pub(crate) fn line_start(&self, at: usize) -> Option<u32> {
        self.line_starts.get(at).copied().flatten()
    }

    /// True if the token is the first of its line and the line reads as an attribute or the header
    /// of a block. O(length of the name).
    pub(crate) fn starts_statement(&self, at: usize) -> bool {
        if self.line_start(at).is_none() || self.kinds.get(at) != Some(&K::Ident) {
            return false;
        }
        let mut next = (at + 1..self.kinds.len())
            .take_while(|at| self.line_start(*at).is_none())
            .map(|at| self.kinds[at])
            .filter(|kind| !kind.is_trivia());
        let mut dotted = false;
        loop {
            match next.next() {
                Some(K::Assign) => return !dotted,
                Some(K::LCurly) => return true,
                Some(K::Str) => return next.next() == Some(K::LCurly),
                Some(K::Dot) if next.next() == Some(K::Ident) => dotted = true,
                _ => return false,
            }
        }
    }

    fn measure(&mut self, text: &str, tokens: &[Token]) {
        let bytes = text.as_bytes();
        let mut indent = 0;
        let mut at_line_start = true;
        let mut line = 0;
        for (at, token) in tokens.iter().enumerate() {
            let range = token.start as usize..token.end as usize;
            let source = bytes.get(range.clone()).unwrap_or_default();
            let newline = source.iter().rposition(|&b| b == b'\n');
            if token.kind.is_trivia() {
                if let Some(newline) = newline {
                    line = range.start + newline + 1;
                    at_line_start = true;
                }
                continue;
            }
            if source.is_empty() {
                // A terminator has no text and starts no line.
                self.indents[at] = indent;
                continue;
            }
            if at_line_start {
                indent = u32::try_from(range.start - line).unwrap_or(u32::MAX);
                self.line_starts[at] = Some(indent);
                at_line_start = false;
            }
            self.indents[at] = indent;
            if let Some(newline) = newline {
                // A raw string over several lines: what follows it is not at a line start.
                line = range.start + newline + 1;
            }
        }
    }

    fn match_brackets(&mut self) {
        let mut open: Vec<usize> = Vec::new();
        let mut count = [0_usize; 3];
        for at in 0..self.kinds.len() {
            let Some((kind, opens)) = bracket(self.kinds[at]) else { continue };
            if opens {
                open.push(at);
                count[kind] += 1;
                continue;
            }
            if count[kind] == 0 {
                continue;
            }
            // What is still open inside stays open.
            while let Some(start) = open.pop() {
                let Some((found, _)) = bracket(self.kinds[start]) else { continue };
                count[found] -= 1;
                if found == kind {
                    let fits = self.line_starts[at].is_none_or(|i| i == self.indents[start]);
                    self.closed[start] = fits;
                    break;
                }
            }
        }
    }
}

/// Which of the three kinds of brackets it is, and whether it opens.
fn bracket(kind: K) -> Option<(usize, bool)> {
    Some(match kind {
        K::LCurly => (0, true),
        K::RCurly => (0, false),
        K::LParen => (1, true),
        K::RParen => (1, false),
        K::LBracket => (2, true),
        K::RBracket => (2, false),
        _ => return None,
    })
}

/// If the text ends inside of brackets, `start` is the one that is to blame, and what is reported
/// behind it follows from that.
fn blame_bracket(diagnostics: &mut [Diagnostic], start: u32) {
    let Some(at) = diagnostics.iter().position(|found| !found.related.is_empty()) else { return };
    for related in &mut diagnostics[at].related {
        related.span = Span::at(start);
    }
    for (other, diagnostic) in diagnostics.iter_mut().enumerate() {
        let is_behind = matches!(diagnostic.span, Span::Bytes { start: at, .. } if at > start);
        diagnostic.follows = other != at && is_behind;
    }
}

/// If all brackets are closed, one that is missed was skipped after an earlier error.
fn excuse_bracket(diagnostics: &mut [Diagnostic]) {
    for diagnostic in diagnostics.iter_mut().skip(1) {
        diagnostic.follows |= !diagnostic.related.is_empty();
    }
}
