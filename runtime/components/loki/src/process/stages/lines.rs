//! Stages that know log formats or join and split lines.

use alloy_value::{Block, GoDuration};

use super::{check_regex, check_source};

/// Reads the log format of Kubernetes container runtimes and joins its partial lines.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct CriStage {
    /// Number of streams with an unfinished line beyond which all of these are sent as they are.
    #[args(default = 100)]
    pub max_partial_lines: i64,
    /// Bytes at which a joined line is cut, with `max_partial_line_size_truncate`; 0: no limit.
    #[args(default = 0)]
    pub max_partial_line_size: u64,
    /// Cuts joined lines that are too long.
    #[args(default = false)]
    pub max_partial_line_size_truncate: bool,
}

impl CriStage {
    fn check(&self) -> Result<(), String> {
        match self.max_partial_lines {
            ..=0 => Err("max_partial_lines must be greater than 0".to_owned()),
            _ => Ok(()),
        }
    }
}

/// Removes terminal colors from the line.
#[derive(Block, Clone, Debug, Default, PartialEq, Eq)]
pub struct DecolorizeStage {}

/// Reads the JSON log format of Docker.
#[derive(Block, Clone, Debug, Default, PartialEq, Eq)]
pub struct DockerStage {}

/// Joins lines that belong together.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct MultilineStage {
    /// Regular expression (RE2 syntax) that matches the first line of a group.
    pub firstline: String,
    /// Number of lines at which a group is sent; 0: no limit.
    #[args(default = 128)]
    pub max_lines: u64,
    /// How long a group waits for its next line.
    #[args(default = "3s")]
    pub max_wait_time: GoDuration,
    /// Removes line breaks at the end of each line before they are joined.
    #[args(default = true)]
    pub trim_newlines: bool,
}

impl MultilineStage {
    fn check(&self) -> Result<(), String> {
        if self.max_wait_time.0 <= 0 {
            return Err("max_wait_time must be greater than 0".to_owned());
        }
        if self.firstline.is_empty() {
            return Err(
                "stage.multiline: multiline stage config must define `firstline` regular expression"
                    .to_owned(),
            );
        }
        check_regex("stage.multiline", &self.firstline)
    }
}

/// Turns a line with a JSON array into one entry for each element.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct SplitJsonStage {
    /// Extracted value to read instead of the line.
    pub source: Option<String>,
}

impl SplitJsonStage {
    fn check(&self) -> Result<(), String> {
        check_source("stage.split_json", self.source.as_deref())
    }
}
