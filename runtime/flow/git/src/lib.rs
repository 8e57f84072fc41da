//! A source of module text in git repositories, over HTTP, SSH, or from the file system
//! (spec/runtime.md §8.2).
//!
//! ```text
//! let source = GitSource::new(GitOptions {
//!     repository, revision, path, pull_frequency, auth: GitAuth, data_dir, user_agent,
//! }, dial)?;                                     // a ModuleSource: load() and next()
//! ```
//!
//! # Invariants
//! - The clone and the files of a repository are in directories named by its URL, so that another
//!   repository never gets the files of the first.
//! - The files change at once: a checkout is made beside the old one and takes its place when it is
//!   complete.
//! - A fetch that fails leaves the last good files, also after a restart; the failure is reported.
//! - No program of the user's git configuration runs, and nobody is asked for anything. `ssh` runs
//!   for SSH, `git-upload-pack` for a repository on this machine; HTTP needs neither.
//! - Secrets are in no error, no log line and no command line.
//! - Bytes from outside are bounded: see [`MAX_FETCH_BYTES`] and [`MAX_TREE_BYTES`].
//!
//! It is a crate of its own because the git library is heavy to build.
//!
//! Start reading at [`GitSource`], then `repository.rs`.

mod carrier;
mod checkout;
mod options;
mod remote;
mod repository;
mod source;
mod ssh;
#[cfg(test)]
mod tests;

pub use carrier::MAX_FETCH_BYTES;
pub use checkout::{MAX_TREE_BYTES, MAX_TREE_FILES};
pub use options::{GitAuth, GitOptions, SshKey};
pub use source::GitSource;
