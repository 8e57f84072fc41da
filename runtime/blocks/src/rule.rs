//! The relabel `rule` block (spec/components/_common-relabel.md).

use std::sync::Arc;

use alloy_flow_regex::Regex;
use alloy_flow_relabel::{Action, Names, Program, Rule, RuleConfig};
use alloy_value::{
    Block, Capsule, CapsuleKind, DecodeError, FromValue, ToValue, TypeSchema, Value,
    capsule_mismatch, quote, text_of,
};

/// One relabelling rule.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct RuleBlock {
    /// Labels whose values are joined with `separator` and matched against `regex`.
    pub source_labels: Option<Vec<String>>,
    /// Text between the joined values.
    #[args(default = ";")]
    pub separator: String,
    /// Regular expression (RE2 syntax) that must match the whole joined value.
    #[args(default = "(.*)")]
    pub regex: Pattern,
    /// Modulus of the hash, for the action `hashmod`.
    #[args(default = 0)]
    pub modulus: u64,
    /// Label that the result is written to.
    #[args(default = "")]
    pub target_label: String,
    /// Value to write; `$1` and `${name}` stand for groups of `regex`.
    #[args(default = "$1")]
    pub replacement: String,
    /// What to do. `replace`, `hashmod`, `lowercase` and `uppercase` set `target_label`; `keep`,
    /// `drop`, `keepequal` and `dropequal` choose; `labelmap`, `labeldrop` and `labelkeep` work on
    /// label names.
    #[args(default = "replace")]
    pub action: RuleAction,
}

/// What a rule does. `null` is no action, which the rule's check refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleAction(Option<Action>);

impl From<&str> for RuleAction {
    /// An unknown name is no action.
    fn from(name: &str) -> Self {
        Self(Action::parse(name))
    }
}

impl RuleAction {
    fn as_str(self) -> &'static str {
        self.0.map_or("", Action::as_str)
    }
}

impl FromValue for RuleAction {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        let name = text_of(value)?;
        match (value, Action::parse(&name)) {
            (Value::Null, _) => Ok(Self(None)),
            (_, Some(action)) => Ok(Self(Some(action))),
            (_, None) => {
                let quoted = quote(&name);
                Err(DecodeError::value(format!("unrecognized action type {quoted}")))
            }
        }
    }
}

impl ToValue for RuleAction {
    const TYPE: TypeSchema = TypeSchema::OneOf(&Action::NAMES);

    fn to_value(&self) -> Value {
        Value::from(self.as_str())
    }
}

/// Text of a regular expression that compiles when the whole value must match, so that a wrong one
/// is found where it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern(String);

impl From<&str> for Pattern {
    /// Unchecked; compiling the rule checks it.
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl FromValue for Pattern {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        let text = text_of(value)?;
        match Regex::anchored(&text) {
            Ok(_) => Ok(Self(text)),
            Err(error) => Err(DecodeError::value(error.to_string())),
        }
    }
}

impl ToValue for Pattern {
    const TYPE: TypeSchema = TypeSchema::Text("regex");

    fn to_value(&self) -> Value {
        self.0.to_value()
    }
}

impl RuleBlock {
    fn check(&self) -> Result<(), String> {
        Rule::compile(&self.config()).map(drop).map_err(|error| error.to_string())
    }

    /// The rule as plain data.
    pub fn config(&self) -> RuleConfig {
        RuleConfig {
            source_labels: self.source_labels.clone(),
            separator: self.separator.clone(),
            regex: self.regex.0.clone(),
            modulus: self.modulus,
            target_label: self.target_label.clone(),
            replacement: self.replacement.clone(),
            action: self.action.as_str().to_owned(),
        }
    }

    /// Compiles a list of rules.
    ///
    /// # Errors
    /// The message of the first rule that is refused; decoding has checked each rule already.
    pub fn compile(rules: &[Self], names: Names) -> Result<Program, String> {
        let rules: Vec<_> = rules.iter().map(Self::config).collect();
        Program::compile(&rules, names).map_err(|error| error.to_string())
    }
}

/// Kind of [`RelabelRules`].
pub static RELABEL_RULES: CapsuleKind = CapsuleKind {
    name: "relabel.Rules",
    to_object: None,
    eq: Some(|a, b| a.downcast_ref::<RelabelRules>() == b.downcast_ref::<RelabelRules>()),
    display: None,
};

/// Rules as configured, exported for components that take `relabel_rules`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RelabelRules(pub Arc<[RuleConfig]>);

impl RelabelRules {
    /// The rules of a component's `rule` blocks.
    pub fn new(rules: &[RuleBlock]) -> Self {
        Self(rules.iter().map(RuleBlock::config).collect())
    }
}

impl ToValue for RelabelRules {
    const TYPE: TypeSchema = TypeSchema::Capsule("relabel.Rules");

    fn to_value(&self) -> Value {
        Value::Capsule(Capsule::new(&RELABEL_RULES, Arc::new(self.clone())))
    }
}

impl FromValue for RelabelRules {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        match value {
            Value::Null => Ok(Self::default()),
            Value::Capsule(capsule) if capsule.downcast_ref::<Self>().is_some() => {
                Ok(capsule.downcast_ref::<Self>().cloned().unwrap_or_default())
            }
            _ => Err(capsule_mismatch(&RELABEL_RULES, value)),
        }
    }
}
/// What relabelling of log entries and of profiles have in common.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct RelabelSection {
    /// Number of results to remember; the least recently used one makes room.
    #[args(default = 10_000)]
    pub max_cache_size: i64,
    /// Rules, applied in order. What is left without labels is dropped.
    #[args(block, name = "rule")]
    pub rules: Vec<RuleBlock>,
}

impl RelabelSection {
    /// Says what is wrong with the values; the component that holds them calls it.
    ///
    /// # Errors
    /// If nothing could be remembered.
    pub fn check(&self) -> Result<(), String> {
        match self.max_cache_size {
            ..=0 => Err("max_cache_size must be greater than 0".to_owned()),
            _ => Ok(()),
        }
    }
}
