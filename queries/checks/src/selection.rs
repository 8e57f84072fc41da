//! Which rules count, and how much.

use std::path::PathBuf;

use alloy_queries::rules::{FAMILIES, Rule, rule, rules, similar_rules};
use alloy_syntax::{Diagnostic, Severity};
use alloy_value::quote;

/// Some rules: one by code or name, those whose code starts with a prefix, or all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Every rule.
    All,
    /// Rules whose codes start like this.
    Prefix(String),
    /// One rule, by code.
    Rule(&'static str),
}

impl Selector {
    /// Reads a code, a name, the start of a code, `all` or `default`.
    ///
    /// # Errors
    /// Nothing is called like this; the text names what is similar.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if matches!(text, "all" | "ALL" | "default") {
            return Ok(Self::All);
        }
        if let Some(rule) = rule(text) {
            return Ok(Self::Rule(rule.code));
        }
        let upper = text.to_ascii_uppercase();
        let is_prefix = upper.starts_with("AL") && rules().any(|r| r.code.starts_with(&upper));
        if is_prefix || FAMILIES.iter().any(|family| family.prefix == upper) {
            return Ok(Self::Prefix(upper));
        }
        let mut message = format!("there is no rule {}", quote(text));
        if let Some(near) = similar_rules(text).first() {
            message.push_str(&format!("; did you mean {near}?"));
        }
        Err(message)
    }

    /// True if the rule is one of them.
    pub fn matches(&self, code: &str) -> bool {
        match self {
            Self::All => true,
            Self::Prefix(prefix) => code.starts_with(prefix.as_str()),
            Self::Rule(only) => *only == code,
        }
    }

    /// The longer, the fewer rules.
    fn weight(&self) -> usize {
        match self {
            Self::All => 0,
            Self::Prefix(prefix) => prefix.len(),
            Self::Rule(_) => usize::MAX,
        }
    }
}

/// What a rule is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Its findings do not count.
    Off,
    /// Its findings have the severity of the rule.
    Default,
    /// Its findings have this severity.
    At(Severity),
}

/// Which findings count, and how much. Later settings win over earlier ones that name as many rules
/// or more; syntax errors always count.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    levels: Vec<(Selector, Level)>,
    /// Rules that do not count in files whose path matches a pattern.
    pub(crate) per_file: Vec<FilePattern>,
}

/// Rules that do not count in some files.
#[derive(Clone, Debug)]
pub(crate) struct FilePattern {
    /// What the pattern is relative to.
    pub(crate) base: PathBuf,
    pub(crate) pattern: String,
    pub(crate) ignored: Vec<Selector>,
}

impl FilePattern {
    /// Patterns without a slash are about the name of the file, others about its path.
    fn applies(&self, file: &str) -> bool {
        let path = std::path::Path::new(file);
        let path = path.strip_prefix(&self.base).unwrap_or(path);
        let path = path.strip_prefix(".").unwrap_or(path);
        let text = match self.pattern.contains('/') {
            true => path.to_string_lossy(),
            false => path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default(),
        };
        alloy_flow_glob::matches(&self.pattern, &text).unwrap_or(false)
    }
}

impl Settings {
    /// Only these rules count; the others are off.
    pub fn select(&mut self, selectors: Vec<Selector>) {
        if selectors.is_empty() {
            return;
        }
        self.levels.push((Selector::All, Level::Off));
        self.levels.extend(selectors.into_iter().map(|selector| (selector, Level::Default)));
    }

    /// Sets some rules.
    pub fn set(&mut self, selector: Selector, level: Level) {
        self.levels.push((selector, level));
    }

    /// What a rule is set to.
    pub fn level(&self, code: &str) -> Level {
        let mut best = (0, Level::Default);
        for (selector, level) in &self.levels {
            let weight = selector.weight();
            if selector.matches(code) && weight >= best.0 {
                best = (weight, *level);
            }
        }
        match best.1 {
            Level::Off if is_fixed(code) => Level::Default,
            level => level,
        }
    }

    /// True if findings of the rule count in a file.
    pub(crate) fn is_on(&self, code: &str, file: &str) -> bool {
        let ignored = |pattern: &FilePattern| {
            pattern.ignored.iter().any(|selector| selector.matches(code)) && pattern.applies(file)
        };
        self.level(code) != Level::Off && (is_fixed(code) || !self.per_file.iter().any(ignored))
    }

    /// Removes findings that do not count and gives the others their severity.
    pub(crate) fn apply(&self, diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.retain_mut(|diagnostic| {
            let Some(code) = diagnostic.code else { return true };
            if let Level::At(severity) = self.level(code)
                && !is_fixed(code)
            {
                diagnostic.severity = severity;
            }
            self.is_on(code, diagnostic.file.as_deref().unwrap_or_default())
        });
    }
}

/// True for rules that always count: a text that is no configuration.
pub(crate) fn is_fixed(code: &str) -> bool {
    code.starts_with("AL0")
}

/// The default severity of a rule.
pub(crate) fn severity(code: &str) -> Severity {
    rule(code).map_or(Severity::Error, |rule: &Rule| rule.severity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selector(text: &str) -> Selector {
        Selector::parse(text).unwrap()
    }

    #[test]
    fn rules_are_named_by_code_name_and_prefix() {
        assert_eq!(selector("al201"), Selector::Rule("AL201"));
        assert_eq!(selector("unknown-attribute"), Selector::Rule("AL201"));
        assert_eq!(selector("AL20"), Selector::Prefix("AL20".into()));
        assert_eq!(selector("all"), Selector::All);
        assert_eq!(
            Selector::parse("unused-componet"),
            Err("there is no rule \"unused-componet\"; did you mean unused-component?".into())
        );
        assert_eq!(Selector::parse("A"), Err("there is no rule \"A\"".into()));
    }

    #[test]
    fn what_names_fewer_rules_wins_then_what_comes_later() {
        let mut settings = Settings::default();
        settings.select(vec![selector("AL5")]);
        settings.set(selector("AL501"), Level::Off);
        settings.set(selector("AL50"), Level::At(Severity::Error));
        settings.set(selector("AL6"), Level::At(Severity::Warning));
        assert_eq!(settings.level("AL501"), Level::Off);
        assert_eq!(settings.level("AL502"), Level::At(Severity::Error));
        assert_eq!(settings.level("AL601"), Level::At(Severity::Warning));
        assert_eq!(settings.level("AL201"), Level::Off);
        assert_eq!(settings.level("AL001"), Level::Default, "syntax errors always count");
    }
}
