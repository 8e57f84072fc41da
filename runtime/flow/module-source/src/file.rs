//! Text from a file or a directory.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use alloy_flow_watch::{Watch, WatchOptions};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};

pub use alloy_flow_watch::Detector;

use crate::read::SUFFIX;
use crate::source::Reported;
use crate::{Content, Loaded, ModuleSource, SourceError, Update, read_path};

/// A save in several steps is read once (spec/runtime.md §8.2).
const SETTLE: Duration = Duration::from_millis(30);

/// Without polls: longer than any process runs.
const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Options of a [`FileSource`].
#[derive(Clone, Debug, PartialEq)]
pub struct FileOptions {
    /// File or directory.
    pub filename: PathBuf,
    /// How changes are found.
    pub detector: Detector,
    /// Time between two polls; none if zero.
    pub poll_frequency: Duration,
}

/// Gives a file, or the files of a directory, and follows their changes: a rewrite, a replacement by
/// rename, a swap of a symlink on the way, a directory that is made again.
#[derive(Debug)]
pub struct FileSource {
    options: FileOptions,
    watch: Watch,
    reported: Reported,
    /// A change that is not read yet.
    changed: bool,
    /// When to read again after a failure that no event ends.
    retry: Option<Instant>,
}

impl FileSource {
    /// A source that was not read yet.
    pub fn new(options: FileOptions) -> Self {
        let poll = if options.poll_frequency.is_zero() { NEVER } else { options.poll_frequency };
        let watch = Watch::new(WatchOptions {
            detector: options.detector,
            poll,
            settle: SETTLE,
            suffix: SUFFIX,
        });
        Self { options, watch, reported: Reported::default(), changed: false, retry: None }
    }

    /// Why changes are found by polls only; nothing if events come.
    pub fn watch_problem(&self) -> Option<&str> {
        self.watch.problem()
    }

    async fn first(&mut self) -> Result<Loaded, SourceError> {
        let began = SystemTime::now();
        let result = self.read().await.map(Loaded::fresh).map_err(|error| match error {
            // At the first read it doesn't matter which step failed.
            SourceError::Collect(reason) => SourceError::Read(reason),
            other => other,
        });
        self.watch.set([self.options.filename.clone()], began);
        self.reported.loaded(&result);
        result
    }

    async fn update(&mut self) -> Update {
        loop {
            if !self.changed {
                let retry = self.retry;
                tokio::select! {
                    _ = self.watch.changed() => {}
                    () = sleep_until(retry.unwrap_or_else(Instant::now)), if retry.is_some() => {}
                }
                self.changed = true;
            }
            // Dropped here, the next call reads.
            let result = self.read().await;
            self.changed = false;
            let retry_after = self.options.poll_frequency;
            self.retry =
                (result.is_err() && !retry_after.is_zero()).then(|| Instant::now() + retry_after);
            if let Some(update) = self.reported.update(result) {
                return update;
            }
        }
    }

    async fn read(&self) -> Result<Content, SourceError> {
        let path = self.options.filename.clone();
        tokio::task::spawn_blocking(move || read_path(&path)).await.unwrap_or_else(|error| {
            Err(SourceError::Options(format!("reading the module was aborted: {error}")))
        })
    }
}

impl ModuleSource for FileSource {
    fn load(&mut self) -> BoxFuture<'_, Result<Loaded, SourceError>> {
        self.first().boxed()
    }

    fn next(&mut self) -> BoxFuture<'_, Update> {
        self.update().boxed()
    }
}
