//! Stages that read values from an entry.

use std::collections::BTreeMap;

use alloy_value::Block;

use super::{check_regex, check_source};

/// Reads values from JSON.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct JsonStage {
    /// Name of an extracted value to the JMESPath expression that finds it. An empty expression
    /// stands for the name.
    #[args(optional)]
    pub expressions: BTreeMap<String, String>,
    /// Takes every key of the object that this regular expression matches.
    #[args(default = "")]
    pub regex: String,
    /// Extracted value to read instead of the line.
    pub source: Option<String>,
    /// Drops entries that are no JSON object.
    #[args(default = false)]
    pub drop_malformed: bool,
}

impl JsonStage {
    fn check(&self) -> Result<(), String> {
        if self.expressions.is_empty() && self.regex.is_empty() {
            return Err("stage.json: JMES expressions or regex is required".to_owned());
        }
        check_regex("stage.json", &self.regex)?;
        check_source("stage.json", self.source.as_deref())
    }
}

/// Reads values from logfmt.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct LogfmtStage {
    /// Name of an extracted value to the key that holds it. An empty key stands for the name.
    #[args(optional)]
    pub mapping: BTreeMap<String, String>,
    /// Extracted value to read instead of the line.
    #[args(default = "")]
    pub source: String,
    /// Takes every key that this regular expression matches.
    #[args(default = "")]
    pub regex: String,
}

impl LogfmtStage {
    fn check(&self) -> Result<(), String> {
        if self.mapping.is_empty() && self.regex.is_empty() {
            return Err("stage.logfmt: mapping or regex is required".to_owned());
        }
        check_regex("stage.logfmt", &self.regex)
    }
}

/// Reads values with a regular expression.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct RegexStage {
    /// Regular expression (RE2 syntax) whose named groups become extracted values.
    pub expression: String,
    /// Extracted value to read instead of the line.
    pub source: Option<String>,
    /// Sets a label for each named group as well.
    #[args(default = false)]
    pub labels_from_groups: bool,
}

impl RegexStage {
    fn check(&self) -> Result<(), String> {
        if self.expression.is_empty() {
            return Err("stage.regex: expression is required".to_owned());
        }
        check_regex("stage.regex", &self.expression)?;
        check_source("stage.regex", self.source.as_deref())
    }
}

/// Reads the message text of Windows events into extracted values, named after its keys.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct EventLogMessageStage {
    /// Extracted value that holds the text.
    #[args(default = "message")]
    pub source: String,
    /// Leaves out keys that are no label names; otherwise they are made into some.
    #[args(default = false)]
    pub drop_invalid_labels: bool,
    /// Replaces extracted values of the same name; otherwise the new ones get another name.
    #[args(default = false)]
    pub overwrite_existing: bool,
}

impl EventLogMessageStage {
    fn check(&self) -> Result<(), String> {
        check_event_source(&self.source)
    }
}

/// Reads the message text of Windows events into extracted values, named after its keys.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct WindowsEventStage {
    /// Extracted value that holds the text.
    #[args(default = "message")]
    pub source: String,
    /// Leaves out keys that are no label names; otherwise they are made into some.
    #[args(default = false)]
    pub drop_invalid_labels: bool,
    /// Replaces extracted values of the same name; otherwise the new ones get another name.
    #[args(default = false)]
    pub overwrite_existing: bool,
}

impl WindowsEventStage {
    fn check(&self) -> Result<(), String> {
        check_event_source(&self.source)
    }
}

fn check_event_source(source: &str) -> Result<(), String> {
    match source {
        "" => Err("invalid label name: source must not be empty".to_owned()),
        _ => Ok(()),
    }
}

/// Looks an IP address up in a MaxMind database and extracts what it knows, as `geoip_…`.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct GeoipStage {
    /// File of the database.
    pub db: String,
    /// Extracted value that holds the IP address.
    pub source: String,
    /// What the database is about: `asn`, `city` or `country`; empty to use `custom_lookups` only.
    #[args(default = "")]
    pub db_type: String,
    /// Name of an extracted value to the JMESPath expression that finds it in the record.
    #[args(optional)]
    pub custom_lookups: BTreeMap<String, String>,
}

/// What a MaxMind database is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeoipDatabase {
    /// Autonomous systems.
    Asn,
    /// Cities.
    City,
    /// Countries.
    Country,
}

impl GeoipStage {
    /// What the database is about; `None` if only `custom_lookups` are taken from it.
    ///
    /// # Errors
    /// The type is unknown.
    pub fn database(&self) -> Result<Option<GeoipDatabase>, String> {
        match &*self.db_type {
            "" => Ok(None),
            "asn" => Ok(Some(GeoipDatabase::Asn)),
            "city" => Ok(Some(GeoipDatabase::City)),
            "country" => Ok(Some(GeoipDatabase::Country)),
            other => Err(format!(
                "stage.geoip: db type should be either city, country or asn, got {other:?}"
            )),
        }
    }

    fn check(&self) -> Result<(), String> {
        if self.db.is_empty() {
            return Err("stage.geoip: db path cannot be empty".to_owned());
        }
        check_source("stage.geoip", Some(&self.source))?;
        match self.database()? {
            None if self.custom_lookups.is_empty() => {
                Err("stage.geoip: db type or values need to be set: set db_type or custom_lookups"
                    .to_owned())
            }
            _ => Ok(()),
        }
    }
}
