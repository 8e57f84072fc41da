//! Parses paths and their filters.

use alloy_value::Value;
use regex::Regex;

use super::Step;
use super::filter::{Call, Filter, Op, Operand};

/// How deep filters may nest.
const MAX_DEPTH: usize = 64;

/// The steps of a path. A path may start with `$`, `@`, a bare name or a bracket.
pub(super) fn path(text: &str) -> Result<Vec<Step>, String> {
    let mut parser = Parser { text, chars: text.char_indices().collect(), at: 0, depth: 0 };
    let steps = parser.steps(false)?;
    match parser.peek() {
        None => Ok(steps),
        Some(_) => Err(parser.error("parse error")),
    }
}

struct Parser<'t> {
    text: &'t str,
    chars: Vec<(usize, char)>,
    at: usize,
    depth: usize,
}

type Parsed<T> = Result<T, String>;

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).map(|(_, c)| *c)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn eat_text(&mut self, wanted: &str) -> bool {
        let from = self.chars.get(self.at).map_or(self.text.len(), |(at, _)| *at);
        let found = self.text.get(from..).is_some_and(|rest| rest.starts_with(wanted));
        if found {
            self.at += wanted.chars().count();
        }
        found
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    /// `message at OFFSET in PATH`; the offset of the current character counts from 1.
    fn error(&self, message: &str) -> String {
        let offset = self.chars.get(self.at).map_or(self.text.len(), |(at, _)| *at) + 1;
        format!("{message} at {offset} in {}", self.text)
    }

    /// Steps up to the end, or inside a filter up to what cannot continue a path.
    fn steps(&mut self, in_filter: bool) -> Parsed<Vec<Step>> {
        let mut steps = Vec::new();
        match self.peek() {
            Some('$' | '@') => {
                self.at += 1;
                steps.push(Step::Start);
            }
            Some('[' | '.' | '*') | None => {}
            Some(c) if is_name(c) => steps.push(Step::Name(self.name())),
            Some(_) => return Err(self.error("parse error")),
        }
        loop {
            match self.peek() {
                Some('.') => {
                    self.at += 1;
                    if self.eat('.') {
                        steps.push(Step::Descent);
                        if self
                            .peek()
                            .is_none_or(|c| in_filter && !is_name(c) && c != '[' && c != '*')
                        {
                            return Ok(steps);
                        }
                        if self.peek() == Some('[') {
                            continue;
                        }
                    }
                    steps.push(self.fragment()?);
                }
                Some('[') => {
                    self.at += 1;
                    steps.push(self.bracket()?);
                }
                Some('*') if steps.is_empty() => {
                    self.at += 1;
                    steps.push(Step::Wildcard);
                }
                _ => return Ok(steps),
            }
        }
    }

    fn fragment(&mut self) -> Parsed<Step> {
        match self.peek() {
            Some('*') => {
                self.at += 1;
                Ok(Step::Wildcard)
            }
            Some(c) if is_name(c) => Ok(Step::Name(self.name())),
            Some(c) => {
                self.at += 1;
                Err(self.error(&format!("an expression fragment can not start with a '{c}'")))
            }
            None => Err(self.error("not terminated")),
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.peek().filter(|c| is_name(*c)) {
            name.push(c);
            self.at += 1;
        }
        name
    }

    /// What follows an opening bracket.
    fn bracket(&mut self) -> Parsed<Step> {
        self.skip_space();
        let step = match self.peek() {
            None => return Err(self.error("not terminated")),
            Some('*') => {
                self.at += 1;
                Step::Wildcard
            }
            Some('?') => {
                self.at += 1;
                let filter = self.alternatives()?;
                self.skip_space();
                Step::Filter(Box::new(filter))
            }
            Some('(') => return Err("jp.CompileScript has not been set".to_owned()),
            Some('\'' | '"' | '-' | ':' | '0'..='9') => return self.union(),
            Some(_) => return Err(self.error("invalid bracket fragment")),
        };
        self.close(step)
    }

    fn close(&mut self, step: Step) -> Parsed<Step> {
        self.skip_space();
        match self.peek() {
            Some(']') => {
                self.at += 1;
                Ok(step)
            }
            None => Err(self.error("not terminated")),
            Some(_) => Err(self.error("invalid bracket fragment")),
        }
    }

    /// Names, positions and slices, separated by commas.
    fn union(&mut self) -> Parsed<Step> {
        let mut members = Vec::new();
        loop {
            self.skip_space();
            members.push(match self.peek() {
                Some(quote @ ('\'' | '"')) => Step::Name(self.quoted(quote)?),
                Some('-' | ':' | '0'..='9') => self.position()?,
                None => return Err(self.error("not terminated")),
                Some(_) => return Err(self.error("invalid union syntax")),
            });
            self.skip_space();
            match self.peek() {
                Some(',') => self.at += 1,
                Some(']') => {
                    self.at += 1;
                    let only = if members.len() == 1 { members.pop() } else { None };
                    return Ok(only.unwrap_or(Step::Union(members)));
                }
                None => return Err(self.error("expected a number")),
                Some(_) => return Err(self.error("invalid union syntax")),
            }
        }
    }

    /// `n` or `a:b:c`
    fn position(&mut self) -> Parsed<Step> {
        let first = self.optional_integer()?;
        if !self.eat(':') {
            return first.map(Step::Index).ok_or_else(|| self.error("expected a number"));
        }
        let end = self.optional_integer()?;
        let by = if self.eat(':') { self.optional_integer()? } else { None };
        match self.peek() {
            None => Err(self.error("not terminated")),
            Some(']' | ',' | ' ') => Ok(Step::Slice { start: first, end, by: by.unwrap_or(1) }),
            Some(_) => Err(self.error("invalid slice syntax")),
        }
    }

    fn optional_integer(&mut self) -> Parsed<Option<i64>> {
        let start = self.at;
        self.eat('-');
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start {
            return Ok(None);
        }
        let digits: String = self.chars[start..self.at].iter().map(|(_, c)| *c).collect();
        digits.parse().map(Some).map_err(|_| self.error("expected a number"))
    }

    fn quoted(&mut self, quote: char) -> Parsed<String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(c) = self.peek() else { return Err(self.error("not terminated")) };
            self.at += 1;
            match c {
                _ if c == quote => return Ok(text),
                '\\' => {
                    let Some(escaped) = self.peek() else {
                        return Err(self.error("not terminated"));
                    };
                    self.at += 1;
                    text.push(match escaped {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        other => other,
                    });
                }
                _ => text.push(c),
            }
        }
    }

    // --- Filters, from weak to strong operators -------------------------------------------------

    fn alternatives(&mut self) -> Parsed<Filter> {
        self.binary(&[("||", Op::Or)], |parser| parser.binary(&[("&&", Op::And)], Self::comparison))
    }

    fn comparison(&mut self) -> Parsed<Filter> {
        const COMPARE: &[(&str, Op)] = &[
            ("==", Op::Eq),
            ("!=", Op::Ne),
            ("<=", Op::Le),
            (">=", Op::Ge),
            ("<", Op::Lt),
            (">", Op::Gt),
            ("=~", Op::Matches),
            ("~=", Op::Matches),
            ("in ", Op::In),
            ("empty ", Op::Empty),
            ("has ", Op::Has),
            ("exists ", Op::Has),
        ];
        self.binary(COMPARE, |parser| {
            parser.binary(&[("+", Op::Add), ("-", Op::Sub)], |parser| {
                parser.binary(&[("*", Op::Mul), ("/", Op::Div)], Self::unary)
            })
        })
    }

    fn binary(
        &mut self,
        operators: &[(&str, Op)],
        operand: impl Fn(&mut Self) -> Parsed<Filter>,
    ) -> Parsed<Filter> {
        let mut left = operand(self)?;
        loop {
            self.skip_space();
            let Some((_, op)) = operators.iter().find(|(text, _)| self.eat_text(text)) else {
                return Ok(left);
            };
            let right = operand(self)?;
            left = Filter::Binary { op: *op, left: Box::new(left), right: Box::new(right) };
        }
    }

    fn unary(&mut self) -> Parsed<Filter> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("too deeply nested"));
        }
        self.skip_space();
        let filter = match self.peek() {
            Some('!') => {
                self.at += 1;
                Filter::Not(Box::new(self.unary()?))
            }
            Some('(') => {
                self.at += 1;
                let inner = self.alternatives()?;
                self.skip_space();
                if !self.eat(')') {
                    return Err(self.error(match self.peek() {
                        None => "not terminated",
                        Some(_) => "equation not terminated",
                    }));
                }
                inner
            }
            _ => Filter::Operand(self.operand()?),
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn operand(&mut self) -> Parsed<Operand> {
        match self.peek() {
            None => Err(self.error("not terminated")),
            Some('@') => Ok(Operand::Path(self.steps(true)?)),
            Some('$') => Ok(Operand::RootPath(self.steps(true)?)),
            Some(quote @ ('\'' | '"')) => Ok(Operand::Value(Value::from(self.quoted(quote)?))),
            Some('[') => self.list(),
            Some('/') => {
                let pattern = self.quoted('/')?;
                let regex = Regex::new(&pattern);
                regex.map(Operand::Regex).map_err(|_| self.error("invalid regular expression"))
            }
            Some(c) if c == '-' || c.is_ascii_digit() => self.number(),
            Some(c) if c.is_alphabetic() => self.word(),
            Some(_) => Err(self.error("expected a value")),
        }
    }

    fn list(&mut self) -> Parsed<Operand> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.eat(']') {
                return Ok(Operand::Value(Value::from(items)));
            }
            match self.operand()? {
                Operand::Value(value) => items.push(value),
                _ => return Err(self.error("expected a value")),
            }
            self.skip_space();
            if !self.eat(',') && self.peek() != Some(']') {
                return Err(self.error(if self.peek().is_none() {
                    "not terminated"
                } else {
                    "parse error"
                }));
            }
        }
    }

    fn number(&mut self) -> Parsed<Operand> {
        let start = self.at;
        self.eat('-');
        while self.peek().is_some_and(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E')) {
            self.at += 1;
        }
        let text: String = self.chars[start..self.at].iter().map(|(_, c)| *c).collect();
        match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(n), _) => Ok(Operand::Value(Value::Int(n))),
            (_, Ok(n)) => Ok(Operand::Value(Value::Float(n))),
            _ => Err(self.error("expected a number")),
        }
    }

    fn word(&mut self) -> Parsed<Operand> {
        let word = self.name();
        let call = match word.as_str() {
            "true" => return Ok(Operand::Value(Value::Bool(true))),
            "false" => return Ok(Operand::Value(Value::Bool(false))),
            "null" => return Ok(Operand::Value(Value::Null)),
            "Nothing" => return Ok(Operand::Nothing),
            "length" => Call::Length,
            "count" => Call::Count,
            "match" => Call::Match,
            "search" => Call::Search,
            _ => return Err(self.error(&format!("'{word}' is not a value or function"))),
        };
        if !self.eat('(') {
            return Err(self.error("expected a value"));
        }
        let mut args = Vec::new();
        loop {
            self.skip_space();
            args.push(self.operand()?);
            self.skip_space();
            if self.eat(')') {
                return Ok(Operand::Call(call, args));
            }
            if !self.eat(',') {
                return Err(self.error("not terminated"));
            }
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-') || !c.is_ascii()
}
