//! The controller of the remote configuration as the service sees it.

use std::sync::Arc;
use std::time::Duration;

use alloy_flow_remotecfg::Target;
use alloy_runtime::{LoadError, LoadRequest, ReloadMode, Runtime, Source, Trigger, environment};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::time::timeout;

use crate::CONTROLLER_ID;

/// How long a load waits for slow builds. The server must get its answer although something that is
/// built waits for a server of its own.
pub(crate) const LOAD_PATIENCE: Duration = Duration::from_secs(60);

/// Loads texts into the controller.
pub(crate) struct Root {
    runtime: Runtime,
    module_path: String,
    /// What runs; empty is nothing.
    running: Mutex<Arc<str>>,
}

impl Root {
    pub(crate) fn new(runtime: Runtime, module_path: String) -> Self {
        Self { runtime, module_path, running: Mutex::new("".into()) }
    }

    async fn load_text(&self, text: &Arc<str>) -> Result<(), LoadError> {
        let source = Source { name: CONTROLLER_ID.into(), text: Arc::clone(text) };
        let load = self.runtime.load(LoadRequest {
            sources: vec![source],
            module_path: self.module_path.clone(),
            env: environment(),
            mode: ReloadMode::Atomic,
            trigger: Trigger::Remote,
            ..LoadRequest::default()
        });
        match timeout(LOAD_PATIENCE, load).await {
            Ok(outcome) => outcome,
            Err(_) => {
                tracing::warn!(
                    "the remote configuration is loaded, but some of it is still being built"
                );
                Ok(())
            }
        }
    }

    /// Replaces what runs. An error after the text was accepted leaves parts of it running, so the
    /// text before comes back.
    async fn replace(&self, text: Arc<str>) -> Result<(), Vec<String>> {
        let error = match self.load_text(&text).await {
            Ok(()) => {
                *self.running.lock() = text;
                return Ok(());
            }
            Err(error) => error,
        };
        if error.is_applied() {
            let before = Arc::clone(&self.running.lock());
            if let Err(error) = self.load_text(&before).await {
                tracing::error!(
                    err = %error,
                    "cannot go back to the remote configuration that ran before"
                );
            }
        }
        if error.diagnostics.is_empty() {
            return Err(vec![error.to_string()]);
        }
        Err(error.diagnostics.iter().map(ToString::to_string).collect())
    }
}

impl Target for Root {
    fn load(&self, text: Arc<str>) -> BoxFuture<'_, Result<(), Vec<String>>> {
        self.replace(text).boxed()
    }

    fn clear(&self) -> BoxFuture<'_, ()> {
        async {
            if let Err(errors) = self.replace("".into()).await {
                let errors = errors.join("; ");
                tracing::error!(err = errors, "cannot stop the remote configuration");
            }
        }
        .boxed()
    }
}
