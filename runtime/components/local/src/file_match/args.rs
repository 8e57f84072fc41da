//! Arguments and exports of `local.file_match`.

use std::time::Duration;

use alloy_component::Target;
use alloy_value::{Args, Exports};

/// Arguments of `local.file_match`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct FileMatchArgs {
    /// Targets with a pattern in the label `__path__`, such as `/var/log/**/*.log`, and a pattern
    /// of files to leave out in `__path_exclude__`.
    pub path_targets: Vec<Target>,
    /// How often the files are looked up.
    #[args(default = "10s")]
    pub sync_period: Duration,
    /// Leaves out files that were not changed for so long; 0 keeps all.
    #[args(default = "0s")]
    pub ignore_older_than: Duration,
}

impl FileMatchArgs {
    fn check(&self) -> Result<(), String> {
        if self.sync_period.is_zero() {
            return Err("sync_period must be greater than 0".to_owned());
        }
        Ok(())
    }
}

/// Exports of `local.file_match`.
#[derive(Exports, Clone, Debug)]
pub struct FileMatchExports {
    /// One target for each file, with its path in the label `__path__`.
    pub targets: Vec<Target>,
}

#[cfg(test)]
mod tests {
    use alloy_queries::testing::arguments;

    use super::super::COMPONENT;

    #[test]
    fn the_files_are_looked_up_again() {
        let decode = |period: &str| {
            let text = format!(
                "local.file_match \"x\" {{\npath_targets = [{{__path__ = \"/*.log\"}}]\n\
                 sync_period = {period:?}\n}}\n"
            );
            arguments(COMPONENT.definition, &text)
        };
        assert!(decode("1s").is_ok());
        let error = decode("0s").unwrap_err();
        assert!(error.contains("sync_period must be greater than 0"), "{error}");
    }
}
