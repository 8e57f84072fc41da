//! Tokens of a selector.

/// A token with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Ident(String),
    Str(String),
    /// `{`, `}`, `,`, `.` or an operator.
    Sign(&'static str),
    /// What is nothing here: the reference calls it an identifier.
    Other,
    End,
}

/// Why a text has no tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LexError {
    Unterminated,
    Escape,
}

impl LexError {
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Unterminated => "literal not terminated",
            Self::Escape => "invalid char escape",
        }
    }
}

/// Longer ones first.
const SIGNS: &[&str] = &["|=", "|~", "!=", "!~", "=~", "=", "{", "}", ",", "."];

pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn next(&mut self) -> Result<Token, (LexError, usize)> {
        self.skip_blanks();
        let (start, rest) = (self.at, self.rest());
        let token = |kind, end| Token { kind, start, end };
        let Some(first) = rest.chars().next() else { return Ok(token(Kind::End, start)) };
        if first == '"' {
            let (value, len) = string(rest).map_err(|error| (error, start))?;
            self.at += len;
            return Ok(token(Kind::Str(value), self.at));
        }
        if first == '_' || first.is_alphabetic() {
            let is_part = |c: char| c == '_' || c.is_alphanumeric();
            let len = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            self.at += len;
            let name = rest.get(..len).unwrap_or_default().to_owned();
            return Ok(token(Kind::Ident(name), self.at));
        }
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            self.at += sign.len();
            return Ok(token(Kind::Sign(sign), self.at));
        }
        self.at += first.len_utf8();
        Ok(token(Kind::Other, self.at))
    }

    /// Skips white space and comments.
    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
            self.at += rest.len() - trimmed.len();
            let len = if trimmed.starts_with("//") {
                trimmed.find('\n').unwrap_or(trimmed.len())
            } else if trimmed.starts_with("/*") {
                trimmed.find("*/").map_or(trimmed.len(), |end| end + 2)
            } else {
                return;
            };
            self.at += len;
        }
    }
}

/// The value of the string that a text starts with, and its length.
fn string(text: &str) -> Result<(String, usize), LexError> {
    let mut bytes = Vec::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((String::from_utf8_lossy(&bytes).into_owned(), at + 1)),
            '\n' => return Err(LexError::Unterminated),
            '\\' => {
                let (_, escape) = chars.next().ok_or(LexError::Unterminated)?;
                let mut number = |digits: usize, radix: u32, mut value: u32| {
                    for _ in 0..digits {
                        let (_, digit) = chars.next().ok_or(LexError::Unterminated)?;
                        let digit = digit.to_digit(radix).ok_or(LexError::Escape)?;
                        value = value.checked_mul(radix).ok_or(LexError::Escape)? + digit;
                    }
                    Ok(value)
                };
                match escape {
                    'a' => bytes.push(0x07),
                    'b' => bytes.push(0x08),
                    'f' => bytes.push(0x0c),
                    'n' => bytes.push(b'\n'),
                    'r' => bytes.push(b'\r'),
                    't' => bytes.push(b'\t'),
                    'v' => bytes.push(0x0b),
                    '\\' | '"' => bytes.push(escape as u8),
                    'x' => bytes.push(number(2, 16, 0)? as u8),
                    '0'..='7' => {
                        let first = escape.to_digit(8).unwrap_or_default();
                        let value = number(2, 8, first)?;
                        bytes.push(u8::try_from(value).map_err(|_| LexError::Escape)?);
                    }
                    'u' | 'U' => {
                        let value = number(if escape == 'u' { 4 } else { 8 }, 16, 0)?;
                        let c = char::from_u32(value).ok_or(LexError::Escape)?;
                        bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    }
                    _ => return Err(LexError::Escape),
                }
            }
            c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Err(LexError::Unterminated)
}
