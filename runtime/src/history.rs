//! Which loads there were, and what each of them did.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::plan::{Plan, Problem};
use crate::{LoadError, LoadFailure};

/// Loads that are remembered, at most.
const MAX_RELOADS: usize = 50;
/// Memory that they take, at most.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Problems of one load that are remembered, at most.
const MAX_PROBLEMS: usize = 100;

/// Who asked for a load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trigger {
    /// The start of the process.
    #[default]
    Start,
    /// `SIGHUP`.
    Signal,
    /// A request to `/-/reload`.
    Http,
    /// `--config.watch`: these files have changed.
    Watch(Vec<String>),
    /// New text from the server of the remote configuration.
    Remote,
}

impl Trigger {
    /// Its name in JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Signal => "signal",
            Self::Http => "http",
            Self::Watch(_) => "watch",
            Self::Remote => "remote",
        }
    }
}

impl Serialize for Trigger {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.as_str())?;
        if let Self::Watch(files) = self {
            map.serialize_entry("files", files)?;
        }
        map.end()
    }
}

/// How a load ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is live, and nothing failed.
    Applied,
    /// It is live, but some components failed.
    AppliedWithErrors,
    /// Nothing has changed.
    Refused,
}

/// How long the parts of a load took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// Reading the files.
    pub read: Duration,
    /// Parsing, names, references, and evaluating what is known.
    pub check: Duration,
    /// Finding out what the revision does.
    pub plan: Duration,
    /// Evaluating, building and updating until nothing was left to do.
    pub apply: Duration,
}

impl Serialize for Phases {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let total = self.read + self.check + self.plan + self.apply;
        let mut map = serializer.serialize_map(None)?;
        for (name, phase) in [
            ("read_seconds", self.read),
            ("check_seconds", self.check),
            ("plan_seconds", self.plan),
            ("apply_seconds", self.apply),
            ("total_seconds", total),
        ] {
            map.serialize_entry(name, &phase.as_secs_f64())?;
        }
        map.end()
    }
}

/// One load.
#[derive(Clone, Debug, Serialize)]
pub struct Reload {
    /// Counts the loads of the process, from 1.
    pub number: u64,
    /// The revision that was live afterwards.
    pub revision: u64,
    /// When it began.
    #[serde(serialize_with = "as_timestamp")]
    pub time: SystemTime,
    /// Who asked for it.
    pub trigger: Trigger,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed: what the answer of a reload says.
    pub error: Option<String>,
    /// What it did; nothing if it was refused.
    pub plan: Option<Plan>,
    /// How long it took.
    pub durations: Phases,
    /// Errors and warnings, the first of them.
    pub diagnostics: Vec<Problem>,
    /// How many more there were.
    pub diagnostics_omitted: usize,
}

fn as_timestamp<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Timestamp::try_from(*time).unwrap_or_default())
}

/// Loads of the process, newest first.
#[derive(Clone, Debug, Default)]
pub struct Reloads {
    /// Those that are remembered.
    pub entries: Arc<[Arc<Reload>]>,
    /// How many older ones are forgotten.
    pub forgotten: u64,
}

/// A load under way, as far as its entry is known.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) time: SystemTime,
    pub(crate) trigger: Trigger,
    pub(crate) phases: Phases,
    pub(crate) plan: Option<Plan>,
    pub(crate) warnings: Vec<Problem>,
}

impl Attempt {
    pub(crate) fn new(trigger: Trigger, read: Duration) -> Self {
        let now = SystemTime::now();
        Self {
            time: now.checked_sub(read).unwrap_or(now),
            trigger,
            phases: Phases { read, ..Phases::default() },
            plan: None,
            warnings: Vec::new(),
        }
    }
}

/// The ring of loads. Bounded by entries and by memory; the newest one always stays, if need be
/// with its counts only.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// With the memory that each takes.
    entries: VecDeque<(Arc<Reload>, usize)>,
    bytes: usize,
    last: u64,
}

impl History {
    /// Adds a load that has ended while `revision` is live.
    pub(crate) fn add(
        &mut self,
        attempt: Attempt,
        revision: u64,
        outcome: Result<(), &LoadError>,
    ) -> Reloads {
        self.last += 1;
        let mut diagnostics = attempt.warnings;
        let found = outcome.err().map_or(&[][..], |error| &error.diagnostics);
        diagnostics.splice(0..0, found.iter().map(Problem::from));
        let diagnostics_omitted = diagnostics.len().saturating_sub(MAX_PROBLEMS);
        diagnostics.truncate(MAX_PROBLEMS);
        let mut reload = Reload {
            number: self.last,
            revision,
            time: attempt.time,
            trigger: attempt.trigger,
            outcome: match outcome {
                Ok(()) => Outcome::Applied,
                Err(error) if error.failure == LoadFailure::Applied => Outcome::AppliedWithErrors,
                Err(_) => Outcome::Refused,
            },
            error: outcome.err().map(ToString::to_string),
            plan: attempt.plan,
            durations: attempt.phases,
            diagnostics,
            diagnostics_omitted,
        };
        if let Some(plan) = &mut reload.plan {
            if plan.size_bytes() > MAX_BYTES / 4 {
                plan.omit_diffs();
            }
            if plan.size_bytes() > MAX_BYTES / 2 {
                plan.omit_changes();
            }
        }
        let size = size_bytes(&reload);
        self.bytes += size;
        self.entries.push_front((Arc::new(reload), size));
        while self.entries.len() > MAX_RELOADS || (self.bytes > MAX_BYTES && self.entries.len() > 1)
        {
            self.bytes -= self.entries.pop_back().map_or(0, |(_, size)| size);
        }
        Reloads {
            entries: self.entries.iter().map(|(reload, _)| Arc::clone(reload)).collect(),
            forgotten: self.last - self.entries.len() as u64,
        }
    }
}

fn size_bytes(reload: &Reload) -> usize {
    let problems = reload.diagnostics.iter();
    let problems = problems.map(|problem| size_of::<Problem>() + problem.message.len());
    let files = match &reload.trigger {
        Trigger::Watch(files) => files.iter().map(|file| size_of::<String>() + file.len()).sum(),
        _ => 0,
    };
    size_of::<Reload>()
        + files
        + reload.error.as_ref().map_or(0, String::len)
        + problems.sum::<usize>()
        + reload.plan.as_ref().map_or(0, Plan::size_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Action, Change};

    fn attempt(changes: usize, diff: &str) -> Attempt {
        let change = |at: usize| Change {
            action: Action::Updated,
            id: format!("test.node.n{at}").into(),
            reason: None,
            diff: Some(diff.to_owned()),
        };
        let plan = Plan { changes: (0..changes).map(change).collect(), ..Plan::default() };
        Attempt { plan: Some(plan), ..Attempt::new(Trigger::Http, Duration::ZERO) }
    }

    #[test]
    fn the_newest_loads_stay() {
        let mut history = History::default();
        for _ in 0..MAX_RELOADS + 7 {
            history.add(attempt(1, "x"), 1, Ok(()));
        }
        let reloads = history.add(attempt(1, "x"), 1, Ok(()));
        assert_eq!(reloads.entries.len(), MAX_RELOADS);
        assert_eq!(reloads.forgotten, 8);
        assert_eq!(reloads.entries[0].number, MAX_RELOADS as u64 + 8);
    }

    #[test]
    fn memory_is_bounded() {
        let mut history = History::default();
        let diff = "x".repeat(1024);
        for _ in 0..MAX_RELOADS {
            let reloads = history.add(attempt(1_000, &diff), 1, Ok(()));
            assert!(history.bytes <= MAX_BYTES);
            assert!(!reloads.entries.is_empty());
        }
        assert!(history.entries.len() < MAX_RELOADS, "older ones made room");
    }

    #[test]
    fn what_is_too_large_is_kept_as_counts() {
        let mut history = History::default();
        let long = history.add(attempt(3_000, &"x".repeat(1024)), 1, Ok(()));
        let plan = long.entries[0].plan.as_ref().unwrap();
        assert_eq!((plan.changes.len(), plan.diffs_omitted), (3_000, 3_000));
        let many = history.add(attempt(100_000, ""), 1, Ok(()));
        let plan = many.entries[0].plan.as_ref().unwrap();
        assert_eq!((plan.changes.len(), plan.changes_omitted), (0, 100_000));
    }
}
