//! Splits configuration text into top-level items without building trees.
//!
//! # Invariants
//! - Concatenating the items gives back the text, byte for byte.
//! - Never fails: a statement whose brackets are never closed ends, open, where the next one
//!   probably starts.
//! - An item starts where a statement may start and ends with the line on which its statement
//!   ends, so that items parse alone as they do in the file. A block comment that starts on that
//!   line and runs on belongs to the next item.
//! - Where an item ends depends on the text from its start on alone, and for a closed item on no
//!   more of it than the line behind.
//! - [`resplit`] gives the same items as [`split`] of the new text.
//!
//! Start reading at [`split`].

use std::ops::Range;

use crate::SyntaxKind as K;
use crate::lexer::{Lexer, Token};
use crate::parser::cut_quotes;
use crate::unclosed::Unclosed;

/// Where an item stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its bytes.
    pub range: Range<usize>,
    /// True if a bracket of it is never closed. Such an item depends on everything behind it.
    pub is_open: bool,
}

/// The items of a text, in order. O(text).
pub fn split(text: &str) -> Vec<Item> {
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
    /// The items in between, by their place in the new text.
    pub changed: Vec<Item>,
    /// This many items at the back are what they were.
    pub kept_back: usize,
}

/// Splits a changed text; `first_open` is the first of the old items that is open. Only the part
/// between the unchanged items at both ends is read, and from an open item on everything; the rest
/// is compared.
pub fn resplit<T: AsRef<str>>(old: &[T], first_open: Option<usize>, new_text: &str) -> Resplit {
    let (mut front, mut start) = unchanged_front(old, new_text);
    if start == new_text.len() && front == old.len() {
        return Resplit { kept_front: front, changed: Vec::new(), kept_back: 0 };
    }
    // Where an item ends can depend on the comments at the start of the next one.
    let kept = front.saturating_sub(1).min(first_open.unwrap_or(usize::MAX));
    for item in old.get(kept..front).unwrap_or_default() {
        start -= item.as_ref().len();
    }
    front = kept;
    // Which of the items behind an open one are open too is not known.
    let back = if first_open.is_some() { &[] } else { old.get(front..).unwrap_or_default() };
    let back_starts = unchanged_back_starts(back, new_text, start);
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
        at = item.range.end;
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
    /// Set once a statement turned out to run to the end of the text.
    unclosed: Option<Unclosed>,
}

impl<'a> Splitter<'a> {
    fn new(text: &'a str, start: usize) -> Splitter<'a> {
        let mut lexer = Lexer::for_splitting(text);
        lexer.restart_at(start);
        Splitter { text, lexer, start, unclosed: None }
    }

    fn next_item(&mut self) -> Option<Item> {
        if self.start >= self.text.len() {
            return None;
        }
        let (end, is_open) = match self.known_open_end().or_else(|| self.find_end()) {
            Some(end) => end,
            None => {
                let (text, start) = (self.text, self.start);
                let unclosed = self.unclosed.get_or_insert_with(|| Unclosed::new(text, start));
                (unclosed.end_of_item(start), true)
            }
        };
        let range = self.start..end;
        self.start = end;
        self.lexer.restart_at(end);
        Some(Item { range, is_open })
    }

    /// The end of the item if it is one of those that are known to be open. Spares reading to the
    /// end of the text once for each of them.
    fn known_open_end(&mut self) -> Option<(usize, bool)> {
        let unclosed = self.unclosed.as_mut()?;
        let first = loop {
            let token = self.lexer.next_token();
            if !token.kind.is_trivia() {
                break token.start as usize;
            }
        };
        self.lexer.restart_at(self.start);
        unclosed.is_open(first).then(|| (unclosed.end_of_item(first), true))
    }

    /// `None` if it is open.
    fn find_end(&mut self) -> Option<(usize, bool)> {
        let mut depth = 0usize;
        loop {
            let token = self.lexer.next_token();
            match token.kind {
                K::LCurly | K::LParen | K::LBracket => depth += 1,
                K::RCurly | K::RParen | K::RBracket => depth = depth.saturating_sub(1),
                K::Eof => return (depth == 0).then_some((self.text.len(), false)),
                K::Terminator if depth == 0 => {
                    let behind = std::iter::from_fn(|| Some(self.lexer.next_token()));
                    if let Some(end) = line_end(self.text, token.start as usize, behind) {
                        return Some((end, false));
                    }
                }
                _ => {}
            }
        }
    }
}

/// The end of the item whose statement ends at `statement_end` and is followed by the tokens
/// `behind`: behind the line, or in front of the comments there if they go on behind the line.
/// `None` if no item may start there.
pub(crate) fn line_end(
    text: &str,
    statement_end: usize,
    behind: impl Iterator<Item = Token>,
) -> Option<usize> {
    let mut end = statement_end;
    for token in behind {
        let range = token.start as usize..token.end as usize;
        let source = text.get(range.clone()).unwrap_or_default();
        match token.kind {
            K::Comment if !source.contains('\n') => {}
            K::Terminator => {}
            K::Whitespace => {
                if let Some(at) = source.find('\n') {
                    end = range.start + at + 1;
                    break;
                }
            }
            K::Eof => return Some(text.len()),
            _ => break,
        }
    }
    // A byte order mark may only start a file, so it must not start an item.
    (!text.get(end..).unwrap_or_default().starts_with('\u{feff}')).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn items(text: &str) -> Vec<&str> {
        split(text).into_iter().map(|item| &text[item.range]).collect()
    }

    /// The items after a change that is made item by item.
    fn changed_items<'t>(old: &'t str, new: &'t str) -> Vec<&'t str> {
        let old_items = items(old);
        let first_open = split(old).iter().position(|item| item.is_open);
        let change = resplit(&old_items, first_open, new);
        let mut changed = old_items[..change.kept_front].to_vec();
        changed.extend(change.changed.into_iter().map(|item| &new[item.range]));
        changed.extend(&old_items[old_items.len() - change.kept_back..]);
        changed
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
    fn open_item_ends_where_a_statement_starts_that_is_not_indented_more() {
        let text = "a = 1\n  b {\n    c = [{\n    d = 2\n\n  // e\n  e {\n  }\n f = 2\n";
        let is_open: Vec<(&str, bool)> =
            split(text).into_iter().map(|item| (&text[item.range], item.is_open)).collect();
        assert_eq!(
            is_open,
            [
                ("a = 1\n", false),
                ("  b {\n    c = [{\n    d = 2\n", true),
                ("\n  // e\n  e {\n  }\n", false),
                (" f = 2\n", false),
            ]
        );
    }

    #[test]
    fn open_item_takes_what_may_belong_to_it() {
        assert_eq!(items("b {\n\tc = 1\n\td = 2\n"), ["b {\n\tc = 1\n\td = 2\n"]);
        assert_eq!(items("b {\nc\n[1]\n"), ["b {\nc\n[1]\n"]);
    }

    #[test]
    fn closing_an_open_item_takes_back_what_was_cut_off() {
        let (open, closed) = ("b {\nc {\n}\n", "b {\nc {\n}\n}\n");
        assert_eq!(items(open), ["b {\n", "c {\n}\n"]);
        assert_eq!(changed_items(open, closed), [closed]);
        assert_eq!(changed_items(closed, open), items(open));
    }

    #[test]
    fn open_items_are_found_in_linear_time() {
        for unit in
            ["a {\n", "1 {\na { }\n", "a = [\n", "(\n", " a {\nb {\n}\n", "a { /*\n*/ b {\n"]
        {
            let text = unit.repeat(200_000 / unit.len());
            let mut splitter = Splitter::new(&text, 0);
            while splitter.next_item().is_some() {}
            let steps = splitter.lexer.end().1;
            assert!(steps < 10 * text.len() as u64, "{unit:?}: {steps} steps");
        }
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
            Just("{\n"),
            Just("}\n"),
            Just("a {\n"),
            Just("  x.y \"z\" {\n"),
            Just("["),
            Just("\n)\n"),
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
            prop_assert_eq!(changed_items(&old, &edited), items(&edited));
        }

        #[test]
        fn items_are_well_formed_exactly_if_the_file_is(text in fragments()) {
            let whole = crate::parse_file(&text).is_ok();
            let parts = items(&text).into_iter().all(|item| crate::parse_item(item).is_ok());
            prop_assert_eq!(whole, parts);
        }

        #[test]
        fn what_follows_an_item_is_split_as_if_it_stood_alone(text in fragments()) {
            let all = split(&text);
            for (at, item) in all.iter().enumerate() {
                let rest = &text[item.range.start..];
                let alone: Vec<&str> = items(rest);
                prop_assert_eq!(&alone, &items(&text)[at..]);
            }
        }
    }
}
