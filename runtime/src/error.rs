//! Why a load failed.

use std::fmt;

use alloy_queries::{Diagnostic, Source};
use alloy_syntax::summary;

/// Where a load failed, and so what has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadFailure {
    /// The sources could not be read or parsed; nothing has changed. The text is the reason, without
    /// the path.
    Read {
        /// The path as given by the user.
        path: String,
        /// Reason, empty if the diagnostics say it.
        reason: String,
    },
    /// Names, graph or evaluation: refused, nothing has changed.
    Rejected,
    /// Accepted and applied, but some components failed in a build, an update or with values that
    /// were not known before.
    Applied,
    /// The runtime is stopping.
    Stopping,
}

/// Why a load failed.
#[derive(Clone, Debug)]
pub struct LoadError {
    /// Where it failed.
    pub failure: LoadFailure,
    /// Findings, errors first in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics are about, for printing them.
    pub sources: Vec<Source>,
}

impl LoadError {
    pub(crate) fn new(failure: LoadFailure, diagnostics: Vec<Diagnostic>) -> Self {
        Self { failure, diagnostics, sources: Vec::new() }
    }

    /// True if the revision is live although parts of it failed.
    pub fn is_applied(&self) -> bool {
        self.failure == LoadFailure::Applied
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            LoadFailure::Read { path, reason } if self.diagnostics.is_empty() => {
                write!(f, "reading config path {}: {reason}", alloy_value::quote(path))
            }
            LoadFailure::Read { path, .. } => {
                let found = summary(&self.diagnostics);
                write!(f, "reading config path {}: {found}", alloy_value::quote(path))
            }
            LoadFailure::Rejected | LoadFailure::Applied => {
                write!(f, "error during the initial load: {}", summary(&self.diagnostics))
            }
            LoadFailure::Stopping => f.write_str("error during the initial load: stopping"),
        }
    }
}

impl std::error::Error for LoadError {}
