//! `alloy-check.toml`.

use std::path::Path;

use alloy_syntax::Severity;
use alloy_value::{Stability, quote};
use serde::Deserialize;

use crate::selection::{FilePattern, Level, Selector, Settings};

/// Name of the file that is looked for.
pub const CONFIG_FILE: &str = "alloy-check.toml";

/// What a configuration file of the check says.
#[derive(Clone, Debug, Default)]
pub struct ConfigFile {
    /// Which findings count.
    pub settings: Settings,
    /// Least stable level that is allowed.
    pub stability: Option<Stability>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    #[serde(default)]
    rules: toml::Table,
    #[serde(default)]
    per_file_ignores: toml::Table,
    stability_level: Option<String>,
}

impl ConfigFile {
    /// Reads the text of a file in the directory `base`, which patterns of paths are relative to.
    ///
    /// # Errors
    /// The text says what is wrong.
    pub fn parse(text: &str, base: &Path) -> Result<Self, String> {
        let document: Document =
            toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let mut settings = Settings::default();
        for (name, level) in &document.rules {
            let selector = Selector::parse(name).map_err(|error| format!("[rules]: {error}"))?;
            settings.set(selector, level_of(name, level)?);
        }
        for (pattern, rules) in &document.per_file_ignores {
            let place = || format!("[per-file-ignores] {}", quote(pattern));
            alloy_flow_glob::check(pattern).map_err(|error| format!("{}: {error}", place()))?;
            let rules = rules.as_array().ok_or_else(|| format!("{}: needs a list", place()))?;
            let mut ignored = Vec::new();
            for rule in rules {
                let rule = rule.as_str().ok_or_else(|| format!("{}: needs texts", place()))?;
                ignored.push(Selector::parse(rule).map_err(|e| format!("{}: {e}", place()))?);
            }
            let (base, pattern) = (base.to_owned(), pattern.clone());
            settings.per_file.push(FilePattern { base, pattern, ignored });
        }
        let stability = document.stability_level.map(|level| level.parse()).transpose();
        let stability = stability.map_err(|error| format!("stability-level: {error}"))?;
        Ok(Self { settings, stability })
    }
}

fn level_of(name: &str, level: &toml::Value) -> Result<Level, String> {
    Ok(match level.as_str() {
        Some("off" | "ignore") => Level::Off,
        Some("default") => Level::Default,
        Some("info") => Level::At(Severity::Info),
        Some("warn" | "warning") => Level::At(Severity::Warning),
        Some("error") => Level::At(Severity::Error),
        _ => {
            return Err(format!(
                "[rules] {name}: needs one of \"off\", \"default\", \"info\", \"warning\" and \
                 \"error\""
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[test]
    fn rules_files_and_stability() {
        let text = "stability-level = \"experimental\"\n[rules]\nAL6 = \"off\"\n\
                    unused-component = \"error\"\n[per-file-ignores]\n\
                    \"*.gen.alloy\" = [\"AL5\", \"literal-secret\"]\n\"a/*.alloy\" = [\"all\"]\n";
        let file = ConfigFile::parse(text, Path::new("conf")).unwrap();
        assert_eq!(file.stability, Some(Stability::Experimental));
        let settings = &file.settings;
        assert_eq!(settings.level("AL602"), Level::Off);
        assert_eq!(settings.level("AL501"), Level::At(Severity::Error));
        assert!(!settings.is_on("AL502", "conf/x/y.gen.alloy"));
        assert!(settings.is_on("AL201", "conf/x/y.gen.alloy"));
        assert!(!settings.is_on("AL201", "conf/a/y.alloy"));
        assert!(settings.is_on("AL001", "conf/a/y.alloy"), "syntax errors always count");
        assert!(settings.is_on("AL201", "conf/b/y.alloy"));
    }

    fn wrong(text: &str, expected: Expect) {
        expected.assert_eq(&ConfigFile::parse(text, Path::new("")).unwrap_err());
    }

    #[test]
    fn what_is_wrong_is_named() {
        wrong("[rules]\nAL999 = \"off\"\n", expect![[r#"[rules]: there is no rule "AL999""#]]);
        wrong(
            "[rules]\nAL601 = \"of\"\n",
            expect![[
                r#"[rules] AL601: needs one of "off", "default", "info", "warning" and "error""#
            ]],
        );
        wrong(
            "stability-level = \"ga\"\n",
            expect![[r#"stability-level: invalid stability level "ga""#]],
        );
    }
}
