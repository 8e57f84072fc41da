//! From text to a selector.

use std::ops::Range;

use alloy_flow_regex::Regex;

use crate::lexer::{Kind, Lexer, Token};

/// How a value or a line is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Labels: is equal. Lines: contain it.
    Equal,
    /// The opposite of [`Comparison::Equal`].
    NotEqual,
    /// Labels: the whole value matches. Lines: a part matches.
    Matches,
    /// The opposite of [`Comparison::Matches`].
    MatchesNot,
}

/// A condition on a label; without the label its value is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    /// Label.
    pub name: String,
    /// How its value is compared.
    pub comparison: Comparison,
    /// With what.
    pub value: String,
}

/// A condition on the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// How the line is compared.
    pub comparison: Comparison,
    /// With what.
    pub value: String,
}

/// What chooses entries: all conditions hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// Conditions on labels; at least one.
    pub matchers: Vec<Matcher>,
    /// Conditions on the line.
    pub filters: Vec<Filter>,
}

/// Why a text is no selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong, with line and column.
    pub message: String,
    /// What is wrong, without a place.
    pub reason: String,
    /// Bytes of the text that it is about; empty at the end.
    pub range: Range<usize>,
}

/// Parses a selector with its line filters.
///
/// # Errors
/// If the text is none, or an expression of a line filter is no regular expression.
pub fn parse(text: &str) -> Result<Selector, ParseError> {
    let mut parser = Parser { text, lexer: Lexer::new(text) };
    let mut token = parser.next()?;
    parser.sign(&token, &["{"], "{")?;
    let mut matchers = Vec::new();
    loop {
        token = parser.next()?;
        let Kind::Ident(name) = token.kind else {
            return Err(parser.unexpected(&token, "IDENTIFIER"));
        };
        token = parser.next()?;
        let signs = &["=", "!=", "=~", "!~"];
        let sign = parser.sign(&token, signs, "= or != or =~ or !~")?;
        let (value, _) = parser.string()?;
        matchers.push(Matcher { name, comparison: comparison(sign), value });
        token = parser.next()?;
        if parser.sign(&token, &["}", ","], "} or ,")? == "}" {
            break;
        }
    }
    let mut filters = Vec::new();
    loop {
        token = parser.next()?;
        if token.kind == Kind::End {
            return Ok(Selector { matchers, filters });
        }
        let signs = &["!=", "!~", "|~", "|="];
        let sign = parser.sign(&token, signs, "!= or !~ or |~ or |=")?;
        let (value, range) = parser.string()?;
        let comparison = comparison(sign);
        if matches!(comparison, Comparison::Matches | Comparison::MatchesNot)
            && let Err(error) = Regex::new(&value)
        {
            let reason = error.to_string();
            let message = format!("error parsing pipeline: {reason}");
            return Err(ParseError { message, reason, range });
        }
        filters.push(Filter { comparison, value });
    }
}

fn comparison(sign: &str) -> Comparison {
    match sign {
        "!=" => Comparison::NotEqual,
        "=~" | "|~" => Comparison::Matches,
        "!~" => Comparison::MatchesNot,
        _ => Comparison::Equal,
    }
}

struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
}

impl Parser<'_> {
    fn next(&mut self) -> Result<Token, ParseError> {
        self.lexer.next().map_err(|(error, start)| {
            let end = self.text.len();
            self.error(start..end, error.message().to_owned(), error.message().to_owned())
        })
    }

    fn sign(
        &self,
        token: &Token,
        wanted: &[&'static str],
        names: &str,
    ) -> Result<&'static str, ParseError> {
        match token.kind {
            Kind::Sign(sign) if wanted.contains(&sign) => Ok(sign),
            _ => Err(self.unexpected(token, names)),
        }
    }

    fn string(&mut self) -> Result<(String, Range<usize>), ParseError> {
        let token = self.next()?;
        match token.kind {
            Kind::Str(value) => Ok((value, token.start..token.end)),
            _ => Err(self.unexpected(&token, "STRING")),
        }
    }

    fn unexpected(&self, token: &Token, wanted: &str) -> ParseError {
        let (found, plain) = match &token.kind {
            Kind::End => ("$end", "the end"),
            Kind::Str(_) => ("STRING", "a string"),
            Kind::Sign(sign) => (*sign, *sign),
            Kind::Ident(_) => ("IDENTIFIER", "a name"),
            Kind::Other => {
                ("IDENTIFIER", self.text.get(token.start..token.end).unwrap_or_default())
            }
        };
        let message = format!("syntax error: unexpected {found}, expecting {wanted}");
        let wanted = match wanted {
            "IDENTIFIER" => "a label",
            "STRING" => "a string in double quotes",
            wanted => wanted,
        };
        let reason = format!("expected {wanted}, found {plain}");
        self.error(token.start..token.end, message, reason)
    }

    /// Lines and columns are those of the reference: columns count characters.
    fn error(&self, range: Range<usize>, message: String, reason: String) -> ParseError {
        let before = self.text.get(..range.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..).map_or(0, |line| line.chars().count()) + 1;
        // An operator in front of everything is on no line yet.
        let is_operator = range.start == 0 && range.len() == 2;
        let line = if is_operator { 0 } else { before.matches('\n').count() + 1 };
        let message = format!("parse error at line {line}, col {column}: {message}");
        ParseError { message, reason, range }
    }
}
