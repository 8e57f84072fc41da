//! Which names in which directories matter to which paths.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::fingerprint::Stat;
use crate::resolve::{Resolved, resolve};

/// More entries of one directory are not followed one by one; events of the directory still are.
pub(crate) const MAX_ENTRIES: usize = 10_000;

/// The paths that a name matters to.
type Readers = BTreeSet<Arc<Path>>;

/// What matters in one directory.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Directory {
    /// Device and inode: a directory that was made again must be watched again.
    pub(crate) identity: Option<(u64, u64)>,
    names: BTreeMap<OsString, Readers>,
    /// Paths that mean this directory: every entry with the suffix matters.
    entries: Readers,
}

/// All that matters.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Interest {
    pub(crate) directories: BTreeMap<PathBuf, Directory>,
    suffix: &'static str,
}

impl Interest {
    pub(crate) fn new(suffix: &'static str) -> Self {
        Self { directories: BTreeMap::new(), suffix }
    }

    /// Adds all that `path` depends on and says where it leads.
    pub(crate) fn add(&mut self, path: &Arc<Path>) -> Resolved {
        let way = resolve(path);
        self.add_steps(path, &way);
        if way.exists && way.end.is_dir() {
            self.directory(&way.end).entries.insert(Arc::clone(path));
            for name in entries(&way.end, self.suffix).into_iter().take(MAX_ENTRIES) {
                let entry = way.end.join(&name);
                // A plain file is covered by its directory.
                if std::fs::symlink_metadata(&entry).is_ok_and(|m| m.is_symlink()) {
                    self.add_steps(path, &resolve(&entry));
                }
            }
        }
        way
    }

    fn add_steps(&mut self, path: &Arc<Path>, way: &Resolved) {
        for (directory, name) in &way.steps {
            let names = &mut self.directory(directory).names;
            names.entry(name.clone()).or_default().insert(Arc::clone(path));
        }
    }

    fn directory(&mut self, path: &Path) -> &mut Directory {
        self.directories
            .entry(path.to_owned())
            .or_insert_with(|| Directory { identity: Stat::identity(path), ..Directory::default() })
    }

    /// The paths that an event of `path` matters to.
    pub(crate) fn readers(&self, path: &Path) -> Readers {
        let mut readers = Readers::new();
        let parent = path.parent().and_then(|parent| self.directories.get(parent));
        if let (Some(directory), Some(name)) = (parent, path.file_name()) {
            readers.extend(directory.names.get(name).into_iter().flatten().cloned());
            if has_suffix(name, self.suffix) {
                readers.extend(directory.entries.iter().cloned());
            }
        }
        // The watched directory itself was moved or deleted.
        if let Some(directory) = self.directories.get(path) {
            readers.extend(directory.entries.iter().cloned());
            readers.extend(directory.names.values().flatten().cloned());
        }
        readers
    }

    /// True if both need the same directories to be watched.
    pub(crate) fn same_directories(&self, other: &Self) -> bool {
        self.directories.len() == other.directories.len()
            && self
                .directories
                .iter()
                .zip(&other.directories)
                .all(|((path, a), (other, b))| path == other && a.identity == b.identity)
    }
}

fn has_suffix(name: &OsStr, suffix: &str) -> bool {
    name.as_encoded_bytes().ends_with(suffix.as_bytes())
}

/// The names in `directory` that end in `suffix`, in order.
pub(crate) fn entries(directory: &Path, suffix: &str) -> BTreeSet<OsString> {
    let Ok(read) = std::fs::read_dir(directory) else { return BTreeSet::new() };
    read.filter_map(|entry| entry.ok().map(|e| e.file_name()))
        .filter(|name| has_suffix(name, suffix))
        .collect()
}
