//! The clone on disk and what is read from it. All of it blocks.

use std::path::Path;

use alloy_flow_http::error_chain;
use alloy_flow_module_source::{Content, Loaded, SourceError, read_path};
use gix::ObjectId;
use gix::bstr::BStr;

use crate::checkout::{beside, checkout, remove, replace};
use crate::options::{Prepared, below};
use crate::remote::{Means, fetch};

/// Each fetch leaves a pack; with more of them it is time for a new clone.
const MAX_PACKS: usize = 64;

/// Fetches, checks out and reads.
///
/// `checked_out` is the commit whose files are on disk, as far as known. If the fetch fails and an
/// earlier clone is there, the answer is its content and the failure.
///
/// # Errors
/// If there is no content.
pub(crate) fn pull(
    prepared: &Prepared,
    means: &Means,
    checked_out: &mut Option<ObjectId>,
) -> Result<Loaded, SourceError> {
    let _lock = lock(prepared).map_err(|error| {
        let directory = prepared.options.data_dir.display();
        pull_error(prepared, &format!("cannot lock {directory}: {error}"))
    })?;
    let (repo, stale) = update(prepared, means)?;
    let revision = prepared.options.revision.as_str();
    let commit = resolve(&repo, revision).ok_or_else(|| {
        // What the old clone lacks may be in what could not be fetched.
        stale.clone().unwrap_or_else(|| SourceError::Revision(revision.to_owned()))
    })?;
    if *checked_out != Some(commit) || !prepared.tree.is_dir() {
        *checked_out = None;
        checkout(&repo, commit, &prepared.tree, prepared.limits, &means.interrupt)
            .map_err(|reason| pull_error(prepared, &reason))?;
        *checked_out = Some(commit);
    }
    Ok(Loaded { content: read(prepared)?, stale })
}

/// A source that was dropped may still be at work in the directory: waits for its end.
fn lock(prepared: &Prepared) -> std::io::Result<std::fs::File> {
    std::fs::create_dir_all(&prepared.options.data_dir)?;
    let file = std::fs::File::create(prepared.options.data_dir.join("lock"))?;
    file.lock()?;
    Ok(file)
}

fn pull_error(prepared: &Prepared, reason: &str) -> SourceError {
    SourceError::Pull { url: prepared.shown.clone(), reason: prepared.redact(reason) }
}

/// The clone with all that the other side has, or the clone from earlier and why it is that one.
fn update(
    prepared: &Prepared,
    means: &Means,
) -> Result<(gix::Repository, Option<SourceError>), SourceError> {
    let earlier = open(&prepared.bare).ok();
    let few_packs = packs(&prepared.bare) <= MAX_PACKS;
    let updated = match &earlier {
        // Opened anew: references and packs are others after the fetch.
        Some(repo) if few_packs => fetch(repo, prepared, means).and_then(|()| open(&prepared.bare)),
        _ => clone(prepared, means),
    };
    match (updated, earlier) {
        (Ok(repo), _) => Ok((repo, None)),
        (Err(reason), Some(earlier)) => Ok((earlier, Some(pull_error(prepared, &reason)))),
        (Err(reason), None) => {
            let reason = prepared.redact(&reason);
            Err(SourceError::Download { url: prepared.shown.clone(), reason })
        }
    }
}

/// A clone takes its place when it is complete.
fn clone(prepared: &Prepared, means: &Means) -> Result<gix::Repository, String> {
    let new = beside(&prepared.bare, "new");
    let failed = |error: std::io::Error| format!("cannot make {}: {error}", new.display());
    remove(&new).map_err(failed)?;
    let repo: gix::Repository = gix::ThreadSafeRepository::init_opts(
        &new,
        gix::create::Kind::Bare,
        gix::create::Options::default(),
        gix::open::Options::isolated(),
    )
    .map_err(|error| error_chain(&error))?
    .into();
    fetch(&repo, prepared, means)?;
    drop(repo);
    replace(&new, &prepared.bare).map_err(failed)?;
    open(&prepared.bare)
}

/// Opens without the configuration of user and system: it could run programs.
fn open(bare: &Path) -> Result<gix::Repository, String> {
    gix::open_opts(bare, gix::open::Options::isolated().open_path_as_is(true))
        .map_err(|error| error_chain(&error))
}

fn packs(bare: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(bare.join("objects/pack")) else { return 0 };
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "pack"))
        .count()
}

/// The commit of a tag, of a branch, or of anything else that names one.
fn resolve(repo: &gix::Repository, revision: &str) -> Option<ObjectId> {
    let named = |prefix: &str| {
        let name = format!("{prefix}{revision}");
        let mut reference = repo.try_find_reference(name.as_str()).ok().flatten()?;
        let id = reference.peel_to_id().ok()?;
        commit_of(repo, id.detach())
    };
    named("refs/tags/").or_else(|| named("refs/remotes/origin/")).or_else(|| {
        let id = repo.rev_parse_single(BStr::new(revision)).ok()?;
        commit_of(repo, id.detach())
    })
}

fn commit_of(repo: &gix::Repository, id: ObjectId) -> Option<ObjectId> {
    let object = repo.find_object(id).ok()?.peel_to_kind(gix::object::Kind::Commit).ok()?;
    Some(object.id)
}

fn read(prepared: &Prepared) -> Result<Content, SourceError> {
    let outside = || SourceError::Outside { path: prepared.options.path.clone() };
    let target = below(&prepared.tree, &prepared.options.path).ok_or_else(outside)?;
    // A link in the repository must not give away the files of this machine.
    if !stays_inside(&prepared.tree, &target) {
        return Err(outside());
    }
    let mut content = read_path(&target)?;
    content.module_path = prepared.tree.display().to_string();
    Ok(content)
}

/// True if `target` and, for a directory, what is in it, are below `root` when links are followed.
/// What doesn't exist is left to the read.
fn stays_inside(root: &Path, target: &Path) -> bool {
    let Ok(root) = root.canonicalize() else { return true };
    let inside = |path: &Path| path.canonicalize().is_ok_and(|real| real.starts_with(&root));
    if std::fs::metadata(target).is_err() {
        return true;
    }
    if !inside(target) {
        return false;
    }
    let Ok(entries) = std::fs::read_dir(target) else { return true };
    entries.filter_map(Result::ok).all(|entry| {
        let path = entry.path();
        std::fs::metadata(&path).is_err() || inside(&path)
    })
}
