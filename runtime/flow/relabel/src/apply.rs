//! Rules at work.

use std::sync::Arc;

use alloy_flow_regex::Groups;
use alloy_telemetry::LabelsBuilder;
use md5::{Digest, Md5};

use crate::config::{Action, Rule, RuleConfig, RuleError};
use crate::names::Names;

/// What becomes of a label set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Keep {
    /// It goes on, as changed.
    Yes,
    /// It is dropped.
    No,
}

/// Buffers that one user of a [`Program`] keeps between calls.
#[derive(Debug, Default)]
pub struct Scratch {
    value: String,
    name: String,
    out: String,
    /// One per rule, because each remembers the engine's buffers of its pattern.
    groups: Vec<Groups>,
}

/// A list of rules, compiled. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    steps: Arc<[Step]>,
    names: Names,
}

#[derive(Debug, PartialEq)]
struct Step {
    rule: Rule,
    /// The target label, if it is the same for every input.
    fixed_target: Option<Arc<str>>,
    /// The value, if it is the same for every input.
    fixed_value: Option<Arc<str>>,
}

impl Program {
    /// Validates and compiles `rules`; `names` says which names `replace` may set.
    ///
    /// # Errors
    /// The error of the first rule that is refused.
    pub fn compile(rules: &[RuleConfig], names: Names) -> Result<Self, RuleError> {
        let rules: Result<Vec<_>, _> = rules.iter().map(Rule::compile).collect();
        Ok(Self::new(rules?, names))
    }

    /// A program of rules that are compiled already.
    pub fn new(rules: Vec<Rule>, names: Names) -> Self {
        let step = |rule: Rule| {
            let replaces = rule.action == Action::Replace;
            let fixed_target = match rule.target.as_text() {
                Some(text) if replaces => Some(text.into()),
                // Only `replace` expands the target.
                _ => (!replaces).then(|| rule.target_label.as_str().into()),
            };
            let fixed_value = rule.replacement.as_text().map(Into::into);
            Step { rule, fixed_target, fixed_value }
        };
        Self { steps: rules.into_iter().map(step).collect(), names }
    }

    /// True if there are no rules.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Applies the rules in order; the first that drops ends it.
    pub fn apply(&self, labels: &mut LabelsBuilder) -> Keep {
        self.apply_with(&mut Scratch::default(), labels)
    }

    /// [`Program::apply`] with buffers that are reused from call to call.
    pub fn apply_with(&self, scratch: &mut Scratch, labels: &mut LabelsBuilder) -> Keep {
        scratch.groups.resize_with(self.steps.len(), Groups::default);
        for (index, step) in self.steps.iter().enumerate() {
            if step.apply(index, self.names, scratch, labels) == Keep::No {
                return Keep::No;
            }
        }
        Keep::Yes
    }
}

impl Step {
    fn apply(
        &self,
        index: usize,
        names: Names,
        scratch: &mut Scratch,
        labels: &mut LabelsBuilder,
    ) -> Keep {
        let rule = &self.rule;
        let keep_if = |keep| if keep { Keep::Yes } else { Keep::No };
        match rule.action {
            Action::Keep => return keep_if(self.matches(scratch, labels)),
            Action::Drop => return keep_if(!self.matches(scratch, labels)),
            Action::KeepEqual | Action::DropEqual => {
                self.join(&mut scratch.value, labels);
                let equal = labels.get(&rule.target_label) == scratch.value;
                return keep_if(equal == (rule.action == Action::KeepEqual));
            }
            Action::Replace => {
                self.join(&mut scratch.value, labels);
                self.replace(index, names, scratch, labels);
            }
            Action::Lowercase | Action::Uppercase => {
                self.join(&mut scratch.value, labels);
                let map = if rule.action == Action::Lowercase { lower } else { upper };
                scratch.out.clear();
                scratch.out.extend(scratch.value.chars().map(map));
                self.set_target(labels, &scratch.out);
            }
            Action::HashMod => {
                self.join(&mut scratch.value, labels);
                let digest = Md5::digest(scratch.value.as_bytes());
                let tail = digest[8..].iter().fold(0, |n: u64, &byte| n << 8 | u64::from(byte));
                self.set_target(labels, &(tail % rule.modulus).to_string());
            }
            Action::LabelMap => self.map_names(index, scratch, labels),
            Action::LabelDrop => labels.retain(|name, _| !rule.regex.is_match(name)),
            Action::LabelKeep => labels.retain(|name, _| rule.regex.is_match(name)),
        }
        Keep::Yes
    }

    /// Joins the source labels' values.
    fn join(&self, value: &mut String, labels: &LabelsBuilder) {
        value.clear();
        for (i, source) in self.rule.source_labels.iter().enumerate() {
            if i > 0 {
                value.push_str(&self.rule.separator);
            }
            value.push_str(labels.get(source));
        }
    }

    fn matches(&self, scratch: &mut Scratch, labels: &LabelsBuilder) -> bool {
        // The common case copies nothing.
        if let [source] = &*self.rule.source_labels {
            return self.rule.regex.is_match(labels.get(source));
        }
        self.join(&mut scratch.value, labels);
        self.rule.regex.is_match(&scratch.value)
    }

    fn replace(
        &self,
        index: usize,
        names: Names,
        scratch: &mut Scratch,
        labels: &mut LabelsBuilder,
    ) {
        let Scratch { value, name, out, groups } = scratch;
        let groups = &mut groups[index];
        let rule = &self.rule;
        let matched = if self.fixed_target.is_some() && self.fixed_value.is_some() {
            rule.regex.is_match(value)
        } else {
            rule.regex.captures(value, groups)
        };
        if !matched {
            return;
        }
        let target = match &self.fixed_target {
            Some(target) => &**target,
            None => {
                name.clear();
                rule.target.expand(value, groups, name);
                &**name
            }
        };
        if !names.allows_label(target) {
            return;
        }
        let expanded = match &self.fixed_value {
            Some(fixed) => &**fixed,
            None => {
                out.clear();
                rule.replacement.expand(value, groups, out);
                &**out
            }
        };
        if expanded.is_empty() {
            labels.remove(target);
        } else if labels.get(target) != expanded {
            let target: Arc<str> = self.fixed_target.clone().unwrap_or_else(|| target.into());
            let expanded = self.fixed_value.clone().unwrap_or_else(|| expanded.into());
            labels.set(target, expanded);
        }
    }

    fn set_target(&self, labels: &mut LabelsBuilder, value: &str) {
        if value.is_empty() {
            labels.remove(&self.rule.target_label);
        } else if labels.get(&self.rule.target_label) != value {
            let fixed = self.fixed_target.clone();
            labels.set(fixed.unwrap_or_else(|| (*self.rule.target_label).into()), value);
        }
    }

    fn map_names(&self, index: usize, scratch: &mut Scratch, labels: &mut LabelsBuilder) {
        // The labels as they were when the rule began: what it sets is not mapped again.
        let mut renamed: Vec<(Arc<str>, Arc<str>)> = Vec::new();
        for (name, value) in labels.iter() {
            if !self.rule.regex.captures(name, &mut scratch.groups[index]) {
                continue;
            }
            let mapped = self.rule.regex.replace_all(name, &self.rule.replacement);
            // A label without a name would make every receiver refuse the series.
            if !mapped.is_empty() {
                renamed.push((mapped.into(), value.into()));
            }
        }
        for (name, value) in renamed {
            labels.set(name, value);
        }
    }
}

/// Lower case letter by letter: no context, one character stays one character.
fn lower(c: char) -> char {
    match c {
        'İ' => 'i',
        _ => single(c, c.to_lowercase()),
    }
}

/// Upper case letter by letter.
fn upper(c: char) -> char {
    // Letters with an iota below have a one-letter form beside the two-letter form of the tables.
    match c {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
            char::from_u32(u32::from(c) + 8).unwrap_or(c)
        }
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => char::from_u32(u32::from(c) + 9).unwrap_or(c),
        _ => single(c, c.to_uppercase()),
    }
}

fn single(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn rule(action: &str) -> RuleConfig {
        RuleConfig { action: action.to_owned(), ..RuleConfig::default() }
    }

    fn from(sources: &[&str]) -> Option<Vec<String>> {
        Some(sources.iter().map(|&s| s.to_owned()).collect())
    }

    fn check(rules: &[RuleConfig], labels: &[(&str, &str)], expected: Expect) {
        let program = Program::compile(rules, Names::Legacy).unwrap();
        let mut builder = LabelsBuilder::default();
        for &(name, value) in labels {
            builder.set(name, value);
        }
        let text = match program.apply(&mut builder) {
            Keep::Yes => builder.finish().to_string(),
            Keep::No => "dropped".to_owned(),
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn replace_expands_target_and_value() {
        let swap = RuleConfig {
            source_labels: from(&["a", "b"]),
            regex: "(.+);(.+)".into(),
            target_label: "t_$1".into(),
            replacement: "${2}!".into(),
            ..RuleConfig::default()
        };
        check(&[swap], &[("a", "x"), ("b", "y")], expect![[r#"{a="x", b="y", t_x="y!"}"#]]);
    }

    #[test]
    fn labelmap_skips_an_empty_name() {
        let map = RuleConfig { regex: "a(.*)".into(), ..rule("labelmap") };
        check(&[map], &[("a", "1"), ("ab", "2")], expect![[r#"{a="1", ab="2", b="2"}"#]]);
    }

    #[test]
    fn first_dropping_rule_ends_it() {
        let drop = RuleConfig { source_labels: from(&["a"]), regex: "x".into(), ..rule("drop") };
        check(std::slice::from_ref(&drop), &[("a", "x")], expect!["dropped"]);
        check(&[drop], &[("a", "xx")], expect![[r#"{a="xx"}"#]]);
    }

    #[test]
    fn letter_case_is_changed_letter_by_letter() {
        assert_eq!("ΑΣ İ".chars().map(lower).collect::<String>(), "ασ i");
        assert_eq!("straße ᾳ ﬁ".chars().map(upper).collect::<String>(), "STRAßE ᾼ ﬁ");
    }

    proptest! {
        #[test]
        fn reused_buffers_change_nothing(
            inputs in prop::collection::vec(prop::collection::btree_map("[a-c]", "[xy;]{0,3}", 0..4), 1..8),
        ) {
            let rules = [
                RuleConfig { source_labels: from(&["a", "b"]), regex: "(x*);(.*)".into(), target_label: "t".into(), replacement: "$2$1".into(), ..RuleConfig::default() },
                RuleConfig { regex: "(a|t)".into(), replacement: "m_$1".into(), ..rule("labelmap") },
                RuleConfig { source_labels: from(&["c"]), regex: "y+".into(), ..rule("drop") },
            ];
            let program = Program::compile(&rules, Names::Legacy).unwrap();
            let mut scratch = Scratch::default();
            for input in inputs {
                let mut one = LabelsBuilder::default();
                for (name, value) in input {
                    one.set(name, value);
                }
                let mut two = one.clone();
                prop_assert_eq!(program.apply(&mut one), program.apply_with(&mut scratch, &mut two));
                prop_assert_eq!(one.finish(), two.finish());
            }
        }
    }
}
