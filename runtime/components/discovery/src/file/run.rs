//! The running `discovery.file`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use alloy_component::{BuildContext, Component, ComponentError, ExportSink, RunContext, Target};
use alloy_value::ArcArgs;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior};

use super::FileArgs;
use super::groups::parse;
use crate::DiscoveryExports;
use crate::shown::Shown;

/// Largest target file.
const MAX_BYTES: u64 = 64 << 20;
/// Several events of one save are one reading.
const SETTLE: Duration = Duration::from_millis(20);

struct FileDiscovery {
    exports: ExportSink,
    shown: Shown,
    state: Mutex<State>,
    updated: Notify,
    /// Held while reading: an update and the running loop may both want to.
    reading: tokio::sync::Mutex<()>,
}

struct State {
    args: FileArgs,
    /// Targets by file as read last: what a broken file keeps.
    known: BTreeMap<PathBuf, Vec<Target>>,
}

pub(super) fn build(
    cx: BuildContext,
    args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    async move {
        let args = file_args(&args)?;
        let component = FileDiscovery {
            shown: Shown::new(cx.services.live_debugging.publisher(&cx.id)),
            exports: cx.exports,
            state: Mutex::new(State { args, known: BTreeMap::new() }),
            updated: Notify::new(),
            reading: tokio::sync::Mutex::default(),
        };
        component.read().await;
        Ok(Arc::new(component) as Arc<dyn Component>)
    }
    .boxed()
}

fn file_args(args: &ArcArgs) -> Result<FileArgs, ComponentError> {
    args.downcast_ref::<FileArgs>().cloned().ok_or_else(|| {
        ComponentError::new("discovery.file was given another component's arguments")
    })
}

impl FileDiscovery {
    /// Reads every file and exports the targets of all.
    async fn read(&self) {
        let _turn = self.reading.lock().await;
        let (patterns, known) = {
            let mut state = self.state.lock();
            (state.args.files.clone(), std::mem::take(&mut state.known))
        };
        let read = tokio::task::spawn_blocking(move || read_all(&patterns, known)).await;
        let Ok(known) = read else {
            tracing::error!("reading the target files was aborted");
            return;
        };
        let targets: Vec<Target> = known.values().flatten().cloned().collect();
        self.state.lock().known = known;
        self.shown.publish(&targets);
        self.exports.export(&DiscoveryExports { targets });
    }

    async fn follow(&self, cx: RunContext) {
        let changed = Arc::new(Notify::new());
        loop {
            let args = self.state.lock().args.clone();
            let watcher = watch(&args.files, Arc::clone(&changed));
            if let Err(error) = &watcher {
                tracing::error!(err = %error, "cannot watch the target files; reading them at refresh_interval");
            }
            // What changed between the last reading and the watch is no event.
            changed.notify_one();
            let mut refresh = tokio::time::interval_at(
                Instant::now() + args.refresh_interval,
                args.refresh_interval,
            );
            refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                // All arms are cancel safe: a wake-up that is not taken is stored.
                tokio::select! {
                    () = cx.cancel.cancelled() => return,
                    () = self.updated.notified() => break,
                    () = changed.notified() => {}
                    _ = refresh.tick() => {}
                }
                tokio::select! {
                    () = cx.cancel.cancelled() => return,
                    () = tokio::time::sleep(SETTLE) => self.read().await,
                }
            }
        }
    }
}

fn watch(patterns: &[String], changed: Arc<Notify>) -> notify::Result<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Our own reading opens files, which is an event too.
        if !matches!(&event, Ok(event) if matches!(event.kind, EventKind::Access(_))) {
            changed.notify_one();
        }
    })?;
    let folders: BTreeSet<&Path> = patterns
        .iter()
        .map(|pattern| match Path::new(pattern).parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        })
        .collect();
    for folder in folders {
        watcher.watch(folder, RecursiveMode::NonRecursive)?;
    }
    Ok(watcher)
}

fn read_all(
    patterns: &[String],
    mut known: BTreeMap<PathBuf, Vec<Target>>,
) -> BTreeMap<PathBuf, Vec<Target>> {
    let files: BTreeSet<PathBuf> = patterns
        .iter()
        .flat_map(|pattern| alloy_flow_glob::expand(pattern).unwrap_or_default())
        .collect();
    files
        .into_iter()
        .filter_map(|path| {
            let name = path.display().to_string();
            let targets = match read_file(&path).and_then(|content| parse(&name, &content)) {
                Ok(targets) => targets,
                Err(error) => {
                    tracing::error!(path = %name, err = %error, "cannot read a target file");
                    known.remove(&path)?
                }
            };
            Some((path, targets))
        })
        .collect()
}

fn read_file(path: &Path) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut content = String::new();
    file.take(MAX_BYTES + 1).read_to_string(&mut content).map_err(|error| error.to_string())?;
    if content.len() as u64 > MAX_BYTES {
        return Err(format!("the file is larger than {} MiB", MAX_BYTES >> 20));
    }
    Ok(content)
}

impl Component for FileDiscovery {
    fn update(&self, args: ArcArgs) -> BoxFuture<'_, Result<(), ComponentError>> {
        async move {
            self.state.lock().args = file_args(&args)?;
            self.read().await;
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

    fn supports_live_debugging(&self) -> bool {
        true
    }
}
