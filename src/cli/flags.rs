//! Flags as tables, parsed into typed values with the messages of the reference.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use alloy_value::{GoDuration, Stability, quote};
use anyhow::{Result, anyhow, bail};
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Type of a flag's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Int,
    Duration,
    Text,
    /// Comma-separated, may be repeated.
    List,
    Stability,
}

/// One flag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flag {
    pub(crate) long: &'static str,
    pub(crate) short: Option<char>,
    pub(crate) kind: Kind,
    /// As written on a command line.
    pub(crate) default: &'static str,
    pub(crate) help: &'static str,
    pub(crate) visibility: Visibility,
}

/// Whether help lists a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    Shown,
    Hidden,
    /// Not listed, and its use is reported on standard error.
    Deprecated,
}

impl Flag {
    pub(crate) const fn new(
        long: &'static str,
        kind: Kind,
        default: &'static str,
        help: &'static str,
    ) -> Self {
        Self { long, short: None, kind, default, help, visibility: Visibility::Shown }
    }

    pub(crate) const fn short(mut self, short: char) -> Self {
        self.short = Some(short);
        self
    }

    pub(crate) const fn visibility(mut self, visibility: Visibility) -> Self {
        self.visibility = visibility;
        self
    }
}

/// How many positional arguments a command takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Positionals {
    Exactly(usize),
    AtMost(usize),
    Any,
}

impl Positionals {
    fn check(self, received: usize) -> Result<()> {
        match self {
            Self::Exactly(n) if n != received => {
                bail!("accepts {n} arg(s), received {received}")
            }
            Self::AtMost(n) if received > n => {
                bail!("accepts between 0 and {n} arg(s), received {received}")
            }
            _ => Ok(()),
        }
    }
}

/// The value of a flag.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FlagValue {
    Bool(bool),
    Int(i64),
    Duration(GoDuration),
    Text(String),
    List(Vec<String>),
    Stability(Stability),
}

/// What a command line asks of a command.
#[derive(Debug)]
pub(crate) struct Parsed {
    values: BTreeMap<&'static str, FlagValue>,
    given: Vec<&'static str>,
    /// Positional arguments.
    pub(crate) positionals: Vec<OsString>,
    /// `--help` was given.
    pub(crate) help: bool,
}

impl Parsed {
    /// The value of the flag `long`.
    fn get(&self, long: &str) -> Option<&FlagValue> {
        debug_assert!(self.values.contains_key(long), "flag {long} is in no table");
        self.values.get(long)
    }

    /// Value of a boolean flag.
    pub(crate) fn bool(&self, long: &str) -> bool {
        matches!(self.get(long), Some(FlagValue::Bool(true)))
    }

    /// Value of a text flag.
    pub(crate) fn text(&self, long: &str) -> &str {
        match self.get(long) {
            Some(FlagValue::Text(text)) => text,
            _ => "",
        }
    }

    /// Value of a list flag.
    pub(crate) fn list(&self, long: &str) -> &[String] {
        match self.get(long) {
            Some(FlagValue::List(list)) => list,
            _ => &[],
        }
    }

    /// Value of a whole number.
    pub(crate) fn int(&self, long: &str) -> i64 {
        match self.get(long) {
            Some(FlagValue::Int(number)) => *number,
            _ => 0,
        }
    }

    /// Value of a duration flag; a negative one is zero.
    pub(crate) fn duration(&self, long: &str) -> Duration {
        match self.get(long) {
            Some(FlagValue::Duration(duration)) => duration.to_std().unwrap_or_default(),
            _ => Duration::ZERO,
        }
    }

    /// Value of a stability flag.
    pub(crate) fn stability(&self, long: &str) -> Stability {
        match self.get(long) {
            Some(FlagValue::Stability(stability)) => *stability,
            _ => Stability::GenerallyAvailable,
        }
    }

    /// Flags of the command line, in its order.
    pub(crate) fn given(&self) -> &[&'static str] {
        &self.given
    }

    /// The only positional argument, as text.
    pub(crate) fn path(&self) -> String {
        self.positionals.first().map(|p| p.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

const HELP: &str = "help";
const POSITIONALS: &str = "positionals";

/// The tokenizer for a table, also what completion scripts are made from.
pub(crate) fn tokenizer(name: &'static str, flags: &[Flag]) -> clap::Command {
    let mut command = clap::Command::new(name)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .arg(
            clap::Arg::new(HELP)
                .long(HELP)
                .short('h')
                .action(clap::ArgAction::SetTrue)
                .help("help"),
        )
        .arg(clap::Arg::new(POSITIONALS).num_args(0..).value_parser(clap::value_parser!(OsString)));
    for flag in flags {
        let mut arg = clap::Arg::new(flag.long)
            .long(flag.long)
            .action(clap::ArgAction::Append)
            .value_parser(clap::value_parser!(String))
            .help(flag.help)
            .hide(flag.visibility != Visibility::Shown);
        if let Some(short) = flag.short {
            arg = arg.short(short);
        }
        arg = match flag.kind {
            Kind::Bool => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
            _ => arg.num_args(1).allow_hyphen_values(true),
        };
        command = command.arg(arg);
    }
    command
}

/// Parses the arguments that follow a command's name.
///
/// # Errors
/// Display is what follows `Error: `.
pub(crate) fn parse(
    flags: &'static [Flag],
    positionals: Positionals,
    args: &[OsString],
) -> Result<Parsed> {
    let mut matches = tokenizer("alloy", flags)
        .no_binary_name(true)
        .try_get_matches_from(args)
        .map_err(|error| anyhow!("{}", message(&error)))?;
    let mut occurrences = Vec::new();
    for flag in flags {
        let indices = matches.indices_of(flag.long).into_iter().flatten();
        let texts = matches.get_many::<String>(flag.long).into_iter().flatten();
        occurrences.extend(indices.zip(texts).map(|(at, text)| (at, flag, text.clone())));
    }
    occurrences.sort_by_key(|(at, ..)| *at);

    let mut values = BTreeMap::new();
    for flag in flags {
        let value =
            value(flag.kind, flag.default).map_err(|cause| anyhow!("{}: {cause}", flag.long))?;
        values.insert(flag.long, value);
    }
    let mut given = Vec::new();
    for (_, flag, text) in occurrences {
        let new = value(flag.kind, &text).map_err(|cause| {
            anyhow!("invalid argument {} for {} flag: {cause}", quote(&text), shown(flag))
        })?;
        match (values.get_mut(flag.long), new) {
            (Some(FlagValue::List(list)), FlagValue::List(more)) if given.contains(&flag.long) => {
                list.extend(more);
            }
            (_, new) => {
                values.insert(flag.long, new);
            }
        }
        given.push(flag.long);
    }
    let words: Vec<OsString> =
        matches.remove_many(POSITIONALS).map(Iterator::collect).unwrap_or_default();
    let help = matches.get_flag(HELP);
    if !help {
        positionals.check(words.len())?;
    }
    Ok(Parsed { values, given, positionals: words, help })
}

fn shown(flag: &Flag) -> String {
    match flag.short {
        Some(short) => format!("\"-{short}, --{}\"", flag.long),
        None => format!("\"--{}\"", flag.long),
    }
}

fn message(error: &clap::Error) -> String {
    let given = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    // An argument with a value is shown as `--name <NAME>`.
    let name = given.split([' ', '=', '[', '<']).next().unwrap_or(given);
    match error.kind() {
        ErrorKind::UnknownArgument => match (name.starts_with("--"), name.chars().nth(1)) {
            (false, Some(short)) => format!("unknown shorthand flag: '{short}' in {name}"),
            _ => format!("unknown flag: {name}"),
        },
        ErrorKind::InvalidValue | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues
            if !name.is_empty() =>
        {
            format!("flag needs an argument: {name}")
        }
        _ => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            first.strip_prefix("error: ").unwrap_or(first).to_owned()
        }
    }
}

fn value(kind: Kind, text: &str) -> Result<FlagValue, String> {
    match kind {
        Kind::Bool => match text {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(FlagValue::Bool(true)),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(FlagValue::Bool(false)),
            _ => Err(number_error("ParseBool", text, "invalid syntax")),
        },
        Kind::Int => int(text).map(FlagValue::Int),
        Kind::Duration => text.parse().map(FlagValue::Duration),
        Kind::Text => Ok(FlagValue::Text(text.to_owned())),
        Kind::List => Ok(FlagValue::List(comma_separated(text)?)),
        Kind::Stability => text.parse().map(FlagValue::Stability),
    }
}

fn number_error(function: &str, text: &str, cause: &str) -> String {
    format!("strconv.{function}: parsing {}: {cause}", quote(text))
}

/// A whole number as the reference reads it: decimal, or with the prefix `0x`, `0o`, `0b` or `0`.
fn int(text: &str) -> Result<i64, String> {
    let fail = |cause| number_error("ParseInt", text, cause);
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(fail("invalid syntax"));
    }
    let number = i128::from_str_radix(digits, radix).map_err(|_| fail("value out of range"))?;
    i64::try_from(if negative { -number } else { number }).map_err(|_| fail("value out of range"))
}

/// One CSV record.
fn comma_separated(text: &str) -> Result<Vec<String>, String> {
    let mut fields = Vec::new();
    let mut rest = text;
    if rest.is_empty() {
        return Ok(fields);
    }
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut field = String::new();
            let mut inner = quoted;
            loop {
                let end = inner.find('"').ok_or_else(|| {
                    "parse error on line 1: extraneous or missing \" in quoted-field".to_owned()
                })?;
                field.push_str(&inner[..end]);
                inner = &inner[end + 1..];
                match inner.strip_prefix('"') {
                    Some(more) => {
                        field.push('"');
                        inner = more;
                    }
                    None => break,
                }
            }
            fields.push(field);
            match inner.strip_prefix(',') {
                Some(more) => rest = more,
                None if inner.is_empty() => return Ok(fields),
                None => {
                    return Err("parse error on line 1: extraneous or missing \" in quoted-field"
                        .to_owned());
                }
            }
        } else {
            match rest.split_once(',') {
                Some((field, more)) => {
                    fields.push(field.to_owned());
                    rest = more;
                }
                None => {
                    fields.push(rest.to_owned());
                    return Ok(fields);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    static FLAGS: &[Flag] = &[
        Flag::new("write", Kind::Bool, "false", "").short('w'),
        Flag::new("test", Kind::Bool, "false", "").short('t'),
        Flag::new("pprof", Kind::Bool, "true", ""),
        Flag::new("peers", Kind::Int, "5", ""),
        Flag::new("a.interval", Kind::Duration, "60s", ""),
        Flag::new("a.text", Kind::Text, "", ""),
        Flag::new("names", Kind::List, "eth0,en0", ""),
        Flag::new("stability.level", Kind::Stability, "generally-available", ""),
    ];

    fn check(line: &str, expected: Expect) {
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let text = match parse(FLAGS, Positionals::Exactly(1), &args) {
            Ok(parsed) => format!(
                "{} {} {} {:?} {:?} {:?} {} {:?}",
                parsed.bool("write"),
                parsed.bool("test"),
                parsed.bool("pprof"),
                parsed.duration("a.interval"),
                parsed.text("a.text"),
                parsed.list("names"),
                parsed.stability("stability.level"),
                parsed.positionals,
            ),
            Err(error) => format!("error: {error}"),
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn values_and_their_defaults() {
        check(
            "p",
            expect![[r#"false false true 60s "" ["eth0", "en0"] generally-available ["p"]"#]],
        );
        check(
            "--write p --pprof=false --a.interval 300ms --a.text=x=y --names=a,b --names c",
            expect![[r#"true false false 300ms "x=y" ["a", "b", "c"] generally-available ["p"]"#]],
        );
        check(
            "-wt p",
            expect![[r#"true true true 60s "" ["eth0", "en0"] generally-available ["p"]"#]],
        );
        check(
            "--a.text -x -- --p",
            expect![[r#"false false true 60s "-x" ["eth0", "en0"] generally-available ["--p"]"#]],
        );
        check(
            "--a.text=a --a.text=b --write=1 --write=f p --peers=-0x1F",
            expect![[r#"false false true 60s "b" ["eth0", "en0"] generally-available ["p"]"#]],
        );
        check(
            "--a.text= --a.interval=0 p --stability.level=experimental",
            expect![[r#"false false true 0ns "" ["eth0", "en0"] experimental ["p"]"#]],
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        check("", expect!["error: accepts 1 arg(s), received 0"]);
        check("a b", expect!["error: accepts 1 arg(s), received 2"]);
        check("--nope p", expect!["error: unknown flag: --nope"]);
        check("--nope=1 p", expect!["error: unknown flag: --nope"]);
        check("-x p", expect!["error: unknown shorthand flag: 'x' in -x"]);
        check("p --a.text", expect!["error: flag needs an argument: --a.text"]);
        check(
            "p --pprof=maybe",
            expect![[
                r#"error: invalid argument "maybe" for "--pprof" flag: strconv.ParseBool: parsing "maybe": invalid syntax"#
            ]],
        );
        check(
            "p -w=maybe",
            expect![[
                r#"error: invalid argument "maybe" for "-w, --write" flag: strconv.ParseBool: parsing "maybe": invalid syntax"#
            ]],
        );
        check(
            "p --peers=x",
            expect![[
                r#"error: invalid argument "x" for "--peers" flag: strconv.ParseInt: parsing "x": invalid syntax"#
            ]],
        );
        check(
            "p --a.interval=1d",
            expect![[
                r#"error: invalid argument "1d" for "--a.interval" flag: time: unknown unit "d" in duration "1d""#
            ]],
        );
        check(
            "p --stability.level=ga",
            expect![[
                r#"error: invalid argument "ga" for "--stability.level" flag: invalid stability level "ga""#
            ]],
        );
    }
}
