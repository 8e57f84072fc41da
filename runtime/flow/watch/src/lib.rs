//! Tells when files and directories changed: by events of the file system, else by polling.
//!
//! ```text
//! let mut watch = Watch::new(WatchOptions::configuration());
//! loop {
//!     let began = SystemTime::now();
//!     let paths = load();                    // reads files and knows which
//!     watch.set(paths, began);
//!     let changed = watch.changed().await;   // cancel safe
//! }
//! ```
//!
//! # Invariants
//! - A path is followed as the system resolves it: every directory and symlink on the way counts,
//!   so that a swapped link (Kubernetes' `..data`), a file replaced by rename, and a directory that
//!   is deleted and made again are all seen.
//! - A change is never lost: what changed between reading and watching is found by its time, what
//!   an event doesn't tell is found by the next poll.
//! - Events name the paths to look at, nothing more. Nothing is read but directories, and small
//!   files whose time is too young to tell two versions apart.
//! - Knows nothing of configurations and components.
//!
//! Start reading at [`Watch::changed`].

mod events;
mod fingerprint;
mod interest;
mod resolve;
mod state;
#[cfg(test)]
mod tests;
mod watch;

pub use watch::{Detector, Watch, WatchOptions};
