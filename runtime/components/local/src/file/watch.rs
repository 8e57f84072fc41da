//! File system events about one file, through renames, deletions and symlink swaps.
//!
//! The directories are watched, not the file: a file that is replaced by rename or deleted and
//! created again, and the `..data` link that Kubernetes swaps, are all events of a directory.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

/// Watches one file; dropped, it watches no more.
pub(super) struct FileWatch {
    file: PathBuf,
    changed: Arc<Notify>,
    watching: Option<Watching>,
}

struct Watching {
    directories: BTreeSet<PathBuf>,
    names: BTreeSet<OsString>,
    #[expect(dead_code, reason = "held for its drop, which ends the watch")]
    watcher: RecommendedWatcher,
}

impl FileWatch {
    /// A watch of `file` that wakes `changed`; nothing is watched before [`Self::refresh`].
    pub(super) fn new(file: &Path, changed: Arc<Notify>) -> Self {
        Self { file: file.to_owned(), changed, watching: None }
    }

    /// Watches what the path means now: its directory, and that of the file behind its symlinks.
    /// Does nothing if that hasn't changed.
    ///
    /// # Errors
    /// The system's, for example that no inotify watches are left.
    pub(super) fn refresh(&mut self) -> notify::Result<()> {
        let (directories, names) = self.wanted();
        if let Some(now) = &self.watching
            && now.directories == directories
            && now.names == names
        {
            return Ok(());
        }
        self.watching = None;
        let changed = Arc::clone(&self.changed);
        let relevant = names.clone();
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<Event>| match event {
                Ok(event) if concerns(&event, &relevant) => changed.notify_one(),
                Ok(_) => {}
                // An overflow of the event queue: look at the file to be sure.
                Err(_) => changed.notify_one(),
            })?;
        for directory in &directories {
            watcher.watch(directory, RecursiveMode::NonRecursive)?;
        }
        self.watching = Some(Watching { directories, names, watcher });
        Ok(())
    }

    fn wanted(&self) -> (BTreeSet<PathBuf>, BTreeSet<OsString>) {
        let mut files = vec![self.file.clone()];
        files.extend(std::fs::canonicalize(&self.file));
        let directories = files
            .iter()
            .map(|f| match f.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
                _ => PathBuf::from("."),
            })
            .collect();
        let names = files.iter().filter_map(|f| f.file_name().map(OsString::from)).collect();
        (directories, names)
    }
}

/// True if `event` may have changed the content. Our own reads are events too and must not be.
fn concerns(event: &Event, names: &BTreeSet<OsString>) -> bool {
    if let EventKind::Access(kind) = event.kind
        && kind != AccessKind::Close(AccessMode::Write)
    {
        return false;
    }
    event.paths.is_empty()
        || event.paths.iter().filter_map(|p| p.file_name()).any(|name| {
            names.contains(name) || name.as_encoded_bytes().starts_with(b"..")
        })
        // The directory itself was moved or deleted.
        || event.paths.iter().any(|p| p.is_dir())
}
