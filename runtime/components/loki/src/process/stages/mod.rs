//! The stages of `loki.process`, by what they do.
//!
//! # Invariants
//! - A check refuses what no entry could make sense of, and names its stage: stages have no labels
//!   that a message could tell them apart by.
//! - What needs a file or a clock to be refused is refused when the pipeline is built.

mod extract;
mod filter;
mod labels;
mod lines;
mod metrics;
mod pattern;
mod timestamp;
mod transform;

use alloy_flow_regex::Regex;
use alloy_value::Block;

pub use extract::{
    EventLogMessageStage, GeoipDatabase, GeoipStage, JsonStage, LogfmtStage, RegexStage,
    WindowsEventStage,
};
pub use filter::{DropStage, LimitStage, MatchStage, SamplingStage};
pub use labels::{
    LabelDropStage, LabelKeepStage, LabelsStage, SourceType, StaticLabelsStage,
    StructuredMetadataDropStage, StructuredMetadataStage, TenantStage,
};
pub use lines::{CriStage, DecolorizeStage, DockerStage, MultilineStage, SplitJsonStage};
pub use metrics::{CounterMetric, GaugeMetric, HistogramMetric, Metric, MetricBase, MetricsStage};
pub use pattern::PatternStage;
pub use timestamp::TimestampStage;
pub use transform::{
    LuhnStage, OutputStage, PackStage, ReplaceStage, TemplateStage, TruncateRule, TruncateStage,
};

/// One step of a pipeline.
#[derive(Block, Clone, Debug, PartialEq)]
pub enum Stage {
    /// Reads the log format of Kubernetes container runtimes and joins its partial lines.
    Cri(CriStage),
    /// Removes terminal colors from the line.
    Decolorize(DecolorizeStage),
    /// Reads the JSON log format of Docker.
    Docker(DockerStage),
    /// Drops entries.
    Drop(DropStage),
    /// Reads the message text of Windows events. Use `windowsevent` for new configurations.
    EventLogMessage(EventLogMessageStage),
    /// Looks an IP address up in a MaxMind database.
    Geoip(GeoipStage),
    /// Reads values from JSON.
    Json(JsonStage),
    /// Keeps only the named labels.
    #[args(name = "label_keep")]
    LabelKeep(LabelKeepStage),
    /// Removes labels.
    #[args(name = "label_drop")]
    LabelDrop(LabelDropStage),
    /// Turns extracted values into labels.
    Labels(LabelsStage),
    /// Limits the rate of entries.
    Limit(LimitStage),
    /// Reads values from logfmt.
    Logfmt(LogfmtStage),
    /// Hides numbers that look like those of payment cards.
    Luhn(LuhnStage),
    /// Runs stages for some of the entries, or drops those.
    Match(MatchStage),
    /// Makes metrics from entries.
    Metrics(MetricsStage),
    /// Joins lines that belong together.
    Multiline(MultilineStage),
    /// Makes an extracted value the line.
    Output(OutputStage),
    /// Packs the line and labels into a JSON object.
    Pack(PackStage),
    /// Reads values with a pattern.
    Pattern(PatternStage),
    /// Reads values with a regular expression.
    Regex(RegexStage),
    /// Replaces what a regular expression captures.
    Replace(ReplaceStage),
    /// Turns a line with a JSON array into one entry for each element.
    #[args(name = "split_json")]
    SplitJson(SplitJsonStage),
    /// Sets labels to fixed values.
    #[args(name = "static_labels")]
    StaticLabels(StaticLabelsStage),
    /// Turns extracted values and labels into structured metadata.
    #[args(name = "structured_metadata")]
    StructuredMetadata(StructuredMetadataStage),
    /// Removes structured metadata.
    #[args(name = "structured_metadata_drop")]
    StructuredMetadataDrop(StructuredMetadataDropStage),
    /// Keeps a random share of the entries.
    Sampling(SamplingStage),
    /// Writes an extracted value with a template.
    Template(TemplateStage),
    /// Chooses the tenant.
    Tenant(TenantStage),
    /// Cuts what is too long.
    Truncate(TruncateStage),
    /// Sets the timestamp from an extracted value.
    Timestamp(TimestampStage),
    /// Reads the message text of Windows events.
    WindowsEvent(WindowsEventStage),
}

/// Refuses an expression that does not compile.
fn check_regex(stage: &str, text: &str) -> Result<(), String> {
    match Regex::new(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{stage}: could not compile regular expression: {error}")),
    }
}

/// Refuses a source that is there and empty.
fn check_source(stage: &str, source: Option<&str>) -> Result<(), String> {
    match source {
        Some("") => Err(format!("{stage}: empty source")),
        _ => Ok(()),
    }
}
