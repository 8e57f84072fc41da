//! The blocking half: looks at the paths and keeps the watches where they belong.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::events::{Events, Shared};
use crate::fingerprint::{Fingerprint, changed_since};
use crate::interest::Interest;
use crate::resolve::Resolved;

/// Directories that keep changing while they are being watched are looked at again so often; the
/// next event or poll goes on.
const MAX_ROUNDS: usize = 8;

pub(crate) struct State {
    shared: Arc<Shared>,
    suffix: &'static str,
    use_events: bool,
    /// Paths with what was last seen of them; nothing for those that are new.
    known: BTreeMap<Arc<Path>, Option<Fingerprint>>,
    read_since: SystemTime,
    interest: Interest,
    events: Option<Events>,
    problem: Option<String>,
}

impl State {
    pub(crate) fn new(shared: Arc<Shared>, suffix: &'static str, use_events: bool) -> Self {
        Self {
            shared,
            suffix,
            use_events,
            known: BTreeMap::new(),
            read_since: SystemTime::now(),
            interest: Interest::new(suffix),
            events: None,
            problem: None,
        }
    }

    pub(crate) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Watches `paths` and no others. Those that are new were read after `read_since`.
    pub(crate) fn set(&mut self, paths: Vec<PathBuf>, read_since: SystemTime) {
        self.read_since = read_since;
        let mut before = std::mem::take(&mut self.known);
        for path in paths {
            let seen = before.remove(path.as_path()).flatten();
            self.known.insert(Arc::from(path), seen);
        }
    }

    /// Looks at every path and says which changed since the last look, or had an event.
    pub(crate) fn look(&mut self) -> BTreeSet<Arc<Path>> {
        let ways = self.watch();
        // After the watches stand: what happens from here on is an event.
        let hits = self.shared.take();
        let mut changed = BTreeSet::new();
        for (path, way) in ways {
            let now = Fingerprint::take(&way, self.suffix);
            let Some(before) = self.known.get_mut(&path) else { continue };
            let differs = match before {
                Some(before) => now.differs(before),
                None => changed_since(&way, &now, self.read_since),
            };
            *before = Some(now);
            if differs || hits.overflow || hits.paths.contains(&path) {
                changed.insert(path);
            }
        }
        changed
    }

    /// Moves the watches to where the paths lead now.
    fn watch(&mut self) -> Vec<(Arc<Path>, Resolved)> {
        for _ in 0..MAX_ROUNDS {
            let (interest, ways) = self.resolve();
            let enough = self.interest.same_directories(&interest)
                && (self.events.is_some() || !self.use_events);
            self.shared.set_interest(interest.clone());
            self.interest = interest;
            if enough {
                return ways;
            }
            // What moved while the watches were set is seen by another round.
            let before = self.events.take();
            if self.use_events {
                self.start();
            }
            drop(before);
            if self.events.is_none() {
                return ways;
            }
        }
        self.resolve().1
    }

    fn start(&mut self) {
        let problem = match Events::start(&self.shared, &self.interest) {
            Ok((events, problem)) => {
                self.events = Some(events);
                problem
            }
            Err(problem) => Some(problem),
        };
        if problem != self.problem
            && let Some(problem) = &problem
        {
            tracing::warn!(error = %problem, "some changes are found by polling only");
        }
        self.problem = problem;
    }

    fn resolve(&self) -> (Interest, Vec<(Arc<Path>, Resolved)>) {
        let mut interest = Interest::new(self.suffix);
        let ways = self.known.keys().map(|path| (Arc::clone(path), interest.add(path))).collect();
        (interest, ways)
    }
}
