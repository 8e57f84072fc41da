//! Reads a source, exports what it gives, and follows its changes.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use alloy_component::{
    BuildContext, Component, ComponentError, ExportSink, Health, HealthState, ModuleContent,
    RunContext,
};
use alloy_flow_module_source::{Content, Loaded, ModuleSource, ReadError, SourceError, Update};
use alloy_value::ArcArgs;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::sources::{Opened, open};

struct Import {
    cx: SourceContext,
    exports: ExportSink,
    /// A source that has been read and waits for the running loop.
    next: Mutex<Option<Opened>>,
    updated: Notify,
    health: Mutex<Option<Health>>,
}

/// What opening a source needs besides arguments.
pub(crate) struct SourceContext {
    pub(crate) data_dir: std::path::PathBuf,
    pub(crate) dialer: alloy_component::MemoryDialer,
    pub(crate) user_agent: Arc<str>,
}

pub(crate) fn build(
    cx: BuildContext,
    args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    async move {
        let context = SourceContext {
            data_dir: cx.data_dir,
            dialer: cx.services.dialer.clone(),
            user_agent: Arc::clone(&cx.services.user_agent),
        };
        let import = Import {
            cx: context,
            exports: cx.exports,
            next: Mutex::new(None),
            updated: Notify::new(),
            health: Mutex::new(None),
        };
        import.take(&args).await?;
        Ok(Arc::new(import) as Arc<dyn Component>)
    }
    .boxed()
}

impl Import {
    /// Opens the source that the arguments name, reads it and exports the content.
    async fn take(&self, args: &ArcArgs) -> Result<(), ComponentError> {
        let mut opened = open(args, &self.cx)?;
        let loaded = match opened.source.load().await {
            Ok(loaded) => loaded,
            Err(error) => {
                log_missing_file(&error);
                return Err(failure(error));
            }
        };
        let Loaded { content, stale } = loaded;
        self.export(&opened.name, content);
        self.report(stale.as_ref());
        *self.next.lock() = Some(opened);
        self.updated.notify_one();
        Ok(())
    }

    fn export(&self, name: &Arc<str>, content: Content) {
        self.exports.export(&module_content(name, content));
    }

    fn report(&self, error: Option<&SourceError>) {
        let now = SystemTime::now();
        *self.health.lock() = Some(match error {
            None => Health::new(HealthState::Healthy, "source is read", now),
            Some(error) => {
                tracing::error!(err = %error, "failed to read an imported module");
                Health::new(HealthState::Unhealthy, error.to_string(), now)
            }
        });
    }

    /// Follows the present source until another one waits.
    async fn follow(&self, opened: &mut Opened) {
        loop {
            tokio::select! {
                () = self.updated.notified() => return,
                update = opened.source.next() => match update {
                    Update::Content(content) => {
                        self.export(&opened.name, content);
                        self.report(None);
                    }
                    Update::Recovered => self.report(None),
                    Update::Failed(error) => self.report(Some(&error)),
                },
            }
        }
    }
}

/// Content as it is exported, with the names that messages show.
pub(crate) fn module_content(name: &Arc<str>, content: Content) -> ModuleContent {
    let alone = content.files.len() == 1;
    let shown = |file: &str| -> Arc<str> {
        let is_whole = alone && Path::new(&**name).file_name().is_some_and(|n| n == file);
        match is_whole || file == &**name || alone && name.contains("://") {
            true => Arc::clone(name),
            false => Path::new(&**name).join(file).to_string_lossy().into(),
        }
    };
    let files = content.files.iter().map(|(file, text)| (shown(file), Arc::clone(text))).collect();
    ModuleContent {
        source: Arc::clone(name),
        files,
        module_path: (!content.module_path.is_empty()).then(|| content.module_path.as_str().into()),
    }
}

/// The lines that operators of the reference look for when a path leads nowhere.
fn log_missing_file(error: &SourceError) {
    if let SourceError::Read(reason @ ReadError::Io { call: "stat", path, .. }) = error {
        tracing::error!(err = %reason, "failed to collect files");
        tracing::error!(module_path = path, err = %reason, "failed to extract module path");
    }
}

fn failure(error: SourceError) -> ComponentError {
    ComponentError::retryable(error.to_string())
}

impl Component for Import {
    fn update(&self, args: ArcArgs) -> BoxFuture<'_, Result<(), ComponentError>> {
        async move { self.take(&args).await }.boxed()
    }

    fn run(self: Arc<Self>, cx: RunContext) -> BoxFuture<'static, Result<(), ComponentError>> {
        async move {
            let follow = async {
                let mut current: Option<Opened> = None;
                loop {
                    if let Some(next) = self.next.lock().take() {
                        current = Some(next);
                    }
                    match &mut current {
                        Some(opened) => self.follow(opened).await,
                        None => self.updated.notified().await,
                    }
                }
            };
            // Waiting for a change loses nothing when it is given up.
            cx.cancel.run_until_cancelled(follow).await;
            Ok(())
        }
        .boxed()
    }

    fn health(&self) -> Option<Health> {
        self.health.lock().clone()
    }
}

/// A source, and what errors and positions call it.
pub(crate) type Source = Box<dyn ModuleSource>;
