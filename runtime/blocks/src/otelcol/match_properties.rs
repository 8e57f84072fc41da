//! Which spans, metrics and log records a processor is about.

use alloy_value::{Block, Value};

/// What spans, metrics and log records must have. Everything that is set must match; of a list, one
/// entry is enough.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct MatchBlock {
    /// How texts are compared: `strict` (equal) or `regexp` (regular expressions).
    pub match_type: String,
    /// Values of the resource attribute `service.name`.
    #[args(optional)]
    pub services: Vec<String>,
    /// Names of spans.
    #[args(optional)]
    pub span_names: Vec<String>,
    /// Bodies of log records.
    #[args(optional)]
    pub log_bodies: Vec<String>,
    /// Severity texts of log records.
    #[args(optional)]
    pub log_severity_texts: Vec<String>,
    /// Names of metrics.
    #[args(optional)]
    pub metric_names: Vec<String>,
    /// Kinds of spans, such as `SPAN_KIND_SERVER`.
    #[args(optional)]
    pub span_kinds: Vec<String>,
    /// Cache for the results of regular expressions.
    #[args(block)]
    pub regexp: Option<MatchRegexpBlock>,
    /// Lowest severity of log records.
    #[args(block)]
    pub log_severity: Option<MatchLogSeverityBlock>,
    /// Attributes; all of them must match.
    #[args(block, name = "attribute")]
    pub attributes: Vec<MatchAttributeBlock>,
    /// Resource attributes; all of them must match.
    #[args(block, name = "resource")]
    pub resources: Vec<MatchAttributeBlock>,
    /// Instrumentation libraries.
    #[args(block, name = "library")]
    pub libraries: Vec<MatchLibraryBlock>,
}

impl MatchBlock {
    fn check(&self) -> Result<(), String> {
        match self.match_type.as_str() {
            "strict" | "regexp" => Ok(()),
            other => Err(format!("match_type must be \"strict\" or \"regexp\", got {other:?}")),
        }
    }
}

/// Cache for the results of regular expressions.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct MatchRegexpBlock {
    /// Remembers which texts matched.
    #[args(default = false)]
    pub cache_enabled: bool,
    /// Most texts to remember; 0 for no limit.
    #[args(default = 0)]
    pub cache_max_num_entries: i64,
}

/// An attribute that must be there.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct MatchAttributeBlock {
    /// Name of the attribute.
    pub key: String,
    /// Value that it must have; any when left out.
    #[args(optional)]
    pub value: Value,
}

/// An instrumentation library.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct MatchLibraryBlock {
    /// Name of the library.
    pub name: String,
    /// Version of the library; any when left out, none when empty.
    pub version: Option<String>,
}

/// Lowest severity of log records.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct MatchLogSeverityBlock {
    /// Lowest severity that matches, from `TRACE` to `FATAL4`.
    pub min: SeverityLevel,
    /// Whether log records without a severity match.
    pub match_undefined: bool,
}

/// Severity of a log record.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[args(unknown = "unrecognized severity level {:?}")]
pub enum SeverityLevel {
    /// `TRACE`
    #[args(name = "TRACE")]
    Trace,
    /// `TRACE2`
    #[args(name = "TRACE2")]
    Trace2,
    /// `TRACE3`
    #[args(name = "TRACE3")]
    Trace3,
    /// `TRACE4`
    #[args(name = "TRACE4")]
    Trace4,
    /// `DEBUG`
    #[args(name = "DEBUG")]
    Debug,
    /// `DEBUG2`
    #[args(name = "DEBUG2")]
    Debug2,
    /// `DEBUG3`
    #[args(name = "DEBUG3")]
    Debug3,
    /// `DEBUG4`
    #[args(name = "DEBUG4")]
    Debug4,
    /// `INFO`
    #[args(name = "INFO")]
    Info,
    /// `INFO2`
    #[args(name = "INFO2")]
    Info2,
    /// `INFO3`
    #[args(name = "INFO3")]
    Info3,
    /// `INFO4`
    #[args(name = "INFO4")]
    Info4,
    /// `WARN`
    #[args(name = "WARN")]
    Warn,
    /// `WARN2`
    #[args(name = "WARN2")]
    Warn2,
    /// `WARN3`
    #[args(name = "WARN3")]
    Warn3,
    /// `WARN4`
    #[args(name = "WARN4")]
    Warn4,
    /// `ERROR`
    #[args(name = "ERROR")]
    Error,
    /// `ERROR2`
    #[args(name = "ERROR2")]
    Error2,
    /// `ERROR3`
    #[args(name = "ERROR3")]
    Error3,
    /// `ERROR4`
    #[args(name = "ERROR4")]
    Error4,
    /// `FATAL`
    #[args(name = "FATAL")]
    Fatal,
    /// `FATAL2`
    #[args(name = "FATAL2")]
    Fatal2,
    /// `FATAL3`
    #[args(name = "FATAL3")]
    Fatal3,
    /// `FATAL4`
    #[args(name = "FATAL4")]
    Fatal4,
}
