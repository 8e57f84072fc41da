//! Sources of module text: files, strings and HTTP servers (spec/runtime.md §8.2).
//!
//! ```text
//! trait ModuleSource: Send {
//!     fn load(&mut self) -> BoxFuture<'_, Result<Loaded, SourceError>>;  // the first content
//!     fn next(&mut self) -> BoxFuture<'_, Update>;                       // cancel safe, then forever
//! }
//! FileSource::new(FileOptions { filename, detector, poll_frequency })
//! StringSource::new(text, module_path)
//! HttpSource::new(HttpOptions { url, method, headers, body, poll_frequency, poll_timeout, client }, dial)?
//! ```
//!
//! The source of git repositories is `alloy-flow-git`: it is heavy to build.
//!
//! # Invariants
//! - A content is complete: all its files were read at about the same time, or it is no content.
//! - Content that equals the last one is not reported again.
//! - A failure after the first content is reported and the old content stays valid.
//! - Files and bodies are bounded, see [`MAX_FILES`] and [`MAX_BYTES`].
//! - Knows nothing of the language: text is not parsed here.
//!
//! Start reading at [`ModuleSource`].

mod content;
mod file;
mod http;
mod read;
mod source;
mod string;
#[cfg(test)]
mod tests;

pub use content::{Content, ContentBuilder, ContentError, MAX_BYTES, MAX_FILES};
pub use file::{Detector, FileOptions, FileSource};
pub use http::{HttpOptions, HttpSource};
pub use read::{ReadError, read_path};
pub use source::{Loaded, ModuleSource, Reported, SourceError, Update};
pub use string::StringSource;
