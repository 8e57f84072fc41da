//! `--config.watch`: reloads when the files of the configuration change (spec/cli.md §2.1).

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use alloy_flow_watch::{Watch, WatchOptions};

/// Watches the path that the configuration is read from. Imports and the files that components
/// read are followed by those who read them.
pub(crate) struct ConfigWatch {
    path: PathBuf,
    watch: Watch,
    problem: Option<String>,
}

impl ConfigWatch {
    /// Watches what was read after `read_since`.
    pub(crate) fn new(path: &str, read_since: SystemTime) -> Self {
        let mut watch = Watch::new(WatchOptions::configuration());
        let path = PathBuf::from(path);
        watch.set(files(&path), read_since);
        Self { path, watch, problem: None }
    }

    /// Waits until the configuration has to be read again; gives what has changed. Cancel safe.
    pub(crate) async fn changed(&mut self) -> Vec<String> {
        let changed = self.watch.changed().await;
        let now = SystemTime::now();
        tracing::info!(files = ?changed, "the configuration changed on disk");
        // A directory may hold other files now.
        self.watch.set(files(&self.path), now);
        let problem = self.watch.problem().map(str::to_owned);
        if problem != self.problem {
            if let Some(problem) = &problem {
                tracing::warn!(err = %problem, "some changes of the configuration are seen late");
            }
            self.problem = problem;
        }
        changed.iter().map(|path| path.display().to_string()).collect()
    }
}

/// The path, and the files in it if it is a directory.
fn files(path: &Path) -> Vec<PathBuf> {
    let mut files = vec![path.to_path_buf()];
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    files.extend(paths.filter(|path| path.extension().is_some_and(|end| end == "alloy")));
    files
}
