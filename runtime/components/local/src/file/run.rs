//! The running `local.file`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alloy_component::{
    BuildContext, Component, ComponentError, ExportSink, Health, HealthState, RunContext,
};
use alloy_flow_watch::{Watch, WatchOptions};
use alloy_value::{ArcArgs, OptionalSecret};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use prometheus::Gauge;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{Detector, FileArgs, FileExports};

/// A save in several steps is read once (spec/components/local.file.md).
const SETTLE: Duration = Duration::from_millis(30);

/// Largest content that becomes a value; configuration text as a whole is capped at the same size.
const MAX_BYTES: u64 = 64 << 20;

pub(super) struct LocalFile {
    exports: ExportSink,
    accessed: Option<Gauge>,
    /// Only named in log lines.
    data_dir: PathBuf,
    state: Mutex<State>,
    /// New arguments wait for the running loop.
    updated: Notify,
}

struct State {
    args: FileArgs,
    health: Health,
}

pub(super) fn build(
    cx: BuildContext,
    args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    async move {
        let accessed = Gauge::new(
            "local_file_timestamp_last_accessed_unix_seconds",
            "The last successful access in unix seconds",
        )
        .ok()
        .map(|gauge| cx.metrics.register(gauge));
        let args = file_args(&args)?;
        let component = LocalFile {
            exports: cx.exports,
            accessed,
            data_dir: cx.data_dir,
            state: Mutex::new(State { args: args.clone(), health: unknown() }),
            updated: Notify::new(),
        };
        component.read(&args).await.map_err(ComponentError::retryable)?;
        Ok(Arc::new(component) as Arc<dyn Component>)
    }
    .boxed()
}

fn file_args(args: &ArcArgs) -> Result<FileArgs, ComponentError> {
    args.downcast_ref::<FileArgs>()
        .cloned()
        .ok_or_else(|| ComponentError::new("local.file was given another component's arguments"))
}

fn unknown() -> Health {
    Health::new(HealthState::Unknown, "not read yet", SystemTime::now())
}

impl LocalFile {
    /// Reads the file and exports its content; on failure the last content stays exported.
    async fn read(&self, args: &FileArgs) -> Result<(), String> {
        let path = args.filename.clone();
        let content = tokio::task::spawn_blocking(move || content(Path::new(&path)))
            .await
            .unwrap_or_else(|error| Err(format!("reading was aborted: {error}")));
        let (state, message, result) = match content {
            Ok(text) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                if let Some(accessed) = &self.accessed {
                    accessed.set(now.as_secs_f64().floor());
                }
                let content = OptionalSecret::new(text, args.is_secret);
                self.exports.export(&FileExports { content });
                (HealthState::Healthy, "read file".to_owned(), Ok(()))
            }
            Err(reason) => {
                let path = self.data_dir.display();
                tracing::error!(%path, err = reason, "failed to read file");
                let message = format!("failed to read file: {reason}");
                (HealthState::Unhealthy, message.clone(), Err(message))
            }
        };
        self.state.lock().health = Health::new(state, message, SystemTime::now());
        result
    }

    async fn follow(&self, cx: RunContext) {
        loop {
            let args = self.state.lock().args.clone();
            let mut watch = Watch::new(WatchOptions {
                detector: match args.detector {
                    Detector::Fsnotify => alloy_flow_watch::Detector::Events,
                    Detector::Poll => alloy_flow_watch::Detector::Poll,
                },
                poll: args.poll_frequency,
                settle: SETTLE,
                suffix: "",
            });
            // A read with the old arguments may have ended after the update's own.
            let began = SystemTime::now();
            self.read_again(&args).await;
            watch.set([PathBuf::from(&args.filename)], began);
            if self.follow_with(&cx, &args, watch).await == Next::Stop {
                return;
            }
        }
    }

    /// Reads on every change and tick until stopped or given new arguments.
    async fn follow_with(&self, cx: &RunContext, args: &FileArgs, mut watch: Watch) -> Next {
        // Beside the watch: not every file system tells by its times that a file changed.
        let mut poll =
            tokio::time::interval_at(Instant::now() + args.poll_frequency, args.poll_frequency);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            // All arms are cancel safe.
            tokio::select! {
                () = cx.cancel.cancelled() => return Next::Stop,
                () = self.updated.notified() => return Next::NewArguments,
                _ = watch.changed() => {}
                _ = poll.tick() => {}
            }
            self.read_again(args).await;
        }
    }

    async fn read_again(&self, args: &FileArgs) {
        if let Err(reason) = self.read(args).await {
            tracing::error!(error = %reason, "cannot update the content");
        }
    }
}

#[derive(PartialEq)]
enum Next {
    Stop,
    NewArguments,
}

impl Component for LocalFile {
    fn update(&self, args: ArcArgs) -> BoxFuture<'_, Result<(), ComponentError>> {
        async move {
            let args = file_args(&args)?;
            self.read(&args).await.map_err(ComponentError::retryable)?;
            self.state.lock().args = args;
            self.updated.notify_one();
            Ok(())
        }
        .boxed()
    }

    fn run(self: Arc<Self>, cx: RunContext) -> BoxFuture<'static, Result<(), ComponentError>> {
        async move {
            self.follow(cx).await;
            Ok(())
        }
        .boxed()
    }

    fn health(&self) -> Option<Health> {
        Some(self.state.lock().health.clone())
    }
}

/// Content of `path`, or why it is no value.
fn content(path: &Path) -> Result<String, String> {
    // The texts of the operating system without Rust's "(os error N)".
    let said = |error: std::io::Error| {
        let text = error.to_string();
        let reason = text.split(" (os error").next().unwrap_or_default().to_lowercase();
        format!("open {}: {reason}", path.display())
    };
    let file = std::fs::File::open(path).map_err(said)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(said)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("{} is larger than {} MiB", path.display(), MAX_BYTES >> 20));
    }
    String::from_utf8(bytes)
        .map_err(|error| format!("{} is not UTF-8: {}", path.display(), error.utf8_error()))
}
