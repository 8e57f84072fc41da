//! The parser: a body to its entries.

use std::borrow::Cow;

use alloy_telemetry::MetricType;

use crate::float;
use crate::lexer::{Lexer, State, Token};
use crate::series_key::{self, KeyError};

/// One line of a body.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry<'b> {
    /// A sample.
    Series(Series<'b>),
    /// A TYPE line.
    Type {
        /// Family.
        family: &'b str,
        /// Its type.
        kind: MetricType,
    },
    /// A HELP line.
    Help {
        /// Family.
        family: &'b str,
        /// Its help text.
        help: Cow<'b, str>,
    },
    /// Another comment.
    Comment,
}

/// A sample as exposed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Series<'b> {
    /// Text from the start of the line to the end of the labels: the same key is the same series.
    /// [`crate::KeyLabels`] reads its labels.
    pub key: &'b [u8],
    /// Value; every NaN has the same bits.
    pub value: f64,
    /// Time in ms, if the line has one.
    pub timestamp_ms: Option<i64>,
}

/// Why a body is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason} while parsing {text:?}")]
pub struct ParseError {
    /// Line of the body, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
    /// The line up to the place where it is wrong, shortened.
    pub text: String,
}

/// Reads a body entry by entry.
pub struct Parser<'b> {
    lexer: Lexer<'b>,
}

impl<'b> Parser<'b> {
    /// A parser at the start of `body`.
    pub fn new(body: &'b [u8]) -> Self {
        Self { lexer: Lexer::new(body) }
    }

    /// The next entry; `None` at the end.
    ///
    /// `expected` is the key that probably comes next. If it does, the line is not lexed; the result
    /// is the same without.
    ///
    /// # Errors
    /// At the first line that breaks the format. Calling on after that gives no useful result.
    pub fn next(&mut self, expected: Option<&[u8]>) -> Result<Option<Entry<'b>>, ParseError> {
        if let Some(key) = expected
            && let Some(series) = self.known_series(key)
        {
            return Ok(Some(Entry::Series(series)));
        }
        let mut start = self.lexer.at;
        loop {
            let mut ahead = self.lexer.clone();
            match ahead.next() {
                Token::End => return Ok(None),
                Token::LineBreak => {
                    start = ahead.at;
                    self.lexer = ahead;
                }
                Token::Comment => {
                    self.lexer = ahead;
                    self.end_line(start)?;
                    return Ok(Some(Entry::Comment));
                }
                token @ (Token::Help | Token::Type) => {
                    self.lexer = ahead;
                    return self.meta(start, token).map(Some);
                }
                _ => return self.series(start).map(Some),
            }
        }
    }

    /// Takes a line that begins with `key`, if there is one and its rest is well formed.
    fn known_series(&mut self, key: &[u8]) -> Option<Series<'b>> {
        let body = self.lexer.body;
        let start = self.lexer.at;
        let end = start + key.len();
        if key.is_empty() || body.get(start..end)? != key {
            return None;
        }
        // A bare name must end here, and no labels may follow.
        let mut ahead = self.lexer.clone();
        ahead.at = end;
        ahead.state = State::Value;
        let closed = key.last() == Some(&b'}');
        if !closed && !matches!(body.get(end), Some(b' ' | b'\t')) {
            return None;
        }
        let (value, timestamp_ms) = value(&mut ahead).ok()?;
        self.lexer = ahead;
        Some(Series { key: &body[start..end], value, timestamp_ms })
    }

    fn series(&mut self, start: usize) -> Result<Entry<'b>, ParseError> {
        self.lexer.at = start;
        let read = series_key::read(&mut self.lexer, None);
        read.map_err(|error| key_error(&self.lexer, start, &error))?;
        let key = &self.lexer.body[start..self.lexer.at];
        let (value, timestamp_ms) =
            value(&mut self.lexer).map_err(|reason| self.error(start, reason))?;
        Ok(Entry::Series(Series { key, value, timestamp_ms }))
    }

    fn meta(&mut self, start: usize, token: Token) -> Result<Entry<'b>, ParseError> {
        if self.lexer.next() != Token::MetricName {
            return Err(self.error(start, "expected a metric name"));
        }
        let name = self.lexer.token();
        let name = match name {
            [b'"', inner @ .., b'"'] => inner,
            _ => name,
        };
        self.lexer.next();
        let text = self.lexer.token().get(1..).unwrap_or_default();
        let family = std::str::from_utf8(name)
            .map_err(|_| self.error(start, "family name is not valid UTF-8"))?;
        let entry = if token == Token::Type {
            let kind = match text {
                b"counter" => MetricType::Counter,
                b"gauge" => MetricType::Gauge,
                b"histogram" => MetricType::Histogram,
                b"summary" => MetricType::Summary,
                b"untyped" => MetricType::Unknown,
                _ => return Err(self.error(start, "invalid metric type")),
            };
            Entry::Type { family, kind }
        } else {
            let help = std::str::from_utf8(text)
                .map_err(|_| self.error(start, "help text is not valid UTF-8"))?;
            Entry::Help { family, help: series_key::unescape_help(help) }
        };
        self.end_line(start)?;
        Ok(entry)
    }

    fn end_line(&mut self, start: usize) -> Result<(), ParseError> {
        self.lexer.state = State::Timestamp;
        match self.lexer.next() {
            Token::LineBreak => Ok(()),
            _ => Err(self.error(start, "expected a line break")),
        }
    }

    fn error(&self, start: usize, reason: &str) -> ParseError {
        error(&self.lexer, start, reason)
    }
}

/// Reads value, timestamp and line break.
fn value(lexer: &mut Lexer<'_>) -> Result<(f64, Option<i64>), &'static str> {
    if lexer.next() != Token::Value {
        return Err("expected a value after the metric");
    }
    let value = std::str::from_utf8(lexer.token())
        .ok()
        .and_then(float::parse)
        .ok_or("the value is no number")?;
    match lexer.next() {
        Token::LineBreak => Ok((value, None)),
        Token::Timestamp => {
            let ms = std::str::from_utf8(lexer.token())
                .ok()
                .and_then(|text| text.parse().ok())
                .ok_or("the timestamp is out of range")?;
            match lexer.next() {
                Token::LineBreak => Ok((value, Some(ms))),
                _ => Err("expected the next entry after the timestamp"),
            }
        }
        _ => Err("expected a timestamp or the next entry"),
    }
}

pub(crate) fn key_error(lexer: &Lexer<'_>, start: usize, fault: &KeyError) -> ParseError {
    match fault {
        KeyError::Expected(what) => error(lexer, start, &format!("expected {what}")),
        KeyError::NameTwice => error(lexer, start, "metric name already set"),
        KeyError::NoName => error(lexer, start, "metric name not set"),
        KeyError::NotUtf8 => error(lexer, start, "name or label value is not valid UTF-8"),
    }
}

fn error(lexer: &Lexer<'_>, start: usize, reason: &str) -> ParseError {
    /// Enough to find the place, too little to fill a log.
    const MAX_TEXT_BYTES: usize = 200;
    let end = lexer.at.min(lexer.body.len());
    let start = start.min(end);
    let line = 1 + memchr::memchr_iter(b'\n', &lexer.body[..start]).count();
    let from = start.max(end.saturating_sub(MAX_TEXT_BYTES));
    let text = String::from_utf8_lossy(&lexer.body[from..end]).into_owned();
    ParseError { line, reason: reason.to_owned(), text }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;
    use crate::KeyLabels;

    fn check(body: &str, expected: Expect) {
        let mut parser = Parser::new(body.as_bytes());
        let mut text = String::new();
        loop {
            match parser.next(None) {
                Ok(None) => break,
                Ok(Some(Entry::Series(series))) => {
                    let mut labels = KeyLabels::default();
                    labels.parse(series.key).unwrap();
                    let pairs: Vec<_> = labels.iter().collect();
                    let ms = series.timestamp_ms;
                    text += &format!("{:?} {pairs:?} {} {ms:?}\n", labels.name(), series.value);
                }
                Ok(Some(other)) => text += &format!("{other:?}\n"),
                Err(error) => {
                    text += &format!("{error}\n");
                    break;
                }
            }
        }
        expected.assert_eq(&text);
    }

    #[test]
    fn lines_become_entries() {
        check(
            "# HELP a One \\\\ \\n \"q\"\n# TYPE a counter\n\na{x=\"1\", y=\"\\\"\\n\\x\",} 1 123\n {\"a.b\",z=\"\"}NaN\n# end",
            expect![[r#"
                Help { family: "a", help: "One \\ \n \"q\"" }
                Type { family: "a", kind: Counter }
                "a" [("x", "1"), ("y", "\"\n\\x")] 1 Some(123)
                "a.b" [("z", "")] NaN None
                Comment
            "#]],
        );
    }

    #[test]
    fn first_bad_line_is_named() {
        check(
            "ok 1\nbad{x=1} 2\n",
            expect![[r#"
            "ok" [] 1 None
            line 2: expected a label value while parsing "bad{x=1"
        "#]],
        );
        check(
            "{a=\"b\"} 1\n",
            expect![[r#"
            line 1: metric name not set while parsing "{a=\"b\"}"
        "#]],
        );
        check(
            "a 1 2 3\n",
            expect![[r#"
            line 1: expected the next entry after the timestamp while parsing "a 1 2 3"
        "#]],
        );
        check(
            "# TYPE a nothing\n",
            expect![[r##"
            line 1: invalid metric type while parsing "# TYPE a nothing"
        "##]],
        );
    }

    #[test]
    fn hint_never_swallows_labels() {
        let next = |body: &'static str, key: &str| match Parser::new(body.as_bytes())
            .next(Some(key.as_bytes()))
        {
            Ok(Some(Entry::Series(series))) => String::from_utf8_lossy(series.key).into_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(next("a {x=\"1\"} 1\n", "a"), "a {x=\"1\"}");
        assert_eq!(next("ab 1\n", "a"), "ab");
        assert_eq!(next("a{x=\"}\"} 1\n", "a{x=\"}"), "a{x=\"}\"}");
        assert_eq!(next("a{}1\n", "a{}"), "a{}");
    }

    proptest! {
        #[test]
        fn arbitrary_bodies_never_panic(body in "[a-c{}\"=,\\\\#\n 0-9.eETYPHL\t\u{0}ä]{0,40}") {
            crate::fuzz(body.as_bytes());
        }

        #[test]
        fn encoded_samples_parse_back(
            name in "[a-z_:][a-z0-9_:]{0,6}",
            labels in prop::collection::btree_map("[a-z_][a-z0-9_]{0,4}", any::<String>(), 0..4),
            value in any::<f64>(),
            ms in proptest::option::of(0..i64::MAX),
        ) {
            let mut text = String::new();
            let pairs = || labels.iter().map(|(n, v)| (n.as_str(), v.as_str()));
            crate::encode::sample(&mut text, &name, pairs(), value, ms);
            let mut parser = Parser::new(text.as_bytes());
            let Ok(Some(Entry::Series(series))) = parser.next(None) else { panic!("{text}") };
            let mut read = KeyLabels::default();
            read.parse(series.key).unwrap();
            prop_assert_eq!(read.name(), name);
            prop_assert!(read.iter().eq(pairs()));
            prop_assert!(series.value == value || value.is_nan());
            prop_assert_eq!(series.timestamp_ms, ms);
            prop_assert_eq!(parser.next(None), Ok(None));
        }
    }
}
