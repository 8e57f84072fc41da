//! The source.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use alloy_flow_http::Dial;
use alloy_flow_module_source::{Content, Loaded, ModuleSource, Reported, SourceError, Update};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use gix::ObjectId;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::options::{GitOptions, Prepared};
use crate::remote::Means;
use crate::repository::pull;

type Pulled = (Option<ObjectId>, Result<Loaded, SourceError>);

/// Gives files of a git repository and follows a branch or tag of it.
///
/// Dropping it interrupts a fetch that is under way.
pub struct GitSource {
    prepared: Arc<Prepared>,
    dial: Option<Arc<dyn Dial>>,
    /// Program that speaks SSH.
    pub(crate) ssh: String,
    cancel: CancellationToken,
    interrupt: Arc<AtomicBool>,
    /// The commit whose files are on disk.
    checked_out: Option<ObjectId>,
    reported: Reported,
    work: Option<JoinHandle<Pulled>>,
    due: Option<Instant>,
}

impl std::fmt::Debug for GitSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GitSource").field("prepared", &self.prepared).finish_non_exhaustive()
    }
}

impl GitSource {
    /// A source that fetched nothing yet. Requests to the address of `dial` go there.
    ///
    /// # Errors
    /// If the options can't be used, such as a URL that is none.
    pub fn new(options: GitOptions, dial: Option<Arc<dyn Dial>>) -> Result<Self, SourceError> {
        Ok(Self {
            prepared: Arc::new(Prepared::new(options)?),
            dial,
            ssh: "ssh".to_owned(),
            cancel: CancellationToken::new(),
            interrupt: Arc::new(AtomicBool::new(false)),
            checked_out: None,
            reported: Reported::default(),
            work: None,
            due: None,
        })
    }

    async fn first(&mut self) -> Result<Loaded, SourceError> {
        // What is on disk may not be what was checked out.
        self.checked_out = None;
        let result = self.pull().await;
        self.reported.loaded(&result);
        result
    }

    async fn update(&mut self) -> Update {
        loop {
            if self.work.is_none() {
                match self.due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
                tracing::info!(repository = %self.prepared.shown, "updating repository");
            }
            let result = self.pull().await;
            // The content of an old clone is no news, its failure is.
            let result: Result<Content, SourceError> = match result {
                Ok(Loaded { stale: Some(error), .. }) => Err(error),
                Ok(Loaded { content, stale: None }) => Ok(content),
                Err(error) => Err(error),
            };
            if let Some(update) = self.reported.update(result) {
                return update;
            }
        }
    }

    /// Starts the work, or goes on to wait for it.
    async fn pull(&mut self) -> Result<Loaded, SourceError> {
        let work = self.work.get_or_insert_with(|| {
            let prepared = Arc::clone(&self.prepared);
            let means = Means {
                dial: self.dial.clone(),
                runtime: Handle::current(),
                cancel: self.cancel.clone(),
                interrupt: Arc::clone(&self.interrupt),
                ssh: self.ssh.clone(),
            };
            let mut checked_out = self.checked_out;
            tokio::task::spawn_blocking(move || {
                let result = pull(&prepared, &means, &mut checked_out);
                (checked_out, result)
            })
        });
        let result = work.await;
        self.work = None;
        let frequency = self.prepared.options.pull_frequency;
        self.due = (!frequency.is_zero()).then(|| Instant::now() + frequency);
        match result {
            Ok((checked_out, result)) => {
                self.checked_out = checked_out;
                result
            }
            Err(error) => {
                self.checked_out = None;
                let url = self.prepared.shown.clone();
                Err(SourceError::Pull { url, reason: format!("the work was aborted: {error}") })
            }
        }
    }
}

impl Drop for GitSource {
    fn drop(&mut self) {
        self.interrupt.store(true, Ordering::Relaxed);
        self.cancel.cancel();
    }
}

impl ModuleSource for GitSource {
    fn load(&mut self) -> BoxFuture<'_, Result<Loaded, SourceError>> {
        self.first().boxed()
    }

    fn next(&mut self) -> BoxFuture<'_, Update> {
        self.update().boxed()
    }
}

#[cfg(test)]
impl GitSource {
    pub(crate) fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    pub(crate) fn limits(&mut self) -> &mut crate::options::Limits {
        &mut Arc::get_mut(&mut self.prepared).unwrap().limits
    }
}
