//! Loads the configuration of a path, and keeps the metrics about it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Poll;

use crate::error::{LoadError, LoadFailure};
use crate::{ConfigMetrics, LoadRequest, ReloadMode, Runtime, read_config};

/// Loads the same path again and again: at start, on `SIGHUP`, for `/-/reload`. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ConfigLoader {
    runtime: Runtime,
    path: Arc<str>,
    mode: ReloadMode,
    metrics: ConfigMetrics,
    /// Held from reading the path until the load is queued: what was read later is loaded later.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl ConfigLoader {
    /// A loader of `path` into `runtime`.
    pub fn new(
        runtime: Runtime,
        path: impl Into<Arc<str>>,
        mode: ReloadMode,
        metrics: ConfigMetrics,
    ) -> Self {
        Self { runtime, path: path.into(), mode, metrics, turn: Arc::default() }
    }

    /// Reads the path and loads what is there.
    ///
    /// Cancel safety: a load that has begun goes on; its outcome is not counted in the metrics.
    ///
    /// # Errors
    /// Display gives the text that reload answers carry.
    pub async fn load(&self) -> Result<(), LoadError> {
        let outcome = self.try_load().await;
        match &outcome {
            Ok(()) => self.metrics.succeeded(),
            Err(error) => self.metrics.failed(matches!(error.failure, LoadFailure::Read { .. })),
        }
        outcome
    }

    async fn try_load(&self) -> Result<(), LoadError> {
        let turn = self.turn.lock().await;
        let path = Arc::clone(&self.path);
        let read = tokio::task::spawn_blocking(move || read_config(&path)).await;
        let text = match read {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => return Err(self.unreadable(error.to_string())),
            Err(error) => return Err(self.unreadable(error.to_string())),
        };
        self.metrics.set_hash(&text.sha256);
        let request = LoadRequest {
            sources: text.sources.clone(),
            module_path: text.module_path,
            env: environment(),
            mode: self.mode,
        };
        let mut load = std::pin::pin!(self.runtime.load(request));
        // The first poll queues it.
        let outcome = futures_util::poll!(load.as_mut());
        drop(turn);
        let outcome = match outcome {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => load.await,
        };
        outcome.map_err(|mut error| {
            if let LoadFailure::Read { path, .. } = &mut error.failure {
                *path = self.path.as_ref().to_owned();
            }
            error.sources = text.sources;
            error
        })
    }

    fn unreadable(&self, reason: String) -> LoadError {
        self.metrics.set_hash(&"0".repeat(64));
        let path = self.path.as_ref().to_owned();
        LoadError::new(LoadFailure::Read { path, reason }, Vec::new())
    }
}

/// The environment of the process; text that is not UTF-8 is replaced.
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .map(|(name, value)| {
            (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
        })
        .collect()
}
