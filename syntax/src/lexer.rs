//! Splits text into tokens, trivia included, and decides where statements end.
//!
//! # Invariants
//! - Total: any text gives tokens whose texts concatenate to the text.
//! - A [`SyntaxKind::Terminator`] has no text; it stands where the statement ends
//!   (spec/language.md §2.2), in front of a comment that ends the line.
//! - Errors come in the order in which a reader with one character of look-ahead meets them.
//!
//! Start reading at [`Lexer::next_token`].

use crate::SyntaxKind::{self, *};
use crate::chars::{describe_char, is_digit, is_letter};

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// So many errors are kept. Text with more is no configuration, and nobody reads them all.
pub(crate) const MAX_ERRORS: usize = 10_000;

/// One token: kind and byte range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: SyntaxKind,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte; equals `start` for terminators and the end of the text.
    pub end: u32,
}

/// Something wrong inside a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LexError {
    /// Offset it points at.
    pub offset: u32,
    /// What is wrong.
    pub message: String,
    /// How many tokens were complete when it was found.
    pub token: u32,
}

/// Byte strings as text of equal length: every byte that is not UTF-8 becomes NUL, and its offset
/// is listed.
pub(crate) fn decode_bytes(bytes: &[u8]) -> (String, Vec<u32>) {
    let mut text = String::with_capacity(bytes.len());
    let mut invalid = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for _ in chunk.invalid() {
            invalid.push(offset(text.len()));
            text.push('\0');
        }
    }
    (text, invalid)
}

/// All tokens of a text up to and including [`SyntaxKind::Eof`], and what was wrong.
pub fn lex(text: &str) -> (Vec<Token>, Vec<LexError>) {
    Lexer::new(text).run()
}

/// [`lex`] for bytes of unknown encoding.
pub fn lex_bytes(bytes: &[u8]) -> (Vec<Token>, Vec<LexError>) {
    let (text, invalid) = decode_bytes(bytes);
    Lexer::with_invalid(&text, &invalid).run()
}

/// Reads tokens one by one.
#[derive(Debug)]
pub struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,
    /// The next line feed ends a statement.
    pending: bool,
    /// Line feeds and the end of the text end statements (always, except in tests).
    terminators: bool,
    /// Characters that are wrong wherever they stand, by offset.
    misplaced: std::vec::IntoIter<(u32, &'static str)>,
    next_misplaced: Option<(u32, &'static str)>,
    invalid: &'a [u32],
    emitted: u32,
    /// Errors of the token being read, with the reading position at which they were found.
    found: Vec<(u32, u32, String)>,
    errors: Vec<LexError>,
    /// Characters looked at, roughly.
    steps: u64,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of a file (or item).
    pub fn new(text: &'a str) -> Lexer<'a> {
        Lexer::with_invalid(text, &[])
    }

    pub(crate) fn with_invalid(text: &'a str, invalid: &'a [u32]) -> Lexer<'a> {
        Lexer::with_misplaced(text, invalid, misplaced_characters(text, invalid))
    }

    fn with_misplaced(
        text: &'a str,
        invalid: &'a [u32],
        misplaced: Vec<(u32, &'static str)>,
    ) -> Lexer<'a> {
        let mut lexer = Lexer {
            text,
            bytes: text.as_bytes(),
            pos: 0,
            pending: false,
            terminators: true,
            misplaced: misplaced.into_iter(),
            next_misplaced: None,
            invalid,
            emitted: 0,
            found: Vec::new(),
            errors: Vec::new(),
            steps: 0,
        };
        lexer.next_misplaced = lexer.misplaced.next();
        lexer.flush_errors();
        lexer
    }

    /// Switches terminators off: line feeds are white space.
    #[must_use]
    pub fn without_terminators(mut self) -> Lexer<'a> {
        self.terminators = false;
        self
    }

    /// A lexer for finding boundaries: doesn't look for misplaced characters.
    pub(crate) fn for_splitting(text: &'a str) -> Lexer<'a> {
        Lexer::with_misplaced(text, &[], Vec::new())
    }

    /// Goes on at `position`, which must be where a statement may start.
    pub(crate) fn restart_at(&mut self, position: usize) {
        self.pos = position;
        self.pending = false;
        self.errors.clear();
    }

    /// Errors found so far, in order.
    pub fn errors(&self) -> &[LexError] {
        &self.errors
    }

    /// The whole rest of the text: tokens and errors.
    pub fn run(mut self) -> (Vec<Token>, Vec<LexError>) {
        (self.rest(), self.errors)
    }

    /// The tokens that are left.
    pub(crate) fn rest(&mut self) -> Vec<Token> {
        // Real configurations have about one token per six bytes.
        let mut tokens = Vec::with_capacity(self.text.len() / 5 + 2);
        loop {
            let token = self.next_token();
            tokens.push(token);
            if token.kind == Eof {
                return tokens;
            }
        }
    }

    /// All errors, and how many characters were looked at.
    pub(crate) fn end(self) -> (Vec<LexError>, u64) {
        (self.errors, self.steps)
    }

    /// The next token. After the end of the text always [`SyntaxKind::Eof`].
    pub fn next_token(&mut self) -> Token {
        let start = self.pos;
        let kind = self.scan();
        if !self.found.is_empty() || self.next_misplaced.is_some() {
            self.flush_errors();
        }
        self.emitted += 1;
        self.steps += (self.pos - start + 1) as u64;
        Token { kind, start: offset(start), end: offset(self.pos) }
    }

    fn scan(&mut self) -> SyntaxKind {
        let Some(&first) = self.bytes.get(self.pos) else { return self.scan_end() };
        match first {
            b' ' | b'\t' | b'\r' | b'\n' => self.scan_blank(first),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.scan_word(),
            b'0'..=b'9' => self.scan_number(),
            b'"' => self.scan_string(b'"', Str),
            b'`' => self.scan_raw_string(),
            b'\'' => {
                self.error(self.pos, "illegal single-quoted string; use double quotes");
                self.scan_string(b'\'', Illegal)
            }
            b'/' => match self.peek(1) {
                Some(b'/' | b'*') => self.scan_comment(),
                _ => self.operator(1, Slash),
            },
            b'.' => match self.peek(1) {
                Some(b'0'..=b'9') => self.scan_number(),
                _ => self.operator(1, Dot),
            },
            b'(' => self.operator(1, LParen),
            b'[' => self.operator(1, LBracket),
            b'{' => self.operator(1, LCurly),
            b')' => self.closer(RParen),
            b']' => self.closer(RBracket),
            b'}' => self.closer(RCurly),
            b',' => self.operator(1, Comma),
            b'+' => self.operator(1, Plus),
            b'-' => self.operator(1, Minus),
            b'*' => self.operator(1, Star),
            b'%' => self.operator(1, Percent),
            b'^' => self.operator(1, Caret),
            b'=' => self.one_or_two(Assign, EqEq),
            b'!' => self.one_or_two(Not, NotEq),
            b'<' => self.one_or_two(Lt, LtEq),
            b'>' => self.one_or_two(Gt, GtEq),
            b'|' => self.doubled(b'|', OrOr, "missing second | in ||"),
            b'&' => self.doubled(b'&', AndAnd, "missing second & in &&"),
            _ => self.scan_other(),
        }
    }

    fn scan_end(&mut self) -> SyntaxKind {
        if self.pending && self.terminators {
            self.pending = false;
            return Terminator;
        }
        Eof
    }

    fn scan_blank(&mut self, first: u8) -> SyntaxKind {
        let line_feed_ends = self.pending && self.terminators;
        if first == b'\n' && line_feed_ends {
            self.pending = false;
            return Terminator;
        }
        while let Some(byte) = self.bytes.get(self.pos) {
            match byte {
                b' ' | b'\t' | b'\r' => self.pos += 1,
                b'\n' if !line_feed_ends => self.pos += 1,
                _ => break,
            }
        }
        Whitespace
    }

    fn scan_word(&mut self) -> SyntaxKind {
        let start = self.pos;
        loop {
            match self.bytes.get(self.pos) {
                Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9') => self.pos += 1,
                Some(0x80..) => {
                    let Some(c) = self.char().filter(|&c| is_letter(c) || is_digit(c)) else {
                        break;
                    };
                    self.pos += c.len_utf8();
                }
                _ => break,
            }
        }
        self.pending = true;
        match self.bytes.get(start..self.pos) {
            Some(b"true" | b"false") => Bool,
            Some(b"null") => Null,
            _ => Ident,
        }
    }

    fn scan_number(&mut self) -> SyntaxKind {
        let start = self.pos;
        let mut kind = Number;
        self.skip_digits();
        if self.peek(0) == Some(b'.') {
            kind = Float;
            self.pos += 1;
            self.skip_digits();
        }
        if let Some(b'e' | b'E') = self.peek(0) {
            kind = Float;
            self.pos += 1;
            if let Some(b'+' | b'-') = self.peek(0) {
                self.pos += 1;
            }
            if self.skip_digits() == 0 {
                self.error(start, "exponent has no digits");
            }
        }
        self.pending = true;
        kind
    }

    fn skip_digits(&mut self) -> usize {
        let start = self.pos;
        while let Some(b'0'..=b'9') = self.peek(0) {
            self.pos += 1;
        }
        self.pos - start
    }

    fn scan_string(&mut self, quote: u8, kind: SyntaxKind) -> SyntaxKind {
        let start = self.pos;
        self.pos += 1;
        loop {
            match self.bytes.get(self.pos) {
                None | Some(b'\n') => {
                    self.error(start, "string literal not terminated");
                    break;
                }
                Some(b'\\') => self.scan_escape(),
                Some(&byte) => {
                    self.pos += 1;
                    if byte == quote {
                        break;
                    }
                }
            }
        }
        self.pending = true;
        kind
    }

    /// One escape sequence (spec/language.md §2.1). Stops in front of the first character that
    /// doesn't belong to it.
    fn scan_escape(&mut self) {
        self.pos += 1;
        let start = self.pos;
        let (digits, base, max) = match self.peek(0) {
            Some(b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' | b'"') => {
                self.pos += 1;
                return;
            }
            Some(b'0'..=b'7') => (3, 8, 0xFF),
            Some(b'x') => (2, 16, 0xFF),
            Some(b'u') => (4, 16, 0x0010_FFFF),
            Some(b'U') => (8, 16, 0x0010_FFFF),
            Some(_) => return self.error(start, "unknown escape sequence"),
            None => return self.error(start, "escape sequence not terminated"),
        };
        if base == 16 {
            self.pos += 1;
        }
        let mut value: u32 = 0;
        for _ in 0..digits {
            let Some(c) = self.char() else {
                return self.error(self.pos, "escape sequence not terminated");
            };
            let Some(digit) = c.to_digit(base) else {
                let message = format!("illegal character {} in escape sequence", describe_char(c));
                return self.error(start, &message);
            };
            value = value.wrapping_mul(base).wrapping_add(digit);
            self.pos += 1;
        }
        if value > max || (0xD800..0xE000).contains(&value) {
            self.error(start, "escape sequence is invalid Unicode code point");
        }
    }

    fn scan_raw_string(&mut self) -> SyntaxKind {
        let start = self.pos;
        let rest = self.bytes.get(start + 1..).unwrap_or_default();
        match memchr::memchr(b'`', rest) {
            Some(length) => self.pos = start + length + 2,
            None => {
                self.pos = self.bytes.len();
                self.error(start, "string literal not terminated");
            }
        }
        self.pending = true;
        Str
    }

    fn scan_comment(&mut self) -> SyntaxKind {
        if self.pending && self.terminators && self.comment_ends_statement() {
            self.pending = false;
            return Terminator;
        }
        self.pending = false;
        let start = self.pos;
        let (end, terminated) = self.comment_end(start);
        self.pos = end;
        if !terminated {
            self.error(start, "block comment not terminated");
        }
        Comment
    }

    /// Where the comment at `start` ends, and whether it is complete.
    fn comment_end(&self, start: usize) -> (usize, bool) {
        let rest = self.bytes.get(start..).unwrap_or_default();
        if rest.get(1) == Some(&b'/') {
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            return (start + length, true);
        }
        let inner = rest.get(2..).unwrap_or_default();
        match memchr::memmem::find(inner, b"*/") {
            Some(length) => (start + length + 4, true),
            None => (self.bytes.len(), false),
        }
    }

    /// True if the run of comments that starts here reaches the end of its line.
    fn comment_ends_statement(&mut self) -> bool {
        let mut at = self.pos;
        loop {
            let (end, terminated) = self.comment_end(at);
            self.steps += (end - at) as u64;
            let comment = self.bytes.get(at..end).unwrap_or_default();
            if comment.get(1) == Some(&b'/') || !terminated || comment.contains(&b'\n') {
                return true;
            }
            at = end;
            while let Some(b' ' | b'\t' | b'\r') = self.bytes.get(at) {
                at += 1;
            }
            match (self.bytes.get(at), self.bytes.get(at + 1)) {
                (None | Some(b'\n'), _) => return true,
                (Some(b'/'), Some(b'/' | b'*')) => {}
                _ => return false,
            }
        }
    }

    fn scan_other(&mut self) -> SyntaxKind {
        let Some(c) = self.char() else {
            self.pos = self.bytes.len();
            return Illegal;
        };
        if is_letter(c) {
            return self.scan_word();
        }
        let start = self.pos;
        self.pos += c.len_utf8();
        if c == '\u{feff}' {
            // Anywhere but at the start it is among the misplaced characters.
            return if start == 0 { Bom } else { Illegal };
        }
        if self.is_full() {
            return Illegal;
        }
        let c = if self.is_invalid(start) { char::REPLACEMENT_CHARACTER } else { c };
        self.error(start, &format!("illegal character {}", describe_char(c)));
        Illegal
    }

    fn operator(&mut self, length: usize, kind: SyntaxKind) -> SyntaxKind {
        self.pos += length;
        self.pending = false;
        kind
    }

    fn closer(&mut self, kind: SyntaxKind) -> SyntaxKind {
        self.pos += 1;
        self.pending = true;
        kind
    }

    fn one_or_two(&mut self, one: SyntaxKind, two: SyntaxKind) -> SyntaxKind {
        match self.peek(1) {
            Some(b'=') => self.operator(2, two),
            _ => self.operator(1, one),
        }
    }

    fn doubled(&mut self, byte: u8, kind: SyntaxKind, message: &str) -> SyntaxKind {
        if self.peek(1) == Some(byte) {
            return self.operator(2, kind);
        }
        self.operator(1, kind);
        self.error(self.pos, message);
        kind
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.pos + ahead).copied()
    }

    fn char(&self) -> Option<char> {
        self.text.get(self.pos..)?.chars().next()
    }

    fn is_invalid(&self, at: usize) -> bool {
        self.invalid.binary_search(&offset(at)).is_ok()
    }

    fn error(&mut self, at: usize, message: &str) {
        if self.is_full() {
            return;
        }
        self.found.push((offset(self.pos), offset(at), message.to_owned()));
    }

    /// True if no more errors are kept.
    fn is_full(&self) -> bool {
        self.errors.len() + self.found.len() > MAX_ERRORS
    }

    /// Moves what was found while reading one token into the list. A misplaced character is met
    /// when the reading position reaches it, so before what the token itself reports there.
    fn flush_errors(&mut self) {
        let token = self.emitted;
        let mut found = std::mem::take(&mut self.found).into_iter().peekable();
        loop {
            let next_found = found.peek().map(|&(read, ..)| read);
            match (self.next_misplaced, next_found) {
                (Some((at, message)), read)
                    if at as usize <= self.pos && read.is_none_or(|read| at <= read) =>
                {
                    self.next_misplaced = self.misplaced.next();
                    if !self.is_full() {
                        let message = message.to_owned();
                        self.errors.push(LexError { offset: at, message, token });
                    }
                }
                (_, Some(_)) => {
                    if let Some((_, offset, message)) = found.next() {
                        self.errors.push(LexError { offset, message, token });
                    }
                }
                _ => return,
            }
        }
    }
}

/// Offsets of the characters that are wrong even inside strings and comments.
fn misplaced_characters(text: &str, invalid: &[u32]) -> Vec<(u32, &'static str)> {
    let mut found = Vec::new();
    // One more than are kept, so that a text with too many is known to have them.
    for at in memchr::memchr_iter(0, text.as_bytes()).take(MAX_ERRORS + 1) {
        let at = offset(at);
        let message = match invalid.binary_search(&at) {
            Ok(_) => "illegal UTF-8 encoding",
            Err(_) => "illegal character NUL",
        };
        found.push((at, message));
    }
    let marks = memchr::memmem::find_iter(text.as_bytes(), BYTE_ORDER_MARK.as_bytes());
    for at in marks.take(MAX_ERRORS + 2) {
        if at > 0 {
            found.push((offset(at), "illegal byte order mark"));
        }
    }
    found.sort_unstable();
    found
}

/// Texts are far below 4 GiB; beyond that offsets stop growing instead of wrapping.
fn offset(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// Text of a comment as tools see it: without carriage returns, except one that keeps `*` and `/`
/// apart.
pub fn comment_text(source: &str) -> String {
    if !source.contains('\r') {
        return source.to_owned();
    }
    let block = source.starts_with("/*");
    let mut out = String::with_capacity(source.len());
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        let keeps_open = block && out.len() > 2 && out.ends_with('*') && chars.peek() == Some(&'/');
        if c != '\r' || keeps_open {
            out.push(c);
        }
    }
    out
}
