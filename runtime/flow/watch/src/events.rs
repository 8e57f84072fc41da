//! Events of the file system, as far as they matter.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::interest::Interest;

/// `EMFILE`: for inotify, also that the user has no instance left.
const TOO_MANY_OPEN_FILES: i32 = 24;

/// What the thread of the events and the watch share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    interest: Mutex<Interest>,
    hits: Mutex<Hits>,
    pub(crate) wake: Notify,
}

/// What happened since it was last asked.
#[derive(Debug, Default)]
pub(crate) struct Hits {
    /// Paths to look at.
    pub(crate) paths: BTreeSet<Arc<Path>>,
    /// Events were lost: any path may have changed.
    pub(crate) overflow: bool,
}

impl Shared {
    pub(crate) fn take(&self) -> Hits {
        std::mem::take(&mut self.hits.lock())
    }

    pub(crate) fn set_interest(&self, interest: Interest) {
        *self.interest.lock() = interest;
    }

    /// Takes one event. A lot of them are one hit.
    pub(crate) fn on(&self, event: notify::Result<Event>) {
        let Ok(event) = event else { return self.overflow() };
        if event.need_rescan() {
            return self.overflow();
        }
        // Our own reads are events too and must not be changes.
        if let EventKind::Access(kind) = event.kind
            && kind != AccessKind::Close(AccessMode::Write)
        {
            return;
        }
        let mut readers = BTreeSet::new();
        {
            let interest = self.interest.lock();
            for path in &event.paths {
                readers.extend(interest.readers(path));
            }
        }
        if !readers.is_empty() {
            self.hits.lock().paths.extend(readers);
            self.wake.notify_one();
        }
    }

    fn overflow(&self) {
        self.hits.lock().overflow = true;
        self.wake.notify_one();
    }
}

/// Watches directories until it is dropped.
pub(crate) struct Events {
    #[expect(dead_code, reason = "held for its drop, which ends the watch")]
    watcher: RecommendedWatcher,
}

impl Events {
    /// Watches every directory of `interest`; those that can't be watched come as a problem.
    ///
    /// # Errors
    /// If the system gives no events at all.
    pub(crate) fn start(
        shared: &Arc<Shared>,
        interest: &Interest,
    ) -> Result<(Self, Option<String>), String> {
        let handler = Arc::clone(shared);
        let mut watcher = notify::recommended_watcher(move |event| handler.on(event))
            .map_err(|error| format!("cannot watch for changes: {}", error_text(&error)))?;
        let mut problem = None;
        for directory in interest.directories.keys() {
            let result = watcher.watch(directory, RecursiveMode::NonRecursive);
            // One that is gone again is no problem: its parent is watched.
            if let Err(error) = result
                && directory.is_dir()
            {
                let directory = directory.display();
                problem.get_or_insert(format!("cannot watch {directory}: {}", error_text(&error)));
            }
        }
        Ok((Self { watcher }, problem))
    }
}

/// The error without its list of paths.
fn error_text(error: &notify::Error) -> String {
    match &error.kind {
        // Each watch takes one of the instances that a user may have.
        notify::ErrorKind::Io(error) if error.raw_os_error() == Some(TOO_MANY_OPEN_FILES) => {
            "no inotify instance is left; raise fs.inotify.max_user_instances".to_owned()
        }
        notify::ErrorKind::Io(error) => error.to_string(),
        notify::ErrorKind::MaxFilesWatch => {
            "no inotify watch is left; raise fs.inotify.max_user_watches".to_owned()
        }
        notify::ErrorKind::Generic(text) => text.clone(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_named_with_the_way_out() {
        let text = |error: notify::Error| error_text(&error.add_path("/some/where".into()));
        let full = std::io::Error::from_raw_os_error(TOO_MANY_OPEN_FILES);
        assert_eq!(
            text(notify::Error::io(full)),
            "no inotify instance is left; raise fs.inotify.max_user_instances"
        );
        assert_eq!(
            text(notify::Error::new(notify::ErrorKind::MaxFilesWatch)),
            "no inotify watch is left; raise fs.inotify.max_user_watches"
        );
        assert_eq!(text(notify::Error::generic("because")), "because");
    }
}
