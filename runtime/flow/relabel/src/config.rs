//! Rules as configured, and their validation.

use alloy_flow_regex::{Regex, RegexError, Template};

/// Separator when none is configured.
const DEFAULT_SEPARATOR: &str = ";";
/// Regular expression when none is configured.
const DEFAULT_REGEX: &str = "(.*)";
/// Replacement when none is configured.
const DEFAULT_REPLACEMENT: &str = "$1";

/// A rule as the user writes it. The default is the rule with nothing set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleConfig {
    /// Labels whose values are joined; `None` if not given, which differs from an empty list for
    /// actions that accept no source labels.
    pub source_labels: Option<Vec<String>>,
    /// What stands between the joined values.
    pub separator: String,
    /// Regular expression, matched against all of the joined value.
    pub regex: String,
    /// Modulus of `hashmod`.
    pub modulus: u64,
    /// Label that is set.
    pub target_label: String,
    /// Template of the value that is set, or of the name for `labelmap`.
    pub replacement: String,
    /// Name of the action.
    pub action: String,
}

impl Default for RuleConfig {
    fn default() -> Self {
        Self {
            source_labels: None,
            separator: DEFAULT_SEPARATOR.to_owned(),
            regex: DEFAULT_REGEX.to_owned(),
            modulus: 0,
            target_label: String::new(),
            replacement: DEFAULT_REPLACEMENT.to_owned(),
            action: Action::Replace.as_str().to_owned(),
        }
    }
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the configuration's words")]
pub enum Action {
    Replace,
    Lowercase,
    Uppercase,
    Keep,
    Drop,
    KeepEqual,
    DropEqual,
    HashMod,
    LabelMap,
    LabelDrop,
    LabelKeep,
}

impl Action {
    const ALL: [Self; 11] = [
        Self::Replace,
        Self::Lowercase,
        Self::Uppercase,
        Self::Keep,
        Self::Drop,
        Self::KeepEqual,
        Self::DropEqual,
        Self::HashMod,
        Self::LabelMap,
        Self::LabelDrop,
        Self::LabelKeep,
    ];

    /// The names of all actions.
    pub const NAMES: [&'static str; Self::ALL.len()] = {
        let mut names = [""; Self::ALL.len()];
        let mut at = 0;
        while at < names.len() {
            names[at] = Self::ALL[at].as_str();
            at += 1;
        }
        names
    };

    /// The action called `name`, in exactly this letter case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == name)
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Lowercase => "lowercase",
            Self::Uppercase => "uppercase",
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::KeepEqual => "keepequal",
            Self::DropEqual => "dropequal",
            Self::HashMod => "hashmod",
            Self::LabelMap => "labelmap",
            Self::LabelDrop => "labeldrop",
            Self::LabelKeep => "labelkeep",
        }
    }
}

/// Why a rule is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The value of `action` names none.
    #[error("{name:?} unrecognized action type {name:?}")]
    Action {
        /// The value.
        name: String,
    },
    /// The value of `regex` does not compile.
    #[error("{pattern:?} {source}")]
    Regex {
        /// The value.
        pattern: String,
        /// Why.
        source: RegexError,
    },
    /// The arguments do not go together.
    #[error("{0}")]
    Invalid(String),
}

/// A validated rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub(crate) action: Action,
    pub(crate) source_labels: Vec<String>,
    pub(crate) separator: String,
    pub(crate) regex: Regex,
    pub(crate) modulus: u64,
    pub(crate) target_label: String,
    pub(crate) target: Template,
    pub(crate) replacement: Template,
}

impl Rule {
    /// Validates `config` and compiles its regular expression.
    ///
    /// # Errors
    /// The first of the conditions of spec/components/_common-relabel.md, Validation, that is broken.
    pub fn compile(config: &RuleConfig) -> Result<Self, RuleError> {
        let Some(action) = Action::parse(&config.action) else {
            return Err(RuleError::Action { name: config.action.clone() });
        };
        let regex = Regex::anchored(&config.regex)
            .map_err(|source| RuleError::Regex { pattern: config.regex.clone(), source })?;
        check(config, action).map_err(RuleError::Invalid)?;
        Ok(Self {
            action,
            source_labels: config.source_labels.clone().unwrap_or_default(),
            separator: config.separator.clone(),
            modulus: config.modulus,
            target_label: config.target_label.clone(),
            target: Template::new(&config.target_label, &regex),
            replacement: Template::new(&config.replacement, &regex),
            regex,
        })
    }

    /// What it does.
    pub fn action(&self) -> Action {
        self.action
    }
}

fn check(config: &RuleConfig, action: Action) -> Result<(), String> {
    use Action as A;
    let name = action.as_str();
    let default = RuleConfig::default();
    if action == A::HashMod && config.modulus == 0 {
        return Err("relabel configuration for hashmod requires non-zero modulus".to_owned());
    }
    let takes_target = matches!(
        action,
        A::Replace | A::KeepEqual | A::DropEqual | A::HashMod | A::Lowercase | A::Uppercase
    );
    if takes_target && config.target_label.is_empty() {
        return Err(format!(
            "relabel configuration for {name} action requires 'target_label' value"
        ));
    }
    // Other names need no check: text is valid UTF-8, and that is the rule here.
    if action == A::Replace
        && config.target_label.contains('$')
        && !is_name_template(&config.target_label)
    {
        return Err(format!(
            "{:?} is invalid 'target_label' for {name} action",
            config.target_label
        ));
    }
    let sets_fixed_value =
        matches!(action, A::Lowercase | A::Uppercase | A::KeepEqual | A::DropEqual);
    if sets_fixed_value && config.replacement != default.replacement {
        return Err(format!("'replacement' can not be set for {name} action"));
    }
    if action == A::LabelMap && !is_name_template(&config.replacement) {
        return Err(format!("{:?} is invalid 'replacement' for {name} action", config.replacement));
    }
    let plain = config.modulus == default.modulus
        && config.separator == default.separator
        && config.replacement == default.replacement;
    if matches!(action, A::DropEqual | A::KeepEqual) && !(plain && config.regex == default.regex) {
        return Err(format!(
            "{name} action requires only 'source_labels' and 'target_label', and no other fields"
        ));
    }
    let names_only = plain && config.source_labels.is_none() && config.target_label.is_empty();
    if matches!(action, A::LabelDrop | A::LabelKeep) && !names_only {
        return Err(format!("{name} action requires only 'regex', and no other fields"));
    }
    Ok(())
}

/// True for names made of letters, `_`, `$group` and `${group}`, with digits after the first of them:
/// `^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$`.
fn is_name_template(text: &str) -> bool {
    fn word_len(text: &str) -> usize {
        text.bytes().take_while(|&b| b == b'_' || b.is_ascii_alphanumeric()).count()
    }
    let mut rest = text;
    let mut digits_allowed = false;
    while let Some(c) = rest.chars().next() {
        rest = match c {
            '$' => {
                let body = &rest[1..];
                let braced = body.strip_prefix('{');
                let name = braced.unwrap_or(body);
                let len = word_len(name);
                let after = &name[len..];
                if len == 0 {
                    return false;
                }
                match braced {
                    Some(_) => match after.strip_prefix('}') {
                        Some(after) => after,
                        None => return false,
                    },
                    None => after,
                }
            }
            '_' | 'a'..='z' | 'A'..='Z' => &rest[1..],
            '0'..='9' if digits_allowed => &rest[1..],
            _ => return false,
        };
        digits_allowed = true;
    }
    digits_allowed
}
