//! `--config.watch`: reloads when what the configuration is made of changes (spec/cli.md §2.1).
//!
//! Three things are followed: the files of the configuration; files that a component named in vain,
//! such as a certificate that was missing; and, while the last load is refused, the imports and
//! components that could make it do. What a running component reads it follows itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use alloy_flow_watch::{Watch, WatchOptions};
use alloy_runtime::Runtime;
use tokio::sync::watch;
use tokio::time::sleep;

/// How often it is looked whether components have refused files. Such a file was wrong for as long
/// as somebody takes to notice.
const LOOK: Duration = Duration::from_secs(1);

/// Watches what the configuration at a path is made of.
pub(crate) struct ConfigWatch {
    path: PathBuf,
    runtime: Runtime,
    watch: Watch,
    /// Files that components refused, as of the last look.
    refused: BTreeSet<PathBuf>,
    reconsider: watch::Receiver<Option<Arc<str>>>,
    problem: Option<String>,
}

impl ConfigWatch {
    /// Watches what was read after `read_since`.
    pub(crate) fn new(path: &str, read_since: SystemTime, runtime: &Runtime) -> Self {
        let mut watch = Watch::new(WatchOptions::configuration());
        let path = PathBuf::from(path);
        watch.set(files(&path), read_since);
        let (reconsider, runtime) = (runtime.reconsider(), runtime.clone());
        Self { path, runtime, watch, refused: BTreeSet::new(), reconsider, problem: None }
    }

    /// Waits until the configuration has to be read again; gives what has changed. Cancel safe.
    pub(crate) async fn changed(&mut self) -> Vec<String> {
        loop {
            self.look_for_refused();
            // Every arm is cancel safe.
            tokio::select! {
                changed = self.watch.changed() => return self.report(&changed),
                id = reconsidered(&mut self.reconsider) => {
                    tracing::info!(node = %id, "what the refused configuration depends on has changed");
                    return vec![id.to_string()];
                }
                () = sleep(LOOK) => {}
            }
        }
    }

    fn report(&mut self, changed: &[PathBuf]) -> Vec<String> {
        let now = SystemTime::now();
        tracing::info!(files = ?changed, "the configuration changed on disk");
        // A directory may hold other files now.
        self.watch_all(now);
        let problem = self.watch.problem().map(str::to_owned);
        if problem != self.problem {
            if let Some(problem) = &problem {
                tracing::warn!(err = %problem, "some changes of the configuration are seen late");
            }
            self.problem = problem;
        }
        changed.iter().map(|path| path.display().to_string()).collect()
    }

    fn look_for_refused(&mut self) {
        let refused = self.runtime.refused_files();
        if refused != self.refused {
            self.refused = refused;
            // Whoever refused a file read it after the load began.
            let loads = self.runtime.snapshot().reloads.clone();
            let since = loads.entries.first().map(|load| load.time);
            self.watch_all(since.unwrap_or(SystemTime::UNIX_EPOCH));
        }
    }

    fn watch_all(&mut self, read_since: SystemTime) {
        self.watch.set(files(&self.path).into_iter().chain(self.refused.clone()), read_since);
    }
}

/// The next component or import whose new value may make the refused load do.
async fn reconsidered(reconsider: &mut watch::Receiver<Option<Arc<str>>>) -> Arc<str> {
    while reconsider.changed().await.is_ok() {
        if let Some(id) = reconsider.borrow_and_update().clone() {
            return id;
        }
    }
    // The controller has ended.
    std::future::pending().await
}

/// The path, and the files in it if it is a directory.
fn files(path: &Path) -> Vec<PathBuf> {
    let mut files = vec![path.to_path_buf()];
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    files.extend(paths.filter(|path| path.extension().is_some_and(|end| end == "alloy")));
    files
}
