//! Stages about labels, structured metadata and the tenant.

use std::collections::BTreeMap;

use alloy_value::Block;

use super::check_regex;

/// Where a stage finds values.
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
#[args(unknown = "unknown source_type: {}")]
pub enum SourceType {
    /// The line.
    Line,
    /// Labels.
    Label,
    /// Structured metadata.
    #[args(name = "structured_metadata")]
    StructuredMetadata,
    /// Extracted values.
    Extracted,
}

/// Turns extracted values into labels.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct LabelsStage {
    /// Label to the value that it takes; `null` or an empty name stands for the label's name.
    pub values: BTreeMap<String, Option<String>>,
    /// Where the values are: `extracted` (also if not set) or `structured_metadata`.
    pub source_type: Option<SourceType>,
}

impl LabelsStage {
    fn check(&self) -> Result<(), String> {
        if self.values.is_empty() {
            return Err("stage.labels: label stage config cannot be empty: set values".to_owned());
        }
        check_names("stage.labels", self.values.keys())?;
        let refused = match self.source_type {
            Some(SourceType::Line) => "line",
            Some(SourceType::Label) => "label",
            _ => return Ok(()),
        };
        Err(format!(
            "stage.labels: invalid labels source_type: {refused}. Can only be 'extracted' or \
             'structured_metadata'"
        ))
    }
}

/// Sets labels to fixed values.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct StaticLabelsStage {
    /// Label to its value; `null` and empty values are left out.
    pub values: BTreeMap<String, Option<String>>,
}

impl StaticLabelsStage {
    fn check(&self) -> Result<(), String> {
        check_names("stage.static_labels", self.values.keys())
    }
}

/// Removes labels.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct LabelDropStage {
    /// Labels to remove.
    pub values: Vec<String>,
}

impl LabelDropStage {
    fn check(&self) -> Result<(), String> {
        check_list("stage.label_drop: labeldrop", &self.values)
    }
}

/// Keeps only the named labels.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct LabelKeepStage {
    /// Labels to keep.
    pub values: Vec<String>,
}

impl LabelKeepStage {
    fn check(&self) -> Result<(), String> {
        check_list("stage.label_keep: labelallow", &self.values)
    }
}

/// Turns extracted values and labels into structured metadata.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct StructuredMetadataStage {
    /// Name in the metadata to the extracted value or label that it takes; `null` or an empty name
    /// stands for the same name. A label that is taken is removed.
    #[args(optional)]
    pub values: BTreeMap<String, Option<String>>,
    /// Takes every extracted value and label whose name this regular expression matches.
    #[args(default = "")]
    pub regex: String,
}

impl StructuredMetadataStage {
    fn check(&self) -> Result<(), String> {
        check_names("stage.structured_metadata", self.values.keys())?;
        check_regex("stage.structured_metadata", &self.regex)
    }
}

/// Removes structured metadata.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct StructuredMetadataDropStage {
    /// Names to remove.
    pub values: Vec<String>,
}

impl StructuredMetadataDropStage {
    fn check(&self) -> Result<(), String> {
        check_list("stage.structured_metadata_drop: structured_metadata_drop", &self.values)
    }
}

/// Chooses the tenant that an entry is sent for. Exactly one attribute is set.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct TenantStage {
    /// Label that holds the tenant.
    #[args(default = "")]
    pub label: String,
    /// Extracted value that holds the tenant.
    #[args(default = "")]
    pub source: String,
    /// The tenant.
    #[args(default = "")]
    pub value: String,
}

impl TenantStage {
    fn check(&self) -> Result<(), String> {
        let set = [&self.label, &self.source, &self.value];
        match set.into_iter().filter(|text| !text.is_empty()).count() {
            0 => Err("stage.tenant: label, source or value config are required".to_owned()),
            1 => Ok(()),
            _ => {
                Err("stage.tenant: label, source and value are mutually exclusive: you should set \
                      source, value or label but not all"
                    .to_owned())
            }
        }
    }
}

fn check_names<'a>(stage: &str, mut names: impl Iterator<Item = &'a String>) -> Result<(), String> {
    // The key `""` of an object keeps its quotes (spec/language.md §3.1).
    match names.any(|name| name.is_empty() || name == "\"\"") {
        true => Err(format!("{stage}: values must not have an empty name")),
        false => Ok(()),
    }
}

fn check_list(stage: &str, values: &[String]) -> Result<(), String> {
    match values {
        [] => Err(format!("{stage} stage config cannot be empty: set values")),
        _ => Ok(()),
    }
}
