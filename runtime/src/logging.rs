//! The `logging` block: decoded here, applied by whoever owns the log output.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use alloy_value::{
    ArcArgs, Args, DecodeError, Definition, DefinitionKind, FromValue, Stability, ToValue,
    TypeSchema, Value, quote, text_of,
};

use crate::ConfigBlock;

/// Lowest level that is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// `debug`
    Debug,
    /// `info`
    #[default]
    Info,
    /// `warn`
    Warn,
    /// `error`
    Error,
}

/// Form of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// `key=value` pairs.
    #[default]
    Logfmt,
    /// One JSON object per line.
    Json,
}

/// Applies the arguments of the `logging` block.
pub trait LoggingSink: Send + Sync + 'static {
    /// Takes over level and format for every line from now on; the first call also releases what
    /// was held back before. Must not block.
    fn apply(&self, level: LogLevel, format: LogFormat);
}

/// Arguments of the `logging` block.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct LoggingArgs {
    /// Lowest level of the lines that are written.
    #[args(default = LogLevel::Info)]
    pub level: LogLevel,
    /// Form of the lines.
    #[args(default = LogFormat::Logfmt)]
    pub format: LogFormat,
    /// Where lines are written.
    #[args(default = "stderr")]
    pub destination: String,
    /// Receivers that get every line as well.
    #[args(optional)]
    pub write_to: Vec<Value>,
}

impl LoggingArgs {
    fn check(&self) -> Result<(), String> {
        match self.destination.as_str() {
            "stderr" => {}
            "windows_event_log" => {
                return Err("logging: destination \"windows_event_log\" needs Windows".to_owned());
            }
            other => return Err(format!("unrecognized log destination {}", quote(other))),
        }
        if !self.write_to.is_empty() {
            return Err("logging: write_to is not supported by this version; remove it".to_owned());
        }
        Ok(())
    }
}

/// The `logging` block.
pub static LOGGING: Definition = Definition {
    name: "logging",
    kind: DefinitionKind::ConfigBlock,
    stability: Stability::GenerallyAvailable,
    community: false,
    args: Some((<LoggingArgs as Args>::schema, ArcArgs::decode::<LoggingArgs>)),
    exports: None,
    doc: "Level and format of the log lines of the process.",
};

/// Hands the `logging` block to a sink.
pub struct LoggingBlock(Arc<dyn LoggingSink>);

impl LoggingBlock {
    /// A block that applies its arguments to `sink`.
    pub fn new(sink: Arc<dyn LoggingSink>) -> Self {
        Self(sink)
    }
}

impl ConfigBlock for LoggingBlock {
    fn name(&self) -> &'static str {
        LOGGING.name
    }

    fn apply(&mut self, args: Option<&ArcArgs>) -> Result<(), String> {
        let args = args.and_then(ArcArgs::downcast_ref::<LoggingArgs>);
        let (level, format) = args.map_or_else(Default::default, |args| (args.level, args.format));
        self.0.apply(level, format);
        Ok(())
    }
}

impl fmt::Debug for LoggingBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoggingBlock")
    }
}

const LEVELS: &[(&str, LogLevel)] = &[
    ("debug", LogLevel::Debug),
    ("info", LogLevel::Info),
    ("warn", LogLevel::Warn),
    ("error", LogLevel::Error),
];
const LEVEL_NAMES: &[&str] = &["debug", "info", "warn", "error"];

const FORMATS: &[(&str, LogFormat)] = &[("logfmt", LogFormat::Logfmt), ("json", LogFormat::Json)];
const FORMAT_NAMES: &[&str] = &["logfmt", "json"];

/// The name of `value` in a table that lists every value.
fn name_in<T: PartialEq>(table: &[(&'static str, T)], value: &T) -> &'static str {
    table.iter().find(|(_, known)| known == value).map_or("", |(name, _)| name)
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name_in(LEVELS, self))
    }
}

impl FromStr for LogLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match LEVELS.iter().find(|(name, _)| *name == text) {
            Some((_, level)) => Ok(*level),
            None if text.is_empty() => Ok(Self::default()),
            None => Err(format!("unrecognized log level {}", quote(text))),
        }
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name_in(FORMATS, self))
    }
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match FORMATS.iter().find(|(name, _)| *name == text) {
            Some((_, format)) => Ok(*format),
            None if text.is_empty() => Ok(Self::default()),
            None => Err(format!("unrecognized log format {}", quote(text))),
        }
    }
}

impl FromValue for LogLevel {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        text_of(value)?.parse().map_err(|error: String| DecodeError::value(error))
    }
}

impl ToValue for LogLevel {
    const TYPE: TypeSchema = TypeSchema::OneOf(LEVEL_NAMES);

    fn to_value(&self) -> Value {
        Value::from(name_in(LEVELS, self))
    }
}

impl FromValue for LogFormat {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        text_of(value)?.parse().map_err(|error: String| DecodeError::value(error))
    }
}

impl ToValue for LogFormat {
    const TYPE: TypeSchema = TypeSchema::OneOf(FORMAT_NAMES);

    fn to_value(&self) -> Value {
        Value::from(name_in(FORMATS, self))
    }
}
