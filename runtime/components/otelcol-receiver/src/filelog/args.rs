//! Arguments of `otelcol.receiver.filelog`.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_blocks::otelcol::{DebugMetricsBlock, OutputBlock};
use alloy_component::OtelStorage;
use alloy_value::{Args, Block, ByteSize, Value};

/// Compressions of files that are read; the empty one is none.
const COMPRESSIONS: [&str; 3] = ["", "gzip", "auto"];

/// What files can be sorted by.
const SORT_TYPES: [&str; 4] = ["timestamp", "numeric", "lexicographic", "mtime"];

/// A step that parses or changes log records, as an object with at least a `type`.
type Operator = BTreeMap<String, Value>;

/// Arguments of `otelcol.receiver.filelog`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct FilelogArgs {
    /// Glob patterns of files to read.
    pub include: Vec<String>,
    /// Glob patterns of files to leave out.
    #[args(optional)]
    pub exclude: Vec<String>,
    /// Leaves out files that were not written to for so long; 0 takes all.
    #[args(default = "0s")]
    pub exclude_older_than: Duration,
    /// How often to look for new files and lines.
    #[args(default = "200ms")]
    pub poll_interval: Duration,
    /// Most files to read at a time.
    #[args(default = 1024)]
    pub max_concurrent_files: i64,
    /// Most groups of `max_concurrent_files` files to read between two looks; 0 for no limit.
    #[args(default = 0)]
    pub max_batches: i64,
    /// Where to begin in files that are there at start: `beginning` or `end`.
    #[args(default = "end")]
    pub start_at: String,
    /// Bytes at the beginning of a file by which it is recognized, at least 16.
    #[args(default = "1KiB")]
    pub fingerprint_size: ByteSize,
    /// Longest log record; longer ones are split.
    #[args(default = "1MiB")]
    pub max_log_size: ByteSize,
    /// Encoding of the files, such as `utf-8` or `utf-16le`; `nop` passes bytes on as they are.
    #[args(default = "utf-8")]
    pub encoding: String,
    /// How long to wait for the end of an incomplete record.
    #[args(default = "500ms")]
    pub force_flush_period: Duration,
    /// Deletes files once they are read; needs `start_at = "beginning"`.
    #[args(default = false)]
    pub delete_after_read: bool,
    /// Adds the number of the record in its file as `log.file.record_number`.
    #[args(default = false)]
    pub include_file_record_number: bool,
    /// Compression of the files: none if empty, `gzip`, or `auto` to go by the ending `.gz`.
    #[args(default = "")]
    pub compression: String,
    /// Locks a file while it is read.
    #[args(default = false)]
    pub acquire_fs_lock: bool,
    /// Tells the operating system that what was read need not be cached.
    #[args(default = false)]
    pub file_cache_advise: bool,
    /// Keeps white space at the beginning of records.
    #[args(default = false)]
    pub preserve_leading_whitespaces: bool,
    /// Keeps white space at the end of records.
    #[args(default = false)]
    pub preserve_trailing_whitespaces: bool,
    /// Adds the name of the file as `log.file.name`.
    #[args(default = true)]
    pub include_file_name: bool,
    /// Adds the path of the file as `log.file.path`.
    #[args(default = false)]
    pub include_file_path: bool,
    /// Adds the name of the file without symbolic links as `log.file.name_resolved`.
    #[args(default = false)]
    pub include_file_name_resolved: bool,
    /// Adds the path of the file without symbolic links as `log.file.path_resolved`.
    #[args(default = false)]
    pub include_file_path_resolved: bool,
    /// Adds the owner of the file as `log.file.owner.name`.
    #[args(default = false)]
    pub include_file_owner_name: bool,
    /// Adds the group of the file as `log.file.owner.group.name`.
    #[args(default = false)]
    pub include_file_owner_group_name: bool,
    /// Adds the permissions of the file as `log.file.permissions`.
    #[args(default = false)]
    pub include_file_permissions: bool,
    /// Attributes to add to each record.
    #[args(optional)]
    pub attributes: BTreeMap<String, String>,
    /// Resource attributes to add to each record.
    #[args(optional)]
    pub resource: BTreeMap<String, String>,
    /// Steps that each record goes through, as objects with a `type`.
    #[args(optional)]
    pub operators: Vec<Operator>,
    /// Storage that keeps positions over restarts: the export of `otelcol.storage.file`.
    pub storage: Option<OtelStorage>,
    /// Reads only the first files of an order.
    #[args(block)]
    pub ordering_criteria: Option<OrderingCriteriaBlock>,
    /// Splits files into records of several lines.
    #[args(block)]
    pub multiline: Option<MultilineBlock>,
    /// Reads metadata from the first lines of files.
    #[args(block)]
    pub header: Option<HeaderBlock>,
    /// Keeps records that were refused for now and sends them again.
    #[args(block, default)]
    pub retry_on_failure: ConsumerRetryBlock,
    /// The component's own metrics.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
    /// Where log records are sent.
    #[args(block)]
    pub output: OutputBlock,
}

/// Reads only the first files of an order.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct OrderingCriteriaBlock {
    /// Regular expression with named groups, which `regex_key` and `group_by` refer to.
    #[args(default = "")]
    pub regex: String,
    /// How many files to read; 1 if 0.
    #[args(default = 0)]
    pub top_n: i64,
    /// Group of `regex`: files with the same value are ordered among themselves.
    #[args(default = "")]
    pub group_by: String,
    /// What to sort by, in turn.
    #[args(block, required)]
    pub sort_by: Vec<SortByBlock>,
}

/// What files are sorted by.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct SortByBlock {
    /// What to compare: `timestamp`, `numeric` or `lexicographic` (of `regex_key`), or `mtime`
    /// (when the file was changed).
    #[args(default = "")]
    pub sort_type: String,
    /// Group of `regex` to compare.
    #[args(default = "")]
    pub regex_key: String,
    /// Begins with the smallest.
    #[args(default = false)]
    pub ascending: bool,
    /// For `timestamp`: how times are written, in the notation of `strptime`.
    #[args(default = "")]
    pub layout: String,
    /// For `timestamp`: time zone, UTC if empty.
    #[args(default = "")]
    pub location: String,
}

/// Splits files into records of several lines, by one of two patterns.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct MultilineBlock {
    /// Regular expression for the beginning of a record.
    #[args(default = "")]
    pub line_start_pattern: String,
    /// Regular expression for the end of a record.
    #[args(default = "")]
    pub line_end_pattern: String,
    /// Leaves out of the records what the pattern matches.
    #[args(default = false)]
    pub omit_pattern: bool,
}

/// Reads metadata from the first lines of files.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct HeaderBlock {
    /// Regular expression for lines of the header; the first other line ends it.
    pub pattern: String,
    /// Steps that the lines go through; the attributes that they set are added to each record.
    pub metadata_operators: Vec<Operator>,
}

/// Keeps records that were refused for now and sends them again.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ConsumerRetryBlock {
    /// Sends refused records again.
    #[args(default = false)]
    pub enabled: bool,
    /// Delay before the first repetition.
    #[args(default = "1s")]
    pub initial_interval: Duration,
    /// Longest delay.
    #[args(default = "30s")]
    pub max_interval: Duration,
    /// Time after which records are given up; 0 for never.
    #[args(default = "5m")]
    pub max_elapsed_time: Duration,
}

impl MultilineBlock {
    fn check(&self) -> Result<(), String> {
        match (self.line_start_pattern.is_empty(), self.line_end_pattern.is_empty()) {
            (true, true) => {
                Err("either line_start_pattern or line_end_pattern must be set".to_owned())
            }
            (false, false) => {
                Err("only one of line_start_pattern or line_end_pattern can be set".to_owned())
            }
            _ => Ok(()),
        }
    }
}

impl FilelogArgs {
    fn check(&self) -> Result<(), String> {
        let faults = self.faults();
        let count = match faults.len() {
            0 => return Ok(()),
            1 => "1 error".to_owned(),
            count => format!("{count} errors"),
        };
        Err(format!("{count} occurred:\n\t* {}", faults.join("\n\t* ")))
    }

    /// Everything that is wrong.
    fn faults(&self) -> Vec<String> {
        let mut faults: Vec<_> =
            self.operators.iter().filter_map(|o| operator_fault("operator", o)).collect();
        if self.max_concurrent_files < 1 {
            faults.push("'max_concurrent_files' must be positive".to_owned());
        }
        if self.max_batches < 0 {
            faults.push("'max_batches' must not be negative".to_owned());
        }
        if self.delete_after_read && self.start_at == "end" {
            faults.push("'delete_after_read' cannot be used with 'start_at = end'".to_owned());
        }
        if let Some(order) = &self.ordering_criteria {
            if order.top_n < 0 {
                faults.push("'top_n' must not be negative".to_owned());
            }
            let unknown = order.sort_by.iter().map(|sort| &sort.sort_type);
            let unknown = unknown.filter(|name| !SORT_TYPES.contains(&name.as_str()));
            faults.extend(unknown.map(|name| format!("invalid 'sort_type': {name}")));
        }
        if !COMPRESSIONS.contains(&self.compression.as_str()) {
            faults.push(format!("invalid 'compression' type: {}", self.compression));
        }
        let sizes =
            [("fingerprint_size", self.fingerprint_size), ("max_log_size", self.max_log_size)];
        let negative = sizes.into_iter().filter(|(_, size)| size.0 < 0);
        faults.extend(negative.map(|(name, _)| format!("'{name}' must not be negative")));
        if let Some(header) = &self.header {
            let operators = &header.metadata_operators;
            if operators.is_empty() {
                faults.push("'header' requires at least one 'metadata_operator'".to_owned());
            }
            faults.extend(operators.iter().filter_map(|o| operator_fault("metadata_operator", o)));
        }
        faults
    }
}

/// What is wrong with an operator whatever its type.
fn operator_fault(kind: &str, operator: &Operator) -> Option<String> {
    let fault = match operator.get("type") {
        None | Some(Value::Null) => "missing required field 'type'",
        Some(Value::String(_)) => return None,
        Some(_) => "field 'type' must be a string",
    };
    Some(format!("failed to parse '{kind}': {fault}"))
}
