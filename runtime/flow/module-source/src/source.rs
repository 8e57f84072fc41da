//! What all sources have in common.

use futures_util::future::BoxFuture;

use crate::Content;
use crate::content::ContentError;
use crate::read::ReadError;

/// Gives the text of a module and its changes.
pub trait ModuleSource: Send {
    /// The first content. Called again after a failure, it tries again.
    ///
    /// Cancel safety: dropping the future gives the attempt up; a new call begins anew.
    ///
    /// # Errors
    /// If there is no content.
    fn load(&mut self) -> BoxFuture<'_, Result<Loaded, SourceError>>;

    /// Waits for the next change after [`Self::load`]; after one that failed, for the first content.
    /// Never ends for a source that can't change.
    ///
    /// Cancel safety: nothing is lost if the future is dropped.
    fn next(&mut self) -> BoxFuture<'_, Update>;
}

/// The first content.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The content.
    pub content: Content,
    /// Why the content is only the last good one from earlier; it belongs into the health.
    pub stale: Option<SourceError>,
}

impl Loaded {
    /// Content of this moment.
    pub fn fresh(content: Content) -> Self {
        Self { content, stale: None }
    }
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    /// New content.
    Content(Content),
    /// The source works again after a failure, and its content is still the last one.
    Recovered,
    /// The source fails; the last content stays valid. Reported once per text.
    Failed(SourceError),
}

/// Why there is no content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// A file can't be read.
    #[error("failed to read file: {0}")]
    Read(ReadError),
    /// The files of a directory can't be listed.
    #[error("failed to collect files: {0}")]
    Collect(ReadError),
    /// A path of a repository leads to other files of this machine.
    #[error("failed to read file: {path:?} leads out of the repository")]
    Outside {
        /// Which path.
        path: String,
    },
    /// The server answered with another status than 200.
    #[error("unexpected status code {0}")]
    Status(u16),
    /// No usable answer.
    #[error("failed to get module from {url}: {reason}")]
    Request {
        /// From where, without user and password.
        url: String,
        /// Why.
        reason: String,
    },
    /// The options can't be used.
    #[error("{0}")]
    Options(String),
    /// What came is no content.
    #[error("{0}")]
    Content(#[from] ContentError),
    /// A repository can't be fetched the first time.
    #[error("failed to download repository {url:?}: {reason}")]
    Download {
        /// Which.
        url: String,
        /// Why.
        reason: String,
    },
    /// A repository can't be fetched again.
    #[error("failed to update repository {url:?}: {reason}")]
    Pull {
        /// Which.
        url: String,
        /// Why.
        reason: String,
    },
    /// A repository has no such revision.
    #[error("invalid revision {0:?}")]
    Revision(String),
}

/// Compares with what was reported last, so that nothing is reported twice. For implementations of
/// [`ModuleSource`].
#[derive(Debug, Default)]
pub struct Reported {
    content: Option<Content>,
    failure: Option<SourceError>,
}

impl Reported {
    /// Remembers the answer of [`ModuleSource::load`].
    pub fn loaded(&mut self, result: &Result<Loaded, SourceError>) {
        match result {
            Ok(loaded) => {
                self.content = Some(loaded.content.clone());
                self.failure = loaded.stale.clone();
            }
            Err(error) => self.failure = Some(error.clone()),
        }
    }

    /// True if the last report was a failure.
    pub fn failing(&self) -> bool {
        self.failure.is_some()
    }

    /// What `result` is to those who know the earlier reports; nothing if it is no news.
    pub fn update(&mut self, result: Result<Content, SourceError>) -> Option<Update> {
        match result {
            Ok(content) => {
                let failed = self.failure.take().is_some();
                if self.content.as_ref() == Some(&content) {
                    return failed.then_some(Update::Recovered);
                }
                self.content = Some(content.clone());
                Some(Update::Content(content))
            }
            Err(error) if self.failure.as_ref() == Some(&error) => None,
            Err(error) => {
                self.failure = Some(error.clone());
                Some(Update::Failed(error))
            }
        }
    }
}
