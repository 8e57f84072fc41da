//! Labels of a series as exposed: the text from the start of its line up to its value.

use std::borrow::Cow;

use alloy_telemetry::MetricType;

use crate::float;
use crate::lexer::{Lexer, Token};

/// Labels of one exposed series, in exposed order, repeated names and empty values included. Reuse
/// it: it keeps its memory.
#[derive(Debug, Default)]
pub struct KeyLabels {
    name: String,
    /// Names and values, one behind the other.
    text: String,
    /// Ends of name and value of each label in `text`.
    ends: Vec<(usize, usize)>,
}

/// Why a key gave no labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyError {
    Expected(&'static str),
    NameTwice,
    NoName,
    NotUtf8,
}

impl KeyLabels {
    /// Replaces the content by the labels of `key`, which [`crate::Parser::next`] gave.
    ///
    /// # Errors
    /// If `key` is no series.
    pub fn parse(&mut self, key: &[u8]) -> Result<(), crate::ParseError> {
        let mut lexer = Lexer::new(key);
        read(&mut lexer, Some(self)).map_err(|error| crate::parser::key_error(&lexer, 0, &error))
    }

    /// The metric name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of labels, without the metric name.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if there are no labels besides the metric name.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Names and values in exposed order, without the metric name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> + '_ {
        let mut start = 0;
        self.ends.iter().map(move |&(name_end, value_end)| {
            let pair = (&self.text[start..name_end], &self.text[name_end..value_end]);
            start = value_end;
            pair
        })
    }
}

/// Reads a series up to its value. With `labels`, stores what it reads there.
pub(crate) fn read(
    lexer: &mut Lexer<'_>,
    mut labels: Option<&mut KeyLabels>,
) -> Result<(), KeyError> {
    if let Some(labels) = labels.as_deref_mut() {
        labels.name.clear();
        labels.text.clear();
        labels.ends.clear();
    }
    let line_start = lexer.at;
    let mut named = false;
    match lexer.next() {
        Token::MetricName => {
            // Blanks before the name belong to it.
            let name = utf8(&lexer.body[line_start..lexer.at])?;
            set_name(&mut labels, name);
            named = true;
            let mut ahead = lexer.clone();
            if ahead.next() != Token::BraceOpen {
                return Ok(());
            }
            *lexer = ahead;
        }
        Token::BraceOpen => {}
        _ => return Err(KeyError::Expected("a metric name")),
    }
    let mut token = lexer.next();
    loop {
        let quoted = match token {
            Token::BraceClose => break,
            Token::LabelName => false,
            Token::Quoted => true,
            _ => return Err(KeyError::Expected("a label name")),
        };
        let name = lexer.token();
        let name = if quoted { &name[1..name.len() - 1] } else { name };
        token = lexer.next();
        if quoted && matches!(token, Token::Comma | Token::BraceClose) {
            if named {
                return Err(KeyError::NameTwice);
            }
            named = true;
            set_name(&mut labels, &unescape(utf8(name)?));
            if token == Token::BraceClose {
                break;
            }
            token = lexer.next();
            continue;
        }
        let name = utf8(name)?;
        if token != Token::Equals {
            return Err(KeyError::Expected("an equals sign"));
        }
        if lexer.next() != Token::LabelValue {
            return Err(KeyError::Expected("a label value"));
        }
        let value = lexer.token();
        let value = utf8(&value[1..value.len() - 1])?;
        if let Some(labels) = labels.as_deref_mut() {
            labels.text.push_str(&unescape(name));
            let name_end = labels.text.len();
            labels.text.push_str(&unescape(value));
            labels.ends.push((name_end, labels.text.len()));
        }
        // A comma may be missing, and one may stand before the closing brace.
        token = lexer.next();
        if token == Token::Comma {
            token = lexer.next();
        }
    }
    if named { Ok(()) } else { Err(KeyError::NoName) }
}

fn set_name(labels: &mut Option<&mut KeyLabels>, name: &str) {
    if let Some(labels) = labels {
        labels.name.push_str(name);
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, KeyError> {
    std::str::from_utf8(bytes).map_err(|_| KeyError::NotUtf8)
}

/// Resolves `\\`, `\"` and `\n`; any other backslash stays.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let (plain, taken) = match after.as_bytes().first() {
            Some(b'\\') => ('\\', 1),
            Some(b'"') => ('"', 1),
            Some(b'n') => ('\n', 1),
            _ => ('\\', 0),
        };
        out.push(plain);
        rest = &after[taken..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Resolves `\\` and `\n` of help texts.
pub(crate) fn unescape_help(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(unescape(&text.replace("\\\"", "\\\\\"")).into_owned())
}

/// The one spelling of a bucket bound or quantile: `1`, `1.0` and `1e0` are all `1.0`. `kind` is the
/// type that the last TYPE line gave. `None` if the value stays as it is.
pub fn normalize_bounds(kind: MetricType, label: &str, value: &str) -> Option<String> {
    let bound = match kind {
        MetricType::Histogram | MetricType::GaugeHistogram => "le",
        MetricType::Summary => "quantile",
        _ => return None,
    };
    if label != bound {
        return None;
    }
    let mut out = String::new();
    float::write_bound(&mut out, float::parse(value)?);
    Some(out)
}
