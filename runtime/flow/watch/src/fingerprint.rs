//! What tells two versions of a path apart without reading it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::Metadata;
use std::hash::{DefaultHasher, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::interest::{MAX_ENTRIES, entries};
use crate::resolve::Resolved;

/// Times of files come from a clock that ticks every 1 to 10 ms; so much may pass between two
/// versions with the same time.
const TICK: Duration = Duration::from_millis(20);

/// Larger files are not read to tell versions with the same time apart.
const MAX_READ: u64 = 1 << 20;

/// Identity and times of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// Device and inode, where the system has them.
    id: (u64, u64),
    len: u64,
    modified: Option<SystemTime>,
    /// Time of the last change, which `touch` and `cp -p` can't set, where the system has it.
    changed: Option<SystemTime>,
}

impl Stat {
    pub(crate) fn new(metadata: &Metadata) -> Self {
        let (id, changed) = system(metadata);
        Self { id, len: metadata.len(), modified: metadata.modified().ok(), changed }
    }

    /// Only what tells a directory from its replacement.
    pub(crate) fn identity(path: &Path) -> Option<(u64, u64)> {
        std::fs::metadata(path).ok().map(|metadata| system(&metadata).0)
    }

    fn newest(&self) -> Option<SystemTime> {
        self.modified.max(self.changed)
    }
}

#[cfg(unix)]
fn system(metadata: &Metadata) -> ((u64, u64), Option<SystemTime>) {
    use std::os::unix::fs::MetadataExt;
    let seconds = u64::try_from(metadata.ctime()).unwrap_or_default();
    let nanos = u32::try_from(metadata.ctime_nsec()).unwrap_or_default();
    let changed = SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanos));
    ((metadata.dev(), metadata.ino()), changed)
}

#[cfg(not(unix))]
fn system(_: &Metadata) -> ((u64, u64), Option<SystemTime>) {
    ((0, 0), None)
}

/// A file as it was seen.
#[derive(Clone, Debug)]
struct Seen {
    stat: Stat,
    /// Hash of the content, if the file was too young when it was seen.
    content: Option<u64>,
}

impl Seen {
    fn new(path: &Path, metadata: &Metadata) -> Self {
        let stat = Stat::new(metadata);
        let young = stat
            .newest()
            .is_some_and(|time| SystemTime::now().duration_since(time).is_ok_and(|age| age < TICK));
        let content = if young { hash(path, metadata.len()) } else { None };
        Self { stat, content }
    }

    /// True if `self`, seen later, may be another version than `before`.
    fn differs(&self, before: &Self, path: &Path) -> bool {
        if self.stat != before.stat {
            return true;
        }
        // The same time: if it was young then, another version may have got the same.
        let now = self.content.or_else(|| before.content.and_then(|_| hash(path, self.stat.len)));
        before.content.is_some() && now != before.content
    }
}

fn hash(path: &Path, len: u64) -> Option<u64> {
    if len > MAX_READ {
        return None;
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(MAX_READ).read_to_end(&mut bytes).ok()?;
    let mut hasher = DefaultHasher::new();
    hasher.write(&bytes);
    Some(hasher.finish())
}

/// A path as it was seen.
#[derive(Clone, Debug)]
pub(crate) enum Fingerprint {
    /// It leads nowhere.
    Missing,
    /// A file and its real path.
    File(PathBuf, Box<FileSeen>),
    /// A directory: the entries of interest.
    Directory(PathBuf, BTreeMap<OsString, Option<FileSeen>>),
}

/// A file as it was seen.
#[derive(Clone, Debug)]
pub(crate) struct FileSeen(Seen);

impl Fingerprint {
    /// Looks at what a resolved path means.
    pub(crate) fn take(way: &Resolved, suffix: &str) -> Self {
        if !way.exists {
            return Self::Missing;
        }
        let Ok(metadata) = std::fs::metadata(&way.end) else { return Self::Missing };
        if !metadata.is_dir() {
            let seen = FileSeen(Seen::new(&way.end, &metadata));
            return Self::File(way.end.clone(), Box::new(seen));
        }
        let mut seen = BTreeMap::new();
        for name in entries(&way.end, suffix).into_iter().take(MAX_ENTRIES) {
            let path = way.end.join(&name);
            // Through links: an entry may be a link to a file elsewhere.
            let file = std::fs::metadata(&path).ok().map(|m| FileSeen(Seen::new(&path, &m)));
            seen.insert(name, file);
        }
        Self::Directory(way.end.clone(), seen)
    }

    /// True if `self`, taken later, may be another version than `before`.
    pub(crate) fn differs(&self, before: &Self) -> bool {
        match (self, before) {
            (Self::Missing, Self::Missing) => false,
            (Self::File(path, now), Self::File(old_path, old)) => {
                path != old_path || now.0.differs(&old.0, path)
            }
            (Self::Directory(path, now), Self::Directory(old_path, old)) => {
                path != old_path
                    || now.len() != old.len()
                    || now.iter().zip(old).any(|((name, file), (old_name, old_file))| {
                        name != old_name
                            || match (file, old_file) {
                                (None, None) => false,
                                (Some(file), Some(old)) => file.0.differs(&old.0, &path.join(name)),
                                _ => true,
                            }
                    })
            }
            _ => true,
        }
    }
}

/// True if what `way` means may have changed after `since`, as far as times tell.
pub(crate) fn changed_since(way: &Resolved, fingerprint: &Fingerprint, since: SystemTime) -> bool {
    let since = since.checked_sub(TICK).unwrap_or(since);
    let young = |stat: &Stat| stat.newest().is_none_or(|time| time >= since);
    let at =
        |path: &Path| std::fs::symlink_metadata(path).ok().is_some_and(|m| young(&Stat::new(&m)));
    if way.links.iter().any(|link| at(link)) {
        return true;
    }
    match fingerprint {
        // It may have been deleted; the directory it is missing from tells when.
        Fingerprint::Missing => at(&way.end),
        Fingerprint::File(_, seen) => young(&seen.0.stat),
        Fingerprint::Directory(path, entries) => {
            at(path) || entries.values().any(|seen| seen.as_ref().is_none_or(|s| young(&s.0.stat)))
        }
    }
}
