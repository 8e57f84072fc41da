//! Findings that are known and shall not be reported.

use std::collections::BTreeMap;

use alloy_syntax::Diagnostic;
use serde::{Deserialize, Serialize};

use crate::checker::{Checked, is_syntax};
use crate::fingerprint;

const VERSION: u32 = 1;

/// Known findings, by fingerprint.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    known: BTreeMap<String, Known>,
}

/// Why a baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is no JSON, or has other fields.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// It is of a later version.
    #[error("version {0} is not known; this version of alloy reads version {VERSION}")]
    Version(u32),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    findings: Vec<Known>,
}

/// Equal findings. Rule, block and message are there for readers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    fingerprint: String,
    code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    message: String,
    count: usize,
}

impl Baseline {
    /// Reads what [`Baseline::text`] wrote.
    ///
    /// # Errors
    /// The text is no baseline.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let document: Document = serde_json::from_str(text)?;
        if document.version != VERSION {
            return Err(BaselineError::Version(document.version));
        }
        let known = document.findings.into_iter().map(|known| (known.fingerprint.clone(), known));
        Ok(Self { known: known.collect() })
    }

    /// All findings of some configurations. Syntax errors are never known.
    pub fn of(checked: &[Checked]) -> Self {
        let mut known: BTreeMap<String, Known> = BTreeMap::new();
        for diagnostic in checked.iter().flat_map(|checked| &checked.diagnostics) {
            if is_syntax(diagnostic) {
                continue;
            }
            let fingerprint = fingerprint(diagnostic);
            known
                .entry(fingerprint.clone())
                .or_insert_with(|| Known {
                    fingerprint,
                    code: diagnostic.code.unwrap_or_default().to_owned(),
                    component: diagnostic.component.as_deref().map(str::to_owned),
                    message: diagnostic.wording().to_owned(),
                    count: 0,
                })
                .count += 1;
        }
        Self { known }
    }

    /// Number of known findings.
    pub fn len(&self) -> usize {
        self.known.values().map(|known| known.count).sum()
    }

    /// True if nothing is known.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The text of the file: JSON, by rule, block and message.
    ///
    /// # Errors
    /// Never in practice: all fields are texts and numbers.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        let mut findings: Vec<Known> = self.known.values().cloned().collect();
        findings.sort_by(|a, b| {
            (&a.code, &a.component, &a.message).cmp(&(&b.code, &b.component, &b.message))
        });
        let mut text = serde_json::to_string_pretty(&Document { version: VERSION, findings })?;
        text.push('\n');
        Ok(text)
    }

    /// Removes known findings, each as often as it is known; says how many.
    pub fn remove_known(&self, checked: &mut [Checked]) -> usize {
        let mut left: BTreeMap<&str, usize> =
            self.known.iter().map(|(key, known)| (key.as_str(), known.count)).collect();
        let mut removed = 0;
        let mut is_new = |diagnostic: &Diagnostic| match left.get_mut(&*fingerprint(diagnostic)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                removed += 1;
                false
            }
            _ => true,
        };
        for checked in checked {
            checked.diagnostics.retain(&mut is_new);
        }
        removed
    }
}

#[cfg(test)]
mod tests {
    use alloy_syntax::Span;

    use super::*;

    #[test]
    fn findings_are_known_as_often_as_they_were_written() {
        let finding = |message: &str| {
            Diagnostic::error(Span::None, message).with_code("AL301").with_component("a.b.c")
        };
        let of = |messages: &[&str]| {
            let diagnostics = messages.iter().map(|m| finding(m)).collect();
            vec![Checked { diagnostics, ..Checked::default() }]
        };
        let text = Baseline::of(&of(&["x", "x", "y"])).text().unwrap();
        let baseline = Baseline::parse(&text).unwrap();
        assert_eq!(baseline.len(), 3);
        let mut now = of(&["x", "y", "x", "x", "z"]);
        assert_eq!(baseline.remove_known(&mut now), 3);
        let left: Vec<&str> = now[0].diagnostics.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(left, ["x", "z"]);
        assert!(Baseline::parse("{\"version\":2,\"findings\":[]}").is_err());
    }
}
