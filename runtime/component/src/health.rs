//! Health of a component (spec/runtime.md §6.1).

use std::time::SystemTime;

/// State, from best to worst; the order decides which of several is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HealthState {
    /// Working.
    Healthy,
    /// Not known yet.
    Unknown,
    /// Failing.
    Unhealthy,
    /// Not running any more.
    Exited,
}

impl HealthState {
    /// Text used by API and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Unknown => "unknown",
            Self::Unhealthy => "unhealthy",
            Self::Exited => "exited",
        }
    }
}

/// Health with its reason and the time it was established.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// State.
    pub state: HealthState,
    /// Reason.
    pub message: String,
    /// When.
    pub updated: SystemTime,
}

impl Health {
    /// `state` with `message`, established at `updated`.
    pub fn new(state: HealthState, message: impl Into<String>, updated: SystemTime) -> Self {
        Self { state, message: message.into(), updated }
    }

    /// The least healthy of several; among equals the latest, among equally late the first.
    pub fn least<'a>(parts: impl IntoIterator<Item = &'a Health>) -> Option<&'a Health> {
        parts.into_iter().reduce(|worst, next| {
            match next.state.cmp(&worst.state).then(next.updated.cmp(&worst.updated)) {
                std::cmp::Ordering::Greater => next,
                _ => worst,
            }
        })
    }
}
