//! What a revision does to the components: for `alloy plan`, and for the history of reloads.

use std::sync::Arc;

use alloy_queries::Diagnostic;
use alloy_syntax::Severity;
use alloy_value::{BodyEntry, Capsule, CapsuleKind, EvaluatedBlock, EvaluatedBody, Object, Value};
use serde::{Serialize, Serializer};
use similar::TextDiff;

/// Lines around a change that are shown.
const CONTEXT: usize = 3;
/// Longest text of arguments that is compared line by line.
const MAX_TEXT_BYTES: usize = 256 * 1024;

/// What happens to a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is built and started.
    Created,
    /// It keeps running and gets new arguments.
    Updated,
    /// It is stopped, and another one of the same id is built.
    Recreated,
    /// It is stopped.
    Removed,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 4] = [Self::Created, Self::Updated, Self::Recreated, Self::Removed];

    /// Its name in metrics and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Recreated => "recreated",
            Self::Removed => "removed",
        }
    }
}

/// What happens to one component or config block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What is done.
    pub action: Action,
    /// Global id.
    #[serde(serialize_with = "as_text")]
    pub id: Arc<str>,
    /// Why it is recreated, or why its new arguments are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Unified diff of its arguments with secrets masked; for a component whose arguments are not
    /// known before the revision runs, of the statements of its block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

fn as_text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

fn as_optional_text<S: Serializer>(
    text: &Option<Arc<str>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    text.as_deref().serialize(serializer)
}

/// How many components something happens to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// See [`Action::Created`].
    pub created: usize,
    /// See [`Action::Updated`].
    pub updated: usize,
    /// See [`Action::Recreated`].
    pub recreated: usize,
    /// See [`Action::Removed`].
    pub removed: usize,
    /// Keep running as they are.
    pub untouched: usize,
}

impl Counts {
    /// How many there are of one action.
    pub fn of(&self, action: Action) -> usize {
        match action {
            Action::Created => self.created,
            Action::Updated => self.updated,
            Action::Recreated => self.recreated,
            Action::Removed => self.removed,
        }
    }
}

/// What a revision does to the components and config blocks at once.
///
/// What components export because of it, and what follows from that, is known only once they run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// How many are concerned.
    pub counts: Counts,
    /// Who: in the order of evaluation, removed ones at the end.
    pub changes: Vec<Change>,
    /// Changes that are left out because there are too many.
    pub changes_omitted: usize,
    /// Diffs that are left out because they are too long.
    pub diffs_omitted: usize,
}

impl Plan {
    /// Memory that it takes, about.
    pub(crate) fn size_bytes(&self) -> usize {
        let of_change = |change: &Change| {
            let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
            size_of::<Change>() + change.id.len() + text(&change.reason) + text(&change.diff)
        };
        size_of::<Self>() + self.changes.iter().map(of_change).sum::<usize>()
    }

    /// Leaves the diffs out.
    pub(crate) fn omit_diffs(&mut self) {
        for change in &mut self.changes {
            self.diffs_omitted += usize::from(change.diff.take().is_some());
        }
    }

    /// Leaves everything out but the counts.
    pub(crate) fn omit_changes(&mut self) {
        self.omit_diffs();
        self.changes_omitted += self.changes.len();
        self.changes = Vec::new();
    }
}

/// A finding as reports show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// `error`, `warning` or `info`.
    pub severity: &'static str,
    /// Its kind, such as `AL201`.
    pub code: Option<&'static str>,
    /// What is wrong.
    pub message: String,
    /// Where: the file.
    #[serde(serialize_with = "as_optional_text")]
    pub file: Option<Arc<str>>,
    /// Where: the line, from 1.
    pub line: Option<u32>,
    /// Where: the byte in the line, from 1.
    pub column: Option<u32>,
}

impl From<&Diagnostic> for Problem {
    fn from(diagnostic: &Diagnostic) -> Self {
        let start = diagnostic.start();
        Self {
            severity: match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "info",
            },
            code: diagnostic.code,
            message: diagnostic.message.clone(),
            file: diagnostic.file.clone(),
            line: start.map(|start| start.line),
            column: start.map(|start| start.column),
        }
    }
}

/// A revision that would be accepted.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What it does.
    pub plan: Plan,
    /// Warnings, and with `--config.reload=partial` the blocks that would fail.
    pub diagnostics: Vec<Diagnostic>,
}

/// Unified diff of two texts; `None` if they are too long for that.
pub(crate) fn diff(old: &str, new: &str) -> Option<String> {
    if old.len().max(new.len()) > MAX_TEXT_BYTES {
        return None;
    }
    let end = |text: &str| match text {
        "" => String::new(),
        text => format!("{}\n", text.trim_end_matches('\n')),
    };
    let (old, new) = (end(old), end(new));
    Some(TextDiff::from_lines(&old, &new).unified_diff().context_radius(CONTEXT).to_string())
}

/// Unified diff of arguments, secrets masked.
pub(crate) fn arguments_diff(old: &EvaluatedBody, new: &EvaluatedBody) -> Option<String> {
    diff(&old.to_string(), &marked_body(old, new).to_string())
}

/// What stands for a value that looks like the old one but is another.
static CHANGED: CapsuleKind = CapsuleKind {
    name: "changed",
    to_object: None,
    eq: None,
    display: Some(|capsule| {
        let old = capsule.downcast_ref::<String>().map_or("", |old| old.as_str());
        format!("{old} (changed)")
    }),
};

/// `new` where everything that looks like before but is not says so.
fn marked_body(old: &EvaluatedBody, new: &EvaluatedBody) -> EvaluatedBody {
    let entries = new.entries.iter().enumerate().map(|(at, entry)| {
        let time = new.entries[..at].iter().filter(|e| name_of(e) == name_of(entry)).count();
        let before = old.entries.iter().filter(|e| name_of(e) == name_of(entry)).nth(time);
        match (before, entry) {
            (
                Some(BodyEntry::Attribute { value: old, .. }),
                BodyEntry::Attribute { name, value },
            ) => BodyEntry::Attribute { name: Arc::clone(name), value: marked(old, value) },
            (Some(BodyEntry::Block(old)), BodyEntry::Block(block)) => {
                BodyEntry::Block(EvaluatedBlock {
                    name: Arc::clone(&block.name),
                    label: block.label.clone(),
                    body: marked_body(&old.body, &block.body),
                })
            }
            _ => entry.clone(),
        }
    });
    EvaluatedBody { entries: entries.collect() }
}

fn name_of(entry: &BodyEntry) -> &str {
    match entry {
        BodyEntry::Attribute { name, .. } => name,
        BodyEntry::Block(block) => &block.name,
    }
}

fn marked(old: &Value, new: &Value) -> Value {
    match (old, new) {
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            Value::from(old.iter().zip(new.iter()).map(|(a, b)| marked(a, b)).collect::<Vec<_>>())
        }
        (Value::Object(old), Value::Object(new)) => {
            let mut object = Object::clone(new);
            for (name, value) in &mut object.members {
                if let Some(old) = old.members.get(name) {
                    *value = marked(old, value);
                }
            }
            Value::Object(Arc::new(object))
        }
        (Value::Capsule(a), Value::Capsule(b))
            if b.kind.to_object.is_none() && a.text() == b.text() && !old.identical(new) =>
        {
            Value::Capsule(Capsule::new(&CHANGED, Arc::new(b.text())))
        }
        _ => new.clone(),
    }
}

#[cfg(test)]
mod tests {
    use alloy_value::{Secret, Str};
    use expect_test::expect;

    use super::*;

    fn body(token: &str, port: i64, url: &str) -> EvaluatedBody {
        let attribute =
            |name: &str, value: Value| BodyEntry::Attribute { name: name.into(), value };
        let object = |value: Value| Value::from(Object::from_iter([(Str::from("token"), value)]));
        let secret = || Value::from(Secret::new(token));
        let entries = vec![
            attribute("url", Value::from(url)),
            attribute("token", secret()),
            BodyEntry::Block(EvaluatedBlock {
                name: "endpoint".into(),
                label: None,
                body: EvaluatedBody {
                    entries: vec![
                        attribute("headers", object(secret())),
                        attribute("port", Value::Int(port)),
                    ],
                },
            }),
        ];
        EvaluatedBody { entries }
    }

    /// Without the white space at the ends of lines, which expectations cannot have.
    fn trimmed(diff: &str) -> String {
        diff.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    #[test]
    fn secrets_are_masked_and_their_change_is_said() {
        let diff = arguments_diff(&body("one", 1, "x"), &body("two", 1, "x")).unwrap();
        expect![[r#"
            @@ -1,9 +1,9 @@
             url   = "x"
            -token = (secret)
            +token = (secret) (changed)
 
             endpoint {
             	headers = {
            -		token = (secret),
            +		token = (secret) (changed),
             	}
             	port = 1
             }
        "#]]
        .assert_eq(&trimmed(&diff));
    }

    #[test]
    fn other_changes_are_shown_as_they_are() {
        let diff = arguments_diff(&body("one", 1, "x"), &body("one", 2, "y")).unwrap();
        expect![[r#"
            @@ -1,9 +1,9 @@
            -url   = "x"
            +url   = "y"
             token = (secret)
 
             endpoint {
             	headers = {
             		token = (secret),
             	}
            -	port = 1
            +	port = 2
             }
        "#]]
        .assert_eq(&trimmed(&diff));
    }

    #[test]
    fn long_texts_are_not_compared() {
        assert_eq!(diff(&"x\n".repeat(MAX_TEXT_BYTES), ""), None);
        assert_eq!(diff("", "").as_deref(), Some(""));
    }
}
