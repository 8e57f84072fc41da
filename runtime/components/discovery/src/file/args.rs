//! Arguments of `discovery.file`.

use std::time::Duration;

use alloy_value::Args;

/// Arguments of `discovery.file`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct FileArgs {
    /// Files to read, ending in `.json`, `.yml` or `.yaml`. The last part of a path may be a
    /// pattern, such as `targets/*.json`.
    pub files: Vec<String>,
    /// How often the files are read again, besides on changes.
    #[args(default = "5m")]
    pub refresh_interval: Duration,
}

impl FileArgs {
    fn check(&self) -> Result<(), String> {
        if self.refresh_interval.is_zero() {
            return Err("refresh_interval must be greater than 0".to_owned());
        }
        match self.files.iter().find(|pattern| !is_valid(pattern)) {
            Some(pattern) => Err(format!("path name {pattern:?} is not valid for file discovery")),
            None => Ok(()),
        }
    }
}

/// A pattern in the last part of the path only, and a known extension.
fn is_valid(pattern: &str) -> bool {
    let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    matches!(extension, Some("json" | "yml" | "yaml" | "JSON" | "YML" | "YAML"))
        && !folder.contains('*')
        && alloy_flow_glob::check(pattern).is_ok()
}
