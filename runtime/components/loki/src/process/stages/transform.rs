//! Stages that write the line or extracted values.

use alloy_value::{Block, ByteSize};

use super::{SourceType, check_regex, check_source};

/// Makes an extracted value the line.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct OutputStage {
    /// The extracted value.
    pub source: String,
}

impl OutputStage {
    fn check(&self) -> Result<(), String> {
        match &*self.source {
            "" => {
                Err("stage.output: output source value is required if output is specified"
                    .to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// Packs the line and labels into a JSON object, which becomes the line.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct PackStage {
    /// Extracted values and labels to pack. The labels are removed from the entry.
    pub labels: Vec<String>,
    /// Sets the timestamp to the current time, so that entries of merged streams stay in order.
    #[args(default = true)]
    pub ingest_timestamp: bool,
}

/// Replaces what a regular expression captures.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct ReplaceStage {
    /// Regular expression (RE2 syntax); what its groups capture is replaced.
    pub expression: String,
    /// Extracted value to change instead of the line.
    #[args(default = "")]
    pub source: String,
    /// Go template of the new text; `.Value` is the captured one. Empty deletes it.
    #[args(default = "")]
    pub replace: String,
}

impl ReplaceStage {
    fn check(&self) -> Result<(), String> {
        if self.expression.is_empty() {
            return Err("stage.replace: expression is required".to_owned());
        }
        check_regex("stage.replace", &self.expression)
    }
}

/// Writes an extracted value with a template.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct TemplateStage {
    /// Extracted value to write; it need not be there before. An empty result removes it.
    pub source: String,
    /// Go template with the extracted values by name, `.Value` (the old value) and `.Entry` (the
    /// line).
    pub template: String,
}

impl TemplateStage {
    fn check(&self) -> Result<(), String> {
        match &*self.source {
            "" => Err("template source value is required".to_owned()),
            _ => Ok(()),
        }
    }
}

/// Hides numbers that look like those of payment cards: they pass the Luhn test.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct LuhnStage {
    /// Text to put in place of a number; `**REDACTED**` if empty.
    #[args(default = "")]
    pub replacement: String,
    /// Extracted value to read instead of the line. The result becomes the line.
    pub source: Option<String>,
    /// Fewest digits of a number; 13 if below 1.
    #[args(default = 0)]
    pub min_length: i64,
    /// Characters that may stand between digits.
    #[args(default = "")]
    pub delimiters: String,
    /// Regular expression (RE2 syntax); numbers within its matches are left alone.
    #[args(default = "")]
    pub skip_regex: String,
}

impl LuhnStage {
    fn check(&self) -> Result<(), String> {
        check_regex("stage.luhn", &self.skip_regex)?;
        check_source("stage.luhn", self.source.as_deref())
    }
}

/// Cuts what is too long.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct TruncateStage {
    /// What to cut, and where.
    #[args(block, required, name = "rule")]
    pub rules: Vec<TruncateRule>,
}

/// Cuts one kind of value.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct TruncateRule {
    /// Length beyond which a value is cut.
    pub limit: ByteSize,
    /// Text to end what is cut with. The cut leaves room for it.
    #[args(default = "")]
    pub suffix: String,
    /// Names of the values to cut; all of the kind if empty.
    #[args(optional)]
    pub sources: Vec<String>,
    /// Kind of value: `line`, `label`, `structured_metadata` or `extracted`.
    #[args(default = SourceType::Line)]
    pub source_type: SourceType,
}

impl TruncateRule {
    fn check(&self) -> Result<(), String> {
        let ByteSize(limit) = self.limit;
        if limit <= 0 {
            return Err("limit must be greater than zero".to_owned());
        }
        if self.suffix.len() as i64 >= limit {
            return Err(format!(
                "suffix must be shorter than the limit of {} of its rule in stage.truncate",
                self.limit
            ));
        }
        if self.source_type == SourceType::Line && !self.sources.is_empty() {
            return Err("sources cannot be set when source_type is 'line'".to_owned());
        }
        Ok(())
    }
}
