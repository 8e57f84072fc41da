//! The `logging` block: decoded here, applied by whoever owns the log output.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use alloy_component::LogsReceiver;
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

/// Where log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogDestination {
    /// Standard error.
    #[default]
    Stderr,
    /// The event log of Windows.
    WindowsEventLog,
}

/// Applies the arguments of the `logging` block.
pub trait LoggingSink: Send + Sync + 'static {
    /// Takes over level, format and receivers for every line from now on; the first call also
    /// releases what was held back before. Must not block.
    fn apply(&self, level: LogLevel, format: LogFormat, write_to: &[LogsReceiver]);
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
    #[args(default = LogDestination::Stderr)]
    pub destination: LogDestination,
    /// Receivers that get every line as well, with the label `component="alloy"`. A receiver that is
    /// too slow loses lines.
    #[args(optional)]
    pub write_to: Vec<LogsReceiver>,
}

impl LoggingArgs {
    fn check(&self) -> Result<(), String> {
        if self.destination == LogDestination::WindowsEventLog {
            return Err("logging: destination \"windows_event_log\" needs Windows".to_owned());
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
    doc: "Level, format and receivers of the log lines of the process.",
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
        match args {
            Some(args) => self.0.apply(args.level, args.format, &args.write_to),
            None => self.0.apply(LogLevel::default(), LogFormat::default(), &[]),
        }
        Ok(())
    }
}

impl fmt::Debug for LoggingBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoggingBlock")
    }
}

/// A setting with a table of texts. An empty text, like `null`, is its default.
macro_rules! text_setting {
    ($ty:ident, $what:literal, $($text:literal => $variant:ident),+) => {
        impl $ty {
            const TEXTS: &[&str] = &[$($text),+];
        }

        impl fmt::Display for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => $text,)+
                })
            }
        }

        impl FromStr for $ty {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    "" => Ok(Self::default()),
                    $($text => Ok(Self::$variant),)+
                    _ => Err(format!("unrecognized log {} {}", $what, quote(text))),
                }
            }
        }

        impl FromValue for $ty {
            fn from_value(value: &Value) -> Result<Self, DecodeError> {
                text_of(value)?.parse().map_err(|error: String| DecodeError::value(error))
            }
        }

        impl ToValue for $ty {
            const TYPE: TypeSchema = TypeSchema::OneOf(Self::TEXTS);

            fn to_value(&self) -> Value {
                Value::from(self.to_string())
            }
        }
    };
}

text_setting!(LogLevel, "level", "debug" => Debug, "info" => Info, "warn" => Warn, "error" => Error);
text_setting!(LogFormat, "format", "logfmt" => Logfmt, "json" => Json);
text_setting!(
    LogDestination, "destination", "stderr" => Stderr, "windows_event_log" => WindowsEventLog
);
