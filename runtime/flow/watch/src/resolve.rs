//! Follows a path as the system does and remembers the way.

use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

/// As many links as Linux follows.
const MAX_LINKS: usize = 40;

/// What a path means at this moment.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// Each directory on the way and the name that was looked up in it, links' targets included.
    pub(crate) steps: Vec<(PathBuf, OsString)>,
    /// The links that were followed.
    pub(crate) links: Vec<PathBuf>,
    /// Where the path ends; the directory that lacks the next name if it leads nowhere.
    pub(crate) end: PathBuf,
    /// Whether `end` is what the path means.
    pub(crate) exists: bool,
}

/// Follows `path`, which is absolute.
pub(crate) fn resolve(path: &Path) -> Resolved {
    let mut way =
        Resolved { steps: Vec::new(), links: Vec::new(), end: PathBuf::new(), exists: false };
    let mut todo = Vec::new();
    way.enter(path, &mut todo);
    while let Some(name) = todo.pop() {
        if name == OsStr::new("..") {
            // `end` holds no link, so its parent is the one that the system finds.
            way.end.pop();
            continue;
        }
        let next = way.end.join(&name);
        way.steps.push((way.end.clone(), name));
        let Ok(metadata) = std::fs::symlink_metadata(&next) else { return way };
        if !metadata.is_symlink() {
            way.end = next;
            continue;
        }
        if way.links.len() == MAX_LINKS {
            return way;
        }
        let Ok(target) = std::fs::read_link(&next) else { return way };
        way.links.push(next);
        way.enter(&target, &mut todo);
    }
    way.exists = true;
    way
}

impl Resolved {
    /// Puts the names of `path` before those still to do.
    fn enter(&mut self, path: &Path, todo: &mut Vec<OsString>) {
        let mut names = Vec::new();
        for component in path.components() {
            match component {
                Component::Prefix(prefix) => self.end = PathBuf::from(prefix.as_os_str()),
                Component::RootDir => self.end.push(std::path::MAIN_SEPARATOR_STR),
                Component::CurDir => {}
                Component::ParentDir => names.push(OsString::from("..")),
                Component::Normal(name) => names.push(name.to_owned()),
            }
        }
        todo.extend(names.into_iter().rev());
    }
}
