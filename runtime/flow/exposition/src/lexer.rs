//! Tokens of the text format.
//!
//! The lexer's state decides which tokens are possible. It reads bytes, because text outside of
//! quotes and comments is ASCII.

/// Kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// End of the body.
    End,
    LineBreak,
    Help,
    Type,
    Comment,
    /// Rest of a HELP or TYPE line.
    Text,
    MetricName,
    BraceOpen,
    BraceClose,
    LabelName,
    /// Quoted name of a label or metric.
    Quoted,
    Equals,
    Comma,
    LabelValue,
    Value,
    Timestamp,
    Invalid,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Start,
    MetaName,
    MetaText,
    Labels,
    LabelValue,
    Value,
    Timestamp,
}

#[derive(Clone)]
pub(crate) struct Lexer<'b> {
    pub(crate) body: &'b [u8],
    /// Start of the last token.
    pub(crate) start: usize,
    /// End of the last token.
    pub(crate) at: usize,
    pub(crate) state: State,
}

pub(crate) fn is_name_start(b: u8) -> bool {
    b == b'_' || b == b':' || b.is_ascii_alphabetic()
}

pub(crate) fn is_name(b: u8) -> bool {
    is_name_start(b) || b.is_ascii_digit()
}

impl<'b> Lexer<'b> {
    pub(crate) fn new(body: &'b [u8]) -> Self {
        Self { body, start: 0, at: 0, state: State::Start }
    }

    /// The last token's bytes.
    pub(crate) fn token(&self) -> &'b [u8] {
        &self.body[self.start..self.at]
    }

    /// The byte at the cursor. A body without a final line break is read as if it had one.
    fn peek(&self) -> Option<u8> {
        match self.body.get(self.at) {
            Some(&b) => Some(b),
            None if self.at == self.body.len() => Some(b'\n'),
            None => None,
        }
    }

    fn skip_while(&mut self, keep: impl Fn(u8) -> bool) {
        while self.body.get(self.at).is_some_and(|&b| keep(b)) {
            self.at += 1;
        }
    }

    fn skip_line(&mut self) {
        let rest = &self.body[self.at.min(self.body.len())..];
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    /// Skips blanks and reads one token.
    pub(crate) fn next(&mut self) -> Token {
        // Text of a HELP or TYPE line keeps its blanks.
        if self.state == State::MetaText {
            self.start = self.at;
            self.skip_line();
            self.state = State::Start;
            return Token::Text;
        }
        self.skip_while(|b| b == b' ' || b == b'\t');
        self.start = self.at;
        let Some(b) = self.peek() else { return Token::End };
        match self.state {
            State::Start => self.start_token(b),
            State::MetaName => self.meta_name(b),
            State::Labels => self.label_token(b),
            State::LabelValue if b == b'"' => self.quoted(State::Labels, Token::LabelValue),
            State::Value => self.value_token(b),
            State::Timestamp => self.timestamp_token(b),
            State::LabelValue | State::MetaText => self.invalid(),
        }
    }

    fn invalid(&mut self) -> Token {
        self.at = (self.at + 1).min(self.body.len() + 1);
        Token::Invalid
    }

    fn one(&mut self, state: State, token: Token) -> Token {
        self.at += 1;
        self.state = state;
        token
    }

    fn start_token(&mut self, b: u8) -> Token {
        match b {
            // A NUL where a line could begin ends the body.
            0 => Token::End,
            b'\n' if self.at == self.body.len() => {
                self.at += 1;
                Token::End
            }
            b'\n' => self.one(State::Start, Token::LineBreak),
            b'{' => self.one(State::Labels, Token::BraceOpen),
            b'#' => self.comment(),
            b if is_name_start(b) => {
                self.skip_while(is_name);
                self.state = State::Value;
                Token::MetricName
            }
            _ => self.invalid(),
        }
    }

    /// `# HELP ` and `# TYPE ` with something behind the blank; everything else is a comment.
    fn comment(&mut self) -> Token {
        let rest = &self.body[self.at + 1..];
        let blanks = |text: &[u8]| text.iter().take_while(|&&b| b == b' ' || b == b'\t').count();
        let word_at = blanks(rest);
        if word_at > 0 {
            let rest = &rest[word_at..];
            for (word, token) in [(&b"HELP"[..], Token::Help), (b"TYPE", Token::Type)] {
                if let Some(after) = rest.strip_prefix(word)
                    && blanks(after) > 0
                {
                    self.at += 1 + word_at + word.len() + blanks(after);
                    self.state = State::MetaName;
                    return token;
                }
            }
        }
        self.skip_line();
        Token::Comment
    }

    fn meta_name(&mut self, b: u8) -> Token {
        if b == b'"' {
            return self.quoted(State::MetaText, Token::MetricName);
        }
        if !is_name_start(b) {
            return self.invalid();
        }
        self.skip_while(is_name);
        self.state = State::MetaText;
        Token::MetricName
    }

    fn label_token(&mut self, b: u8) -> Token {
        match b {
            b'}' => self.one(State::Value, Token::BraceClose),
            b',' => self.one(State::Labels, Token::Comma),
            b'=' => self.one(State::LabelValue, Token::Equals),
            b'"' => self.quoted(State::Labels, Token::Quoted),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                self.skip_while(|b| b != b':' && is_name(b));
                Token::LabelName
            }
            _ => self.invalid(),
        }
    }

    /// A quoted text; line breaks may be in it, and a backslash guards the next byte.
    fn quoted(&mut self, state: State, token: Token) -> Token {
        let mut at = self.at + 1;
        loop {
            let rest = self.body.get(at..).unwrap_or_default();
            let Some(found) = memchr::memchr2(b'"', b'\\', rest) else {
                self.at = self.body.len();
                return self.invalid();
            };
            at += found + 1;
            if self.body[at - 1] == b'"' {
                self.at = at;
                self.state = state;
                return token;
            }
            at += 1;
        }
    }

    fn value_token(&mut self, b: u8) -> Token {
        match b {
            b'{' => self.one(State::Labels, Token::BraceOpen),
            b'\n' => self.invalid(),
            _ => {
                self.skip_while(|b| !matches!(b, b'{' | b' ' | b'\t' | b'\n'));
                self.state = State::Timestamp;
                Token::Value
            }
        }
    }

    fn timestamp_token(&mut self, b: u8) -> Token {
        match b {
            b'\n' => self.one(State::Start, Token::LineBreak),
            b'0'..=b'9' => {
                self.skip_while(|b| b.is_ascii_digit());
                Token::Timestamp
            }
            _ => self.invalid(),
        }
    }
}
