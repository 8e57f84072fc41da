//! The watch.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::events::Shared;
use crate::state::State;

/// How changes are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detector {
    /// Events of the file system, and a poll for those that don't come.
    Events,
    /// Polls alone.
    Poll,
}

/// How a [`Watch`] works.
#[derive(Clone, Debug)]
pub struct WatchOptions {
    /// How changes are found.
    pub detector: Detector,
    /// Time between two polls, also beside events: network file systems have none.
    pub poll: Duration,
    /// Time between the first event and the report; what happens in it is the same change.
    pub settle: Duration,
    /// End of the names that matter in a watched directory.
    pub suffix: &'static str,
}

impl WatchOptions {
    /// For the files of a configuration (spec/cli.md §2.1, `--config.watch`).
    pub fn configuration() -> Self {
        Self {
            detector: Detector::Events,
            poll: Duration::from_secs(5),
            settle: Duration::from_millis(200),
            suffix: ".alloy",
        }
    }
}

/// Watches a set of files and directories.
///
/// Dropping it ends the watch.
pub struct Watch {
    options: WatchOptions,
    pub(crate) shared: Arc<Shared>,
    wanted: Option<(Vec<PathBuf>, SystemTime)>,
    paths: Vec<PathBuf>,
    work: Work,
    /// Changes that wait for `due`.
    found: BTreeSet<Arc<Path>>,
    /// When the changes are looked at.
    due: Option<Instant>,
    next_poll: Instant,
    problem: Option<String>,
}

/// The state, or the task that has it.
enum Work {
    Idle(Box<State>),
    Looking(JoinHandle<(Box<State>, BTreeSet<Arc<Path>>)>),
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("options", &self.options).field("paths", &self.paths).finish()
    }
}

impl Watch {
    /// A watch of nothing.
    pub fn new(options: WatchOptions) -> Self {
        let shared = Arc::new(Shared::default());
        let work = Work::Idle(fresh(&options, &shared));
        let next_poll = Instant::now() + options.poll;
        Self {
            options,
            shared,
            wanted: None,
            paths: Vec::new(),
            work,
            found: BTreeSet::new(),
            due: None,
            next_poll,
            problem: None,
        }
    }

    /// Watches `paths` and no others from the next [`Self::changed`] on.
    ///
    /// The caller read them after `read_since`; a path that is new to the watch and younger than
    /// that is reported once, because the caller may have seen an older version. A path that
    /// doesn't exist is reported when it does. Relative paths are taken from the current directory.
    pub fn set(&mut self, paths: impl IntoIterator<Item = PathBuf>, read_since: SystemTime) {
        let paths: BTreeSet<PathBuf> =
            paths.into_iter().map(|path| std::path::absolute(&path).unwrap_or(path)).collect();
        self.paths = paths.into_iter().collect();
        self.wanted = Some((self.paths.clone(), read_since));
        self.found.retain(|path| self.paths.binary_search_by(|p| p.as_path().cmp(path)).is_ok());
    }

    /// Waits for a change and says which paths changed, in order and as absolute paths; never none.
    ///
    /// A change within [`WatchOptions::settle`] of the first is in the same answer. Content that was
    /// written anew without a difference may be reported: compare what was read.
    ///
    /// Cancel safety: nothing is lost if the future is dropped; the next call goes on.
    pub async fn changed(&mut self) -> Vec<PathBuf> {
        loop {
            if let Work::Looking(_) = self.work {
                self.finish_look().await;
            }
            if self.wanted.is_some() {
                self.start_look();
                continue;
            }
            if let Some(due) = self.due {
                sleep_until(due).await;
                self.due = None;
                self.start_look();
                self.finish_look().await;
                if !self.found.is_empty() {
                    self.due = None;
                    let found = std::mem::take(&mut self.found);
                    return found.into_iter().map(|path| path.to_path_buf()).collect();
                }
                continue;
            }
            let next_poll = self.next_poll;
            tokio::select! {
                () = self.shared.wake.notified() => {
                    self.due = Some(Instant::now() + self.options.settle);
                }
                () = sleep_until(next_poll) => self.start_look(),
            }
        }
    }

    /// Why some changes are found by polls only, as of the last look; nothing if all is well.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    fn start_look(&mut self) {
        let Work::Idle(_) = self.work else { return };
        // The state is in exactly one place: here, or in the task.
        let placeholder = Work::Idle(fresh(&self.options, &self.shared));
        let Work::Idle(mut state) = std::mem::replace(&mut self.work, placeholder) else { return };
        if let Some((paths, read_since)) = self.wanted.take() {
            state.set(paths, read_since);
        }
        self.work = Work::Looking(tokio::task::spawn_blocking(move || {
            let changed = state.look();
            (state, changed)
        }));
    }

    /// Takes the answer of a look; changes are due after the settling time.
    async fn finish_look(&mut self) {
        let Work::Looking(task) = &mut self.work else { return };
        match task.await {
            Ok((state, changed)) => {
                self.problem = state.problem().map(str::to_owned);
                self.found.extend(changed);
                self.work = Work::Idle(state);
            }
            Err(error) => {
                tracing::error!(error = %error, "looking at watched files was aborted; starting over");
                let mut state = fresh(&self.options, &self.shared);
                state.set(self.paths.clone(), SystemTime::UNIX_EPOCH);
                self.work = Work::Idle(state);
            }
        }
        self.next_poll = Instant::now() + self.options.poll;
        if !self.found.is_empty() && self.due.is_none() {
            self.due = Some(Instant::now() + self.options.settle);
        }
    }
}

fn fresh(options: &WatchOptions, shared: &Arc<Shared>) -> Box<State> {
    let use_events = options.detector == Detector::Events;
    Box::new(State::new(Arc::clone(shared), options.suffix, use_events))
}

#[cfg(test)]
impl Watch {
    /// True if nothing is left to do before an event or a poll.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.work, Work::Idle(_)) && self.wanted.is_none() && self.due.is_none()
    }
}
