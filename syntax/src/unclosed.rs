//! Which statements of a text are never closed, and where they end all the same.

use crate::SyntaxKind as K;
use crate::guide::Guide;
use crate::lexer::{Lexer, Token};
use crate::split::line_end;

/// What is known about a text from some place on, in which an item may start, to its end.
pub(crate) struct Unclosed {
    text_len: usize,
    /// First tokens of lines from which a statement would run to the end of the text, in order.
    open: Vec<Start>,
    /// Tokens that look like the start of a statement, in order.
    heads: Vec<Head>,
    /// Heads in front of this one are behind the items that were asked about.
    next_head: usize,
}

#[derive(Clone, Copy)]
struct Start {
    offset: usize,
    /// Bytes in front of it on its line.
    indent: u32,
}

struct Head {
    start: Start,
    /// Where the item in front of it ends.
    boundary: usize,
}

/// A line while what follows it is read.
struct Line {
    start: Start,
    /// How deep the brackets were at the least since then.
    lowest: i64,
}

impl Unclosed {
    /// Reads `text` from `from` on. O(text).
    pub(crate) fn new(text: &str, from: usize) -> Unclosed {
        let tail = text.get(from..).unwrap_or_default();
        let tokens = Lexer::for_splitting(tail).rest();
        let guide = Guide::new(tail, &tokens);
        let mut reader = Reader { tail, tokens: &tokens, open: Vec::new(), depth: 0 };
        let mut heads = Vec::new();
        // Behind the last token that is text.
        let mut behind = 0;
        for (at, token) in tokens.iter().enumerate() {
            if token.kind == K::Eof {
                reader.end_statements();
                break;
            }
            if token.kind.is_trivia() {
                continue;
            }
            if let Some(indent) = guide.line_start(at) {
                let start = Start { offset: from + token.start as usize, indent };
                if guide.starts_statement(at)
                    && let Some(end) = reader.line_end(behind)
                {
                    heads.push(Head { start, boundary: from + end });
                }
                reader.open.push(Line { start, lowest: reader.depth });
            }
            reader.read(at, token.kind);
            if token.kind != K::Terminator {
                behind = at + 1;
            }
        }
        let open = reader.open.into_iter().map(|line| line.start).collect();
        Unclosed { text_len: text.len(), open, heads, next_head: 0 }
    }

    /// True if the statement whose first token starts at `first` is never closed.
    pub(crate) fn is_open(&self, first: usize) -> bool {
        self.open.binary_search_by_key(&first, |start| start.offset).is_ok()
    }

    /// The end of an open item with its first token at or behind `first`. Items have to be asked
    /// about in order.
    pub(crate) fn end_of_item(&mut self, first: usize) -> usize {
        let at = self.open.partition_point(|start| start.offset < first);
        let first = self.open.get(at).copied().unwrap_or(Start { offset: first, indent: 0 });
        while let Some(head) = self.heads.get(self.next_head) {
            if head.start.offset > first.offset && head.start.indent <= first.indent {
                return head.boundary;
            }
            self.next_head += 1;
        }
        self.text_len
    }
}

struct Reader<'t> {
    tail: &'t str,
    tokens: &'t [Token],
    /// Lines from which a statement would not have ended so far.
    open: Vec<Line>,
    depth: i64,
}

impl Reader<'_> {
    fn read(&mut self, at: usize, kind: K) {
        match kind {
            K::LCurly | K::LParen | K::LBracket => self.depth += 1,
            K::RCurly | K::RParen | K::RBracket => {
                self.depth -= 1;
                if let Some(last) = self.open.last_mut() {
                    last.lowest = last.lowest.min(self.depth);
                }
            }
            K::Terminator if self.line_end(at).is_some() => self.end_statements(),
            _ => {}
        }
    }

    /// Ends what has no bracket open. Those that close nothing don't count, so a statement has none
    /// open where the depth is as low as it ever was.
    fn end_statements(&mut self) {
        while let Some(last) = self.open.pop_if(|last| self.depth <= last.lowest) {
            if let Some(outer) = self.open.last_mut() {
                outer.lowest = outer.lowest.min(last.lowest);
            }
        }
    }

    /// [`line_end`] of a statement that ends in front of the token `at`.
    fn line_end(&self, at: usize) -> Option<usize> {
        let behind = self.tokens.get(at..).unwrap_or_default();
        let end = behind.first().map_or(self.tail.len(), |token| token.start as usize);
        line_end(self.tail, end, behind.iter().copied())
    }
}
