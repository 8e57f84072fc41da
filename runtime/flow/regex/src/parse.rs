//! The grammar: pattern text to the engine's tree.
//!
//! One pass over the text with an explicit stack, so that nesting costs no machine stack. The order
//! of the checks decides which error a pattern with several faults gets.

use regex_syntax::hir::{
    Capture, Class, ClassUnicode, ClassUnicodeRange, Dot, Hir, Look, Repetition,
};

use crate::error::{Reason, RegexError};
use crate::{classes, error};

/// A pattern nests at most this deep; a capture, a repetition, a list and a leaf count one each.
const MAX_HEIGHT: u32 = 1000;
/// Characters with a meaning of their own.
const META: [char; 12] = ['(', ')', '|', '^', '$', '.', '[', '*', '+', '?', '{', '\\'];
/// Largest repeat count, also of nested repetitions multiplied.
const MAX_REPEAT: u64 = 1000;

/// What a pattern means.
pub(crate) struct Parsed {
    pub(crate) hir: Hir,
    /// Names of the groups by index; group 0 is the whole match.
    pub(crate) names: Vec<Option<Box<str>>>,
    /// Nesting, for those who walk the tree recursively.
    pub(crate) height: u32,
}

#[derive(Clone, Copy)]
struct Flags {
    fold: bool,
    multi_line: bool,
    dot_newline: bool,
    swap_greed: bool,
}

/// A finished part of the pattern.
struct Node {
    hir: Hir,
    height: u32,
    /// Product of nested repeat counts.
    repeats: u64,
}

enum Item {
    Node(Node),
    /// An open parenthesis; `capture` is the group's index.
    Open {
        capture: Option<u32>,
        saved: Flags,
    },
    Bar,
}

type Result<T> = std::result::Result<T, RegexError>;

fn fault<T>(reason: error::Reason, part: &str) -> Result<T> {
    Err(RegexError::Syntax { reason, part: part.to_owned() })
}

/// The part of `before` that precedes its suffix `rest`.
fn upto<'p>(before: &'p str, rest: &str) -> &'p str {
    &before[..before.len() - rest.len()]
}

struct Parser<'p> {
    pattern: &'p str,
    stack: Vec<Item>,
    flags: Flags,
    names: Vec<Option<Box<str>>>,
}

/// Parses the whole of `pattern`.
pub(crate) fn parse(pattern: &str) -> Result<Parsed> {
    let flags = Flags { fold: false, multi_line: false, dot_newline: false, swap_greed: false };
    let mut parser = Parser { pattern, stack: Vec::new(), flags, names: vec![None] };
    let mut rest = pattern;
    // Text of the repetition that ended right here, which a further repetition may not follow.
    let mut last_repeat = "";
    while let Some(c) = rest.chars().next() {
        let mut repeat = "";
        match c {
            '(' if rest.starts_with("(?") => rest = parser.perl_group(rest)?,
            '(' => {
                parser.names.push(None);
                parser.open(Some(parser.names.len() as u32 - 1));
                rest = &rest[1..];
            }
            '|' => {
                parser.concat()?;
                parser.stack.push(Item::Bar);
                rest = &rest[1..];
            }
            ')' => {
                parser.close()?;
                rest = &rest[1..];
            }
            '^' => {
                let look = if parser.flags.multi_line { Look::StartLF } else { Look::Start };
                parser.leaf(Hir::look(look))?;
                rest = &rest[1..];
            }
            '$' => {
                let look = if parser.flags.multi_line { Look::EndLF } else { Look::End };
                parser.leaf(Hir::look(look))?;
                rest = &rest[1..];
            }
            '.' => {
                let any = parser.flags.dot_newline;
                parser.leaf(Hir::dot(if any { Dot::AnyChar } else { Dot::AnyCharExceptLF }))?;
                rest = &rest[1..];
            }
            '[' => rest = parser.class(rest)?,
            '*' | '+' | '?' => {
                let (min, max) = match c {
                    '*' => (0, None),
                    '+' => (1, None),
                    _ => (0, Some(1)),
                };
                let count = Count { min, max, counted: false };
                let after = parser.repeat(count, rest, &rest[1..], last_repeat)?;
                (repeat, rest) = (rest, after);
            }
            '{' => match counts(rest) {
                None => {
                    parser.literal('{')?;
                    rest = &rest[1..];
                }
                Some((bounds, after)) => {
                    let Some(count) = bounds else {
                        return fault(Reason::InvalidRepeatSize, upto(rest, after));
                    };
                    let after = parser.repeat(count, rest, after, last_repeat)?;
                    (repeat, rest) = (rest, after);
                }
            },
            '\\' => rest = parser.backslash(rest)?,
            c => {
                let run = if parser.flags.fold { c.len_utf8() } else { plain(rest, c.len_utf8()) };
                if run > c.len_utf8() {
                    parser.leaf(Hir::literal(&rest.as_bytes()[..run]))?;
                } else {
                    parser.literal(c)?;
                }
                rest = &rest[run..];
            }
        }
        last_repeat = repeat;
    }
    parser.concat()?;
    parser.alternate()?;
    match (parser.stack.pop(), parser.stack.pop()) {
        (Some(Item::Node(node)), None) => {
            Ok(Parsed { hir: node.hir, names: parser.names, height: node.height })
        }
        _ => fault(Reason::MissingParen, pattern),
    }
}

/// Length of the plain characters in front of `text`, of which the first has `first` bytes. What
/// follows them may repeat the last one, so that is none of them unless it is the first.
fn plain(text: &str, first: usize) -> usize {
    let end = text.find(META).unwrap_or(text.len());
    if !text[end..].starts_with(['*', '+', '?', '{']) {
        return end;
    }
    let last = text[..end].chars().next_back().map_or(0, char::len_utf8);
    (end - last).max(first)
}

#[derive(Clone, Copy)]
struct Count {
    min: u32,
    max: Option<u32>,
    /// Written with braces.
    counted: bool,
}

/// Reads `{n}`, `{n,}` or `{n,m}`. `None` if `text` is something else, and so literal; an inner
/// `None` if the numbers are out of range.
fn counts(text: &str) -> Option<(Option<Count>, &str)> {
    let (min, rest) = count(text.strip_prefix('{')?)?;
    let (max, rest) = match rest.strip_prefix(',') {
        None => (Some(min), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => {
            let (max, rest) = count(rest)?;
            (Some(max), rest)
        }
    };
    let rest = rest.strip_prefix('}')?;
    let valid = u64::from(min) <= MAX_REPEAT
        && max.is_none_or(|max| u64::from(max) <= MAX_REPEAT && min <= max);
    Some((valid.then_some(Count { min, max, counted: true }), rest))
}

/// Reads a decimal number without leading zeros; a number too large becomes `u32::MAX`.
fn count(text: &str) -> Option<(u32, &str)> {
    let len = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(len);
    if digits.is_empty() || (len > 1 && digits.starts_with('0')) {
        return None;
    }
    Some((digits.parse().unwrap_or(u32::MAX), rest))
}

impl<'p> Parser<'p> {
    fn open(&mut self, capture: Option<u32>) {
        self.stack.push(Item::Open { capture, saved: self.flags });
    }

    fn push(&mut self, node: Node) -> Result<()> {
        if node.height > MAX_HEIGHT {
            return fault(Reason::NestingDepth, self.pattern);
        }
        self.stack.push(Item::Node(node));
        Ok(())
    }

    fn leaf(&mut self, hir: Hir) -> Result<()> {
        self.push(Node { hir, height: 1, repeats: 1 })
    }

    fn literal(&mut self, c: char) -> Result<()> {
        if self.flags.fold {
            let mut class = classes::from_ranges(&[(c, c)]);
            fold(&mut class);
            return self.leaf(Hir::class(Class::Unicode(class)));
        }
        self.leaf(Hir::literal(c.encode_utf8(&mut [0; 4]).as_bytes()))
    }

    /// A literal by its number; a surrogate never matches.
    fn code_point(&mut self, code: u32) -> Result<()> {
        match char::from_u32(code) {
            Some(c) => self.literal(c),
            None => self.leaf(Hir::fail()),
        }
    }

    /// Replaces the nodes on top, down to a bar or an open parenthesis, by their sequence.
    fn concat(&mut self) -> Result<()> {
        let at = self
            .stack
            .iter()
            .rposition(|item| !matches!(item, Item::Node(_)))
            .map_or(0, |found| found + 1);
        self.join(at, Hir::concat)
    }

    /// Replaces the alternatives on top, down to an open parenthesis, by their choice. Each is one
    /// node already, with bars between.
    fn alternate(&mut self) -> Result<()> {
        let at = self
            .stack
            .iter()
            .rposition(|item| matches!(item, Item::Open { .. }))
            .map_or(0, |found| found + 1);
        self.join(at, Hir::alternation)
    }

    fn join(&mut self, at: usize, join: fn(Vec<Hir>) -> Hir) -> Result<()> {
        let (mut parts, mut height, mut repeats) = (Vec::new(), 0, 1);
        for item in self.stack.drain(at..) {
            if let Item::Node(node) = item {
                height = height.max(node.height);
                repeats = repeats.max(node.repeats);
                parts.push(node.hir);
            }
        }
        if parts.len() != 1 {
            height += 1;
        }
        self.push(Node { hir: join(parts), height, repeats })
    }

    fn close(&mut self) -> Result<()> {
        self.concat()?;
        self.alternate()?;
        match (self.stack.pop(), self.stack.pop()) {
            (Some(Item::Node(inner)), Some(Item::Open { capture, saved })) => {
                self.flags = saved;
                let Some(index) = capture else { return self.push(inner) };
                let group = Capture { index, name: None, sub: Box::new(inner.hir) };
                self.push(Node {
                    hir: Hir::capture(group),
                    height: inner.height + 1,
                    repeats: inner.repeats,
                })
            }
            _ => fault(Reason::UnexpectedParen, self.pattern),
        }
    }

    /// Repeats the node on top. `before` starts at the operator, `after` behind it.
    fn repeat<'t>(
        &mut self,
        count: Count,
        before: &'t str,
        after: &'t str,
        last_repeat: &str,
    ) -> Result<&'t str> {
        let (after, lazy) = match after.strip_prefix('?') {
            Some(after) => (after, true),
            None => (after, false),
        };
        if !last_repeat.is_empty() {
            return fault(Reason::InvalidRepeatOp, upto(last_repeat, after));
        }
        let Some(Item::Node(node)) = self.stack.pop_if(|top| matches!(top, Item::Node(_))) else {
            return fault(Reason::MissingRepeatArgument, upto(before, after));
        };
        let mut repeats = node.repeats;
        if count.counted {
            repeats = match count.max {
                Some(0) => 1,
                _ => repeats * u64::from(count.max.unwrap_or(count.min).max(1)),
            };
            let checked = count.min >= 2 || count.max.is_some_and(|max| max >= 2);
            if checked && repeats > MAX_REPEAT {
                return fault(Reason::InvalidRepeatSize, upto(before, after));
            }
        }
        let repetition = Repetition {
            min: count.min,
            max: count.max,
            greedy: !(lazy ^ self.flags.swap_greed),
            sub: Box::new(node.hir),
        };
        self.push(Node { hir: Hir::repetition(repetition), height: node.height + 1, repeats })?;
        Ok(after)
    }

    /// `(?flags)`, `(?flags:…`, `(?P<name>…` and `(?<name>…`.
    fn perl_group<'t>(&mut self, text: &'t str) -> Result<&'t str> {
        for prefix in ["(?P<", "(?<"] {
            let Some(rest) = text.strip_prefix(prefix) else { continue };
            let Some(end) = rest.find('>') else { return fault(Reason::InvalidNamedCapture, text) };
            let (name, rest) = (&rest[..end], &rest[end + 1..]);
            if name.is_empty() || !name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric()) {
                return fault(Reason::InvalidNamedCapture, upto(text, rest));
            }
            self.names.push(Some(name.into()));
            self.open(Some(self.names.len() as u32 - 1));
            return Ok(rest);
        }
        let mut flags = self.flags;
        let (mut negative, mut seen) = (false, false);
        let body = &text[2..];
        for (at, c) in body.char_indices() {
            let rest = &body[at + c.len_utf8()..];
            let on = !negative;
            match c {
                'i' => flags.fold = on,
                'm' => flags.multi_line = on,
                's' => flags.dot_newline = on,
                'U' => flags.swap_greed = on,
                '-' if !negative => {
                    (negative, seen) = (true, false);
                    continue;
                }
                ':' | ')' if !negative || seen => {
                    if c == ':' {
                        self.open(None);
                    }
                    self.flags = flags;
                    return Ok(rest);
                }
                _ => return fault(Reason::InvalidPerlOp, upto(text, rest)),
            }
            seen = true;
        }
        fault(Reason::MissingParen, text)
    }

    /// Everything that begins with a backslash outside of a class.
    fn backslash<'t>(&mut self, text: &'t str) -> Result<&'t str> {
        let mut chars = text[1..].chars();
        let after = |n| &text[n..];
        match chars.next() {
            Some('A') => {
                self.leaf(Hir::look(Look::Start))?;
                return Ok(after(2));
            }
            Some('z') => {
                self.leaf(Hir::look(Look::End))?;
                return Ok(after(2));
            }
            Some('b') => {
                self.leaf(Hir::look(Look::WordAscii))?;
                return Ok(after(2));
            }
            Some('B') => {
                self.leaf(Hir::look(Look::WordAsciiNegate))?;
                return Ok(after(2));
            }
            Some('Q') => {
                let (quoted, rest) = after(2).split_once("\\E").unwrap_or((after(2), ""));
                for c in quoted.chars() {
                    self.literal(c)?;
                }
                return Ok(rest);
            }
            Some('p' | 'P') => {
                let (class, rest) = self.unicode_class(text)?;
                self.leaf(Hir::class(Class::Unicode(class)))?;
                return Ok(rest);
            }
            Some(c) => {
                if let Some((ranges, negate)) = classes::perl(c) {
                    let class = self.named(classes::from_ranges(ranges), negate);
                    self.leaf(Hir::class(Class::Unicode(class)))?;
                    return Ok(after(2));
                }
            }
            None => {}
        }
        let (code, rest) = escape(text)?;
        self.code_point(code)?;
        Ok(rest)
    }

    /// `class` under the current flags: folding comes before negation.
    fn named(&self, mut class: ClassUnicode, negate: bool) -> ClassUnicode {
        if self.flags.fold {
            fold(&mut class);
        }
        if negate {
            class.negate();
        }
        class
    }

    /// `\pN`, `\p{Name}`, `\p{^Name}` and their `\P` forms; `text` starts at the backslash.
    fn unicode_class<'t>(&self, text: &'t str) -> Result<(ClassUnicode, &'t str)> {
        let mut negate = text.as_bytes()[1] == b'P';
        let body = &text[2..];
        let (mut name, rest) = match body.strip_prefix('{') {
            Some(braced) => match braced.split_once('}') {
                Some(split) => split,
                None => return fault(Reason::InvalidCharRange, text),
            },
            None => body.split_at(body.chars().next().map_or(0, char::len_utf8)),
        };
        let part = upto(text, rest);
        if let Some(positive) = name.strip_prefix('^') {
            (negate, name) = (!negate, positive);
        }
        match classes::unicode(name) {
            Some(class) => Ok((self.named(class, negate), rest)),
            None => fault(Reason::InvalidCharRange, part),
        }
    }

    /// A bracketed class; `text` starts at the bracket.
    fn class<'t>(&mut self, text: &'t str) -> Result<&'t str> {
        let mut rest = &text[1..];
        let negate = match rest.strip_prefix('^') {
            Some(after) => {
                rest = after;
                true
            }
            None => false,
        };
        let mut class = ClassUnicode::empty();
        let mut first = true;
        while first || !rest.starts_with(']') {
            first = false;
            if let Some(after) = self.posix_class(rest, &mut class)? {
                rest = after;
                continue;
            }
            let mut chars = rest.chars();
            if chars.next() == Some('\\') {
                match chars.next() {
                    Some('p' | 'P') => {
                        let (named, after) = self.unicode_class(rest)?;
                        class.union(&named);
                        rest = after;
                        continue;
                    }
                    Some(c) => {
                        if let Some((ranges, negated)) = classes::perl(c) {
                            class.union(&self.named(classes::from_ranges(ranges), negated));
                            rest = &rest[2..];
                            continue;
                        }
                    }
                    None => {}
                }
            }
            let start = rest;
            let (lo, mut after) = class_char(rest, text)?;
            let mut hi = lo;
            if let Some(bound) = after.strip_prefix('-')
                && !bound.is_empty()
                && !bound.starts_with(']')
            {
                (hi, after) = class_char(bound, text)?;
                if hi < lo {
                    return fault(Reason::InvalidCharRange, upto(start, after));
                }
            }
            if let Some(range) = clip(lo, hi) {
                let mut single = ClassUnicode::new([range]);
                if self.flags.fold {
                    fold(&mut single);
                }
                class.union(&single);
            }
            rest = after;
        }
        if negate {
            class.negate();
        }
        self.leaf(Hir::class(Class::Unicode(class)))?;
        Ok(&rest[1..])
    }

    /// `[:name:]` at the start of `text`, added to `class`.
    fn posix_class<'t>(&self, text: &'t str, class: &mut ClassUnicode) -> Result<Option<&'t str>> {
        let Some((name, rest)) = text.strip_prefix("[:").and_then(|t| t.split_once(":]")) else {
            return Ok(None);
        };
        let (bare, negate) = match name.strip_prefix('^') {
            Some(bare) => (bare, true),
            None => (name, false),
        };
        let Some(ranges) = classes::posix(bare) else {
            return fault(Reason::InvalidCharRange, upto(text, rest));
        };
        class.union(&self.named(classes::from_ranges(ranges), negate));
        Ok(Some(rest))
    }
}

/// Adds what equals the class in another letter case.
fn fold(class: &mut ClassUnicode) {
    // The engine is built with its case tables, so this cannot fail; a class left as it is would
    // only miss other letter cases.
    let folded = class.try_case_fold_simple();
    debug_assert!(folded.is_ok(), "case tables are built in");
}

/// The range of valid characters between two code points.
fn clip(lo: u32, hi: u32) -> Option<ClassUnicodeRange> {
    let is_surrogate = |code| (0xd800..0xe000).contains(&code);
    let lo = if is_surrogate(lo) { 0xe000 } else { lo };
    let hi = if is_surrogate(hi) { 0xd7ff } else { hi };
    if lo > hi {
        return None;
    }
    Some(ClassUnicodeRange::new(char::from_u32(lo)?, char::from_u32(hi)?))
}

/// One character of a class, maybe escaped; `class` is the text from the bracket on.
fn class_char<'t>(text: &'t str, class: &str) -> Result<(u32, &'t str)> {
    match text.chars().next() {
        None => fault(Reason::MissingBracket, class),
        Some('\\') => escape(text),
        Some(c) => Ok((u32::from(c), &text[c.len_utf8()..])),
    }
}

/// An escaped character; `text` starts at the backslash. Gives its code point.
fn escape(text: &str) -> Result<(u32, &str)> {
    let body = &text[1..];
    let Some(c) = body.chars().next() else { return fault(Reason::TrailingBackslash, "") };
    let mut rest = &body[c.len_utf8()..];
    let single = match c {
        // A single digit other than 0 would be a back reference, which does not exist.
        '0'..='7' if c == '0' || rest.starts_with(|d: char| d.is_digit(8)) => {
            let more = rest.bytes().take(2).take_while(|b| (b'0'..=b'7').contains(b)).count();
            let code = rest[..more]
                .bytes()
                .fold(u32::from(c) - 48, |code, digit| code * 8 + u32::from(digit - b'0'));
            return Ok((code, &rest[more..]));
        }
        'x' => return hex(text),
        'a' => Some('\x07'),
        'f' => Some('\x0c'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\x0b'),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(c),
        _ => None,
    };
    match single {
        Some(c) => Ok((u32::from(c), rest)),
        None => {
            rest = &body[c.len_utf8()..];
            fault(Reason::InvalidEscape, upto(text, rest))
        }
    }
}

/// `\xFF` or `\x{10FFFF}`; `text` starts at the backslash.
fn hex(text: &str) -> Result<(u32, &str)> {
    let body = &text[2..];
    let braced = body.starts_with('{');
    let (mut code, mut digits) = (0, 0);
    let digits_at = usize::from(braced);
    for (at, c) in body[digits_at..].char_indices() {
        let rest = &body[digits_at + at + c.len_utf8()..];
        if braced && c == '}' && digits > 0 {
            return Ok((code, rest));
        }
        let Some(digit) = c.to_digit(16) else {
            // Without braces both digits are read before they are judged.
            let read = if braced || digits > 0 {
                0
            } else {
                rest.chars().next().map_or(0, char::len_utf8)
            };
            return fault(Reason::InvalidEscape, upto(text, &rest[read..]));
        };
        code = code * 16 + digit;
        digits += 1;
        if code > u32::from(char::MAX) {
            return fault(Reason::InvalidEscape, upto(text, rest));
        }
        if !braced && digits == 2 {
            return Ok((code, rest));
        }
    }
    fault(Reason::InvalidEscape, text)
}
