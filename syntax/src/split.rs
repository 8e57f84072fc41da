//! Splits configuration text into top-level items without building trees.
//!
//! # Invariants
//! - Concatenating the items gives back the text, byte for byte.
//! - Never fails: brackets that are never closed make one trailing item of the rest.
//! - An item starts where a statement may start and ends with the line on which its statement
//!   ends, so that items parse alone as they do in the file. A block comment that starts on that
//!   line and runs on belongs to the next item.
//! - [`resplit`] gives the same items as [`split`] of the new text.
//!
//! Start reading at [`split`].

use std::ops::Range;

use crate::SyntaxKind as K;
use crate::lexer::Lexer;
use crate::parser::cut_quotes;

/// Byte ranges of the items of a text, in order.
pub fn split(text: &str) -> Vec<Range<usize>> {
    let mut items = Vec::new();
    let mut splitter = Splitter::new(text, 0);
    while let Some(item) = splitter.next_item() {
        items.push(item);
    }
    items
}

/// How the items of a changed text relate to the items before the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resplit {
    /// This many items at the front are what they were.
    pub kept_front: usize,
    /// Byte ranges in the new text of the items in between.
    pub changed: Vec<Range<usize>>,
    /// This many items at the back are what they were.
    pub kept_back: usize,
}

/// Splits a changed text. Only the part between the unchanged items at both ends is read; the rest
/// is compared.
pub fn resplit<T: AsRef<str>>(old: &[T], new_text: &str) -> Resplit {
    let (mut front, mut start) = unchanged_front(old, new_text);
    if start == new_text.len() && front == old.len() {
        return Resplit { kept_front: front, changed: Vec::new(), kept_back: 0 };
    }
    // Where an item ends can depend on the comments at the start of the next one.
    if front > 0 {
        front -= 1;
        start -= old.get(front).map_or(0, |item| item.as_ref().len());
    }
    let back_starts = unchanged_back_starts(old.get(front..).unwrap_or_default(), new_text, start);
    let mut changed = Vec::new();
    let mut next_back = back_starts.len();
    let mut splitter = Splitter::new(new_text, start);
    let mut at = start;
    loop {
        // `back_starts` falls, boundaries rise: drop the candidates that were passed.
        while next_back > 0 && back_starts.get(next_back - 1).is_some_and(|&start| start < at) {
            next_back -= 1;
        }
        if next_back > 0 && back_starts.get(next_back - 1) == Some(&at) {
            return Resplit { kept_front: front, changed, kept_back: next_back };
        }
        let Some(item) = splitter.next_item() else {
            return Resplit { kept_front: front, changed, kept_back: 0 };
        };
        at = item.end;
        changed.push(item);
    }
}

/// How many items the text starts with, and where they end in it.
fn unchanged_front<T: AsRef<str>>(old: &[T], text: &str) -> (usize, usize) {
    let mut rest = text;
    let mut count = 0;
    for item in old {
        let Some(behind) = rest.strip_prefix(item.as_ref()) else { break };
        rest = behind;
        count += 1;
    }
    (count, text.len() - rest.len())
}

/// Where the items that the text ends with would start in it: last item first, none before `from`.
fn unchanged_back_starts<T: AsRef<str>>(old: &[T], text: &str, from: usize) -> Vec<usize> {
    let mut rest = text.get(from..).unwrap_or_default();
    let mut starts = Vec::new();
    for item in old.iter().rev() {
        let Some(before) = rest.strip_suffix(item.as_ref()) else { break };
        rest = before;
        starts.push(from + rest.len());
    }
    starts
}

/// What an item is called, for matching old and new items.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemKey {
    /// Dotted name of the first block or attribute; empty if there is none.
    pub name: String,
    /// Label of the block without quotes; empty if there is none.
    pub label: String,
}

/// The key of an item. Reads no further than the first brace or `=`.
pub fn item_key(item: &str) -> ItemKey {
    let mut key = ItemKey::default();
    let mut lexer = Lexer::for_splitting(item);
    loop {
        let token = lexer.next_token();
        let source = item.get(token.start as usize..token.end as usize).unwrap_or_default();
        match token.kind {
            kind if kind.is_trivia() => {}
            K::Ident | K::Dot if key.label.is_empty() => key.name.push_str(source),
            K::Str if !key.name.is_empty() => {
                key.label = cut_quotes(source).to_owned();
                return key;
            }
            _ => return key,
        }
    }
}

struct Splitter<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    start: usize,
}

impl<'a> Splitter<'a> {
    fn new(text: &'a str, start: usize) -> Splitter<'a> {
        let mut lexer = Lexer::for_splitting(text);
        lexer.restart_at(start);
        Splitter { text, lexer, start }
    }

    fn next_item(&mut self) -> Option<Range<usize>> {
        if self.start >= self.text.len() {
            return None;
        }
        let end = self.find_end();
        let item = self.start..end;
        self.start = end;
        self.lexer.restart_at(end);
        Some(item)
    }

    fn find_end(&mut self) -> usize {
        let mut depth = 0usize;
        loop {
            let token = self.lexer.next_token();
            match token.kind {
                K::LCurly | K::LParen | K::LBracket => depth += 1,
                K::RCurly | K::RParen | K::RBracket => depth = depth.saturating_sub(1),
                K::Eof => return self.text.len(),
                K::Terminator if depth == 0 => {
                    let end = self.line_end(token.start as usize);
                    // A byte order mark may only start a file, so it must not start an item.
                    if !self.text.get(end..).unwrap_or_default().starts_with('\u{feff}') {
                        return end;
                    }
                }
                _ => {}
            }
        }
    }

    /// The end of the item whose statement ends at `statement_end`: behind the line, or in front
    /// of the comments there if they go on behind the line.
    fn line_end(&mut self, statement_end: usize) -> usize {
        loop {
            let token = self.lexer.next_token();
            let range = token.start as usize..token.end as usize;
            let source = self.text.get(range.clone()).unwrap_or_default();
            match token.kind {
                K::Comment if source.contains('\n') => return statement_end,
                K::Comment => {}
                K::Whitespace => {
                    if let Some(at) = source.find('\n') {
                        return range.start + at + 1;
                    }
                }
                K::Eof => return self.text.len(),
                _ => return statement_end,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn items(text: &str) -> Vec<&str> {
        split(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn statement_takes_the_rest_of_its_line() {
        assert_eq!(
            items("// head\na = 1 // one\n\nb \"x\" {\n c = 2\n} /* end */\n// tail\n"),
            ["// head\na = 1 // one\n", "\nb \"x\" {\n c = 2\n} /* end */\n", "// tail\n"],
        );
    }

    #[test]
    fn comment_over_lines_belongs_to_what_follows() {
        assert_eq!(
            items("a = 1 /* x\n y */ b = 2\nc = 3"),
            ["a = 1 ", "/* x\n y */ b = 2\n", "c = 3"]
        );
    }

    #[test]
    fn open_bracket_takes_everything() {
        assert_eq!(items("a = 1\nb {\nc = 1\nd = 2\n"), ["a = 1\n", "b {\nc = 1\nd = 2\n"]);
    }

    #[test]
    fn byte_order_mark_starts_no_item() {
        assert_eq!(items("\u{feff}a = 1\n\u{feff}b = 2\n"), ["\u{feff}a = 1\n\u{feff}b = 2\n"]);
    }

    #[test]
    fn key_is_name_and_label() {
        let key = item_key("// c\nprometheus . scrape \"a\" { }");
        assert_eq!((key.name.as_str(), key.label.as_str()), ("prometheus.scrape", "a"));
        assert_eq!(item_key("a = \"b\"").label, "");
        assert_eq!(item_key("// only"), ItemKey::default());
    }

    fn fragments() -> impl Strategy<Value = String> {
        let fragment = prop_oneof![
            Just("a = 1\n"),
            Just("b \"c\" {\n  d = [1,\n 2]\n}\n"),
            Just("\n"),
            Just("// c\n"),
            Just("/* c */"),
            Just("/* c\n */"),
            Just("{"),
            Just("}"),
            Just("`\n`"),
            Just("`"),
            Just("\""),
            Just("x"),
            Just(" "),
            Just("\u{feff}"),
            Just("#"),
            Just("a = 1 "),
            Just("/*"),
        ];
        proptest::collection::vec(fragment, 0..20).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn items_concatenate_to_the_text(text in fragments()) {
            prop_assert_eq!(items(&text).concat(), text);
        }

        #[test]
        fn incremental_equals_fresh(old in fragments(), new in fragments(), from in 0usize..200, to in 0usize..200) {
            // Mostly a local edit: the old text with a piece replaced.
            let mut from = from.min(old.len());
            let mut to = to.clamp(from, old.len().max(from));
            while !old.is_char_boundary(from) { from -= 1; }
            while !old.is_char_boundary(to) { to += 1; }
            let edited = format!("{}{}{}", &old[..from], new, &old[to..]);
            let old_items = items(&old);
            let result = resplit(&old_items, &edited);
            let mut incremental: Vec<&str> = old_items[..result.kept_front].to_vec();
            incremental.extend(result.changed.iter().map(|range| &edited[range.clone()]));
            incremental.extend(&old_items[old_items.len() - result.kept_back..]);
            prop_assert_eq!(incremental, items(&edited));
        }

        #[test]
        fn items_are_well_formed_exactly_if_the_file_is(text in fragments()) {
            let whole = crate::parse_file(&text).is_ok();
            let parts = items(&text).into_iter().all(|item| crate::parse_item(item).is_ok());
            prop_assert_eq!(whole, parts);
        }
    }
}
