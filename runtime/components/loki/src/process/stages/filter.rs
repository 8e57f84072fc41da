//! Stages that choose entries.

use std::time::Duration;

use alloy_value::{Block, ByteSize};

use super::{Stage, check_regex};

const KEEP: &str = "keep";
const DROP: &str = "drop";

/// Runs stages for some of the entries, or drops those.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct MatchStage {
    /// LogQL stream selector, with line filters if wanted, such as `{app="api"} |= "error"`.
    #[args(syntax = "logql")]
    pub selector: String,
    /// What is done with matching entries: `keep` (also if empty) runs the stages, `drop` drops
    /// them.
    #[args(default = "")]
    pub action: String,
    /// Name of the inner pipeline.
    #[args(default = "")]
    pub pipeline_name: String,
    /// Reason under which dropped entries are counted; `match_stage` if empty.
    #[args(default = "")]
    pub drop_counter_reason: String,
    /// What is done with matching entries, in order.
    #[args(enumerated, name = "stage")]
    pub stages: Vec<Stage>,
}

impl MatchStage {
    /// True if matching entries are dropped.
    pub fn drops(&self) -> bool {
        self.action == DROP
    }

    fn check(&self) -> Result<(), String> {
        if self.selector.is_empty() {
            return Err(
                "stage.match: selector statement required for match stage: set selector".to_owned()
            );
        }
        let message = match (&*self.action, self.stages.is_empty()) {
            ("" | KEEP, true) => "match stage requires at least one additional stage to be defined",
            ("" | KEEP, false) | (DROP, true) => return Ok(()),
            (DROP, false) => "match stage configured to drop entries cannot contain stages",
            _ => "match stage action should be 'keep' or 'drop'",
        };
        Err(format!("stage.match: {message}"))
    }
}

/// Drops entries for which all that is set holds.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct DropStage {
    /// Reason under which dropped entries are counted; `drop_stage` if empty.
    #[args(default = "")]
    pub drop_counter_reason: String,
    /// Extracted values that must be there, separated by commas.
    #[args(default = "")]
    pub source: String,
    /// What the joined values of `source` must be.
    #[args(default = "")]
    pub value: String,
    /// Text between the joined values of `source`; `;` if empty.
    #[args(default = "")]
    pub separator: String,
    /// Regular expression (RE2 syntax) that must match in the joined values of `source`, or without
    /// it in the line.
    #[args(default = "")]
    pub expression: String,
    /// Age of the timestamp beyond which an entry is dropped.
    #[args(default = "0s")]
    pub older_than: Duration,
    /// Length of the line beyond which an entry is dropped.
    #[args(default = "0B")]
    pub longer_than: ByteSize,
}

impl DropStage {
    fn check(&self) -> Result<(), String> {
        let unset = self.source.is_empty()
            && self.expression.is_empty()
            && self.older_than.is_zero()
            && self.longer_than == ByteSize(0);
        if unset {
            return Err("stage.drop: drop stage config must contain at least one of `source`, \
                        `expression`, `older_than` or `longer_than`"
                .to_owned());
        }
        if !self.value.is_empty() && !self.expression.is_empty() {
            return Err("stage.drop: only one of `value` and `expression` can be set".to_owned());
        }
        if !self.value.is_empty() && self.source.is_empty() {
            return Err("stage.drop: `value` needs `source`".to_owned());
        }
        check_regex("stage.drop", &self.expression)
    }
}

/// Limits the rate of entries.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct LimitStage {
    /// Entries per second in the long run.
    pub rate: f64,
    /// Entries that may come at once.
    pub burst: i64,
    /// Drops what is too much; otherwise it waits.
    #[args(default = false)]
    pub drop: bool,
    /// Limits each value of this label by itself; entries without the label pass. Needs `drop`.
    #[args(default = "")]
    pub by_label_name: String,
    /// Number of label values to remember, at least 10,000.
    #[args(default = 0)]
    pub max_distinct_labels: i64,
}

impl LimitStage {
    fn check(&self) -> Result<(), String> {
        if self.rate <= 0.0 || self.rate.is_nan() || self.burst <= 0 {
            return Err("stage.limit: limit stage failed to parse rate or burst: both must be \
                        greater than 0"
                .to_owned());
        }
        if !self.by_label_name.is_empty() && !self.drop {
            return Err("stage.limit: when ratelimiting by label, drop must be true".to_owned());
        }
        Ok(())
    }
}

/// Keeps a random share of the entries.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct SamplingStage {
    /// Reason under which dropped entries are counted.
    #[args(default = "sampling_stage")]
    pub drop_counter_reason: String,
    /// Share of entries to keep, from 0 to 1.
    pub rate: f64,
}

impl SamplingStage {
    fn check(&self) -> Result<(), String> {
        match self.rate {
            0.0..=1.0 => Ok(()),
            rate => Err(format!(
                "sampling stage failed to parse rate,Sampling Rate must be between 0.0 and 1.0, \
                 received {rate:.6}"
            )),
        }
    }
}
