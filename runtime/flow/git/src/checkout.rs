//! Puts the files of a commit on disk.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use alloy_flow_http::error_chain;
use gix::ObjectId;
use gix::index::entry::Mode;
use gix_worktree_state::checkout::Options;

use crate::options::Limits;

/// Most bytes of all files of a repository.
pub const MAX_TREE_BYTES: u64 = 1 << 30;

/// Most files of a repository.
pub const MAX_TREE_FILES: usize = 100_000;

/// Makes `tree` hold the files of `commit` and nothing else, at once. Blocks.
///
/// # Errors
/// What went wrong, in one line; `tree` is as it was then.
pub(crate) fn checkout(
    repo: &gix::Repository,
    commit: ObjectId,
    tree: &Path,
    limits: Limits,
    interrupt: &AtomicBool,
) -> Result<(), String> {
    let new = beside(tree, "new");
    write_files(repo, commit, &new, limits, interrupt)?;
    let failed = |error: io::Error| format!("cannot replace {}: {error}", tree.display());
    replace(&new, tree).map_err(failed)
}

fn write_files(
    repo: &gix::Repository,
    commit: ObjectId,
    directory: &Path,
    limits: Limits,
    interrupt: &AtomicBool,
) -> Result<(), String> {
    let failed = |error: gix::Error| error_chain(&error);
    let root = repo
        .find_commit(commit)
        .and_then(|commit| Ok(commit.tree_id()?.detach()))
        .map_err(failed)?;
    let mut index = repo.index_from_tree(&root).map_err(failed)?;
    check_size(repo, &index, limits)?;
    remove(directory)
        .and_then(|()| std::fs::create_dir_all(directory))
        .map_err(|error| format!("cannot make {}: {error}", directory.display()))?;
    // Bytes as they are in the repository: no line ends are changed and no program runs.
    let filters = gix::filter::plumbing::Pipeline::new(
        gix::command::Context::default(),
        repo.object_hash(),
        gix::filter::plumbing::pipeline::Options::default(),
    );
    let mut options = Options::new(filters);
    options.destination_is_initially_empty = true;
    let objects = repo.objects.clone().into_arc().map_err(|error| error.to_string())?;
    let nothing = gix::progress::Discard;
    let outcome = gix_worktree_state::checkout(
        &mut index, directory, objects, &nothing, &nothing, interrupt, options,
    )
    .map_err(failed)?;
    if interrupt.load(Ordering::Relaxed) {
        return Err("interrupted".to_owned());
    }
    if let Some(record) = outcome.errors.first() {
        return Err(format!("cannot write {}: {}", record.path, error_chain(&record.error)));
    }
    if let Some(collision) = outcome.collisions.first() {
        return Err(format!("two files are named {} here", collision.path));
    }
    Ok(())
}

fn check_size(
    repo: &gix::Repository,
    index: &gix::index::State,
    limits: Limits,
) -> Result<(), String> {
    let entries = index.entries();
    if entries.len() > limits.tree_files {
        return Err(format!("the repository has more than {} files", limits.tree_files));
    }
    let mut len_bytes = 0;
    // A submodule's commit is not here.
    for entry in entries.iter().filter(|entry| entry.mode != Mode::COMMIT) {
        len_bytes += repo.find_header(entry.id).map_err(|error| error_chain(&error))?.size();
        if len_bytes > limits.tree_bytes {
            return Err(format!(
                "the files of the repository have more than {} bytes",
                limits.tree_bytes
            ));
        }
    }
    Ok(())
}

/// Puts `new` in the place of `old`.
pub(crate) fn replace(new: &Path, old: &Path) -> io::Result<()> {
    if std::fs::symlink_metadata(old).is_err() {
        return std::fs::rename(new, old);
    }
    if exchange(new, old).is_ok() {
        return remove(new);
    }
    // Not at once, where the system can't: who reads between the two finds nothing.
    let gone = beside(old, "old");
    remove(&gone)?;
    std::fs::rename(old, &gone)?;
    std::fs::rename(new, old)?;
    remove(&gone)
}

#[cfg(target_os = "linux")]
fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// `path` with `.suffix` behind its name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Removes a directory, or a file in its place, if there is one.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(metadata) if metadata.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
    }
}
