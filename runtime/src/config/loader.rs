//! Loads the configuration of a path, and keeps the metrics about it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use super::source::module_path;
use crate::error::{LoadError, LoadFailure};
use crate::history::Attempt;
use crate::{
    ConfigMetrics, LoadRequest, Planned, ReloadMode, Runtime, Source, Trigger, read_config,
};

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

    /// Reads the path and loads what is there, at the start of the process.
    ///
    /// Cancel safety and errors: as [`Self::reload`].
    pub async fn load(&self) -> Result<(), LoadError> {
        self.reload(Trigger::Start).await
    }

    /// Reads the path and loads what is there.
    ///
    /// Cancel safety: a load that has begun goes on; its outcome is not counted in the metrics.
    ///
    /// # Errors
    /// Display gives the text that reload answers carry.
    pub async fn reload(&self, trigger: Trigger) -> Result<(), LoadError> {
        let outcome = self.try_load(trigger).await;
        match &outcome {
            Ok(()) => self.metrics.succeeded(),
            Err(error) => self.metrics.failed(matches!(error.failure, LoadFailure::Read { .. })),
        }
        outcome
    }

    /// Says what loading these texts in place of the path would do, and does nothing of it.
    ///
    /// # Errors
    /// A reload with them would be refused.
    pub async fn plan(&self, sources: Vec<Source>) -> Result<Planned, LoadError> {
        let path = Arc::clone(&self.path);
        let module_path = tokio::task::spawn_blocking(move || module_path(&path)).await;
        self.runtime
            .plan(LoadRequest {
                sources,
                module_path: module_path.unwrap_or_default(),
                env: environment(),
                mode: self.mode,
                ..LoadRequest::default()
            })
            .await
            .map_err(|error| self.with_path(error))
    }

    async fn try_load(&self, trigger: Trigger) -> Result<(), LoadError> {
        let turn = self.turn.lock().await;
        let path = Arc::clone(&self.path);
        let begin = Instant::now();
        let read = tokio::task::spawn_blocking(move || read_config(&path)).await;
        let text = match read {
            Ok(Ok(text)) => Ok(text),
            Ok(Err(error)) => Err(self.unreadable(error.to_string())),
            Err(error) => Err(self.unreadable(error.to_string())),
        };
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                let attempt = Attempt::new(trigger, begin.elapsed());
                self.runtime.remember_unreadable(attempt, error.clone()).await;
                return Err(error);
            }
        };
        self.metrics.set_hash(&text.sha256);
        let request = LoadRequest {
            sources: text.sources.clone(),
            module_path: text.module_path,
            env: environment(),
            mode: self.mode,
            trigger,
            read: begin.elapsed(),
        };
        let mut load = std::pin::pin!(self.runtime.load(request));
        // The first poll queues it.
        let outcome = futures_util::poll!(load.as_mut());
        drop(turn);
        let outcome = match outcome {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => load.await,
        };
        outcome.map_err(|error| LoadError { sources: text.sources, ..self.with_path(error) })
    }

    fn with_path(&self, mut error: LoadError) -> LoadError {
        if let LoadFailure::Read { path, .. } = &mut error.failure {
            *path = self.path.as_ref().to_owned();
        }
        error
    }

    fn unreadable(&self, reason: String) -> LoadError {
        self.metrics.set_hash(&"0".repeat(64));
        let path = self.path.as_ref().to_owned();
        LoadError::new(LoadFailure::Read { path, reason }, Vec::new())
    }
}

/// The environment of the process as configurations read it; text that is not UTF-8 is replaced.
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .map(|(name, value)| {
            (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
        })
        .collect()
}
