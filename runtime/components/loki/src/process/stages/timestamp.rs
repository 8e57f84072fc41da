//! The stage that sets the timestamp.

use alloy_value::Block;

/// Sets the timestamp from an extracted value.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct TimestampStage {
    /// Extracted value that holds the time.
    pub source: String,
    /// Form of the time: `RFC3339`, `Unix`, `UnixMs` and other names, or a Go layout such as
    /// `2006-01-02 15:04:05`.
    pub format: String,
    /// Forms to try when `format` does not fit.
    #[args(optional)]
    pub fallback_formats: Vec<String>,
    /// Time zone of times that don't say theirs, such as `Europe/Berlin`; UTC if not set.
    pub location: Option<String>,
    /// What is done with a time that cannot be read: `fudge` (also if empty) takes the last one of
    /// the stream plus a nanosecond, `skip` leaves the entry's own.
    #[args(default = "")]
    pub action_on_failure: String,
    /// What is done with the same time as before: `fudge` (also if empty) adds a nanosecond, `keep`
    /// leaves it.
    #[args(default = "")]
    pub action_on_duplicate_timestamp: String,
}

impl TimestampStage {
    fn check(&self) -> Result<(), String> {
        let message = match () {
            () if self.source.is_empty() => {
                "timestamp source value is required if timestamp is specified"
            }
            () if self.format.is_empty() => "timestamp format is required",
            () if !["", "skip", "fudge"].contains(&&*self.action_on_failure) => {
                "invalid action on failure (supported values are [skip fudge])"
            }
            () if !["", "keep", "fudge"].contains(&&*self.action_on_duplicate_timestamp) => {
                "invalid action on duplicate timestamp (supported values are [keep fudge])"
            }
            () => return Ok(()),
        };
        Err(format!("stage.timestamp: {message}"))
    }
}
