//! `alloy run` (spec/cli.md §2): from flags to a running process, and to its end.

mod live_debugging;
mod logging;
mod options;
mod process;
mod remote;
mod signals;
mod traces;
mod watch;

use std::sync::Arc;

use alloy::{host, registry};
use alloy_component::{Handover, LiveDebugging, MemoryDialer, MetricsHub, Services};
use alloy_import::Reach;
use alloy_remotecfg::CONTROLLER_ID;
use alloy_runtime::{
    BuildInfo, ConfigBlock, ConfigLoader, ConfigMetrics, LabelStoreMetrics, LoadError,
    LoggingBlock, ProcessMetrics, Runtime, RuntimeOptions, Seed, Trigger, create_storage,
    register_build_info,
};
use alloy_server::{BindError, Port, Server, ServerOptions};
use alloy_telemetry::SeriesTable;
use alloy_tracing::TracingHandle;
use anyhow::{Context, Result, anyhow, bail};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::cli::commands::Outcome;
use crate::cli::flags::Parsed;
use crate::cli::output::{color, err, out};
use crate::cli::version;
use crate::imports::Reader;
use live_debugging::LiveDebuggingBlock;
use options::RunOptions;
use signals::Signals;
use traces::TracingBlock;
use watch::ConfigWatch;

/// Runs until a signal ends the process.
pub(crate) fn run(parsed: &Parsed) -> Result<Outcome> {
    let options = RunOptions::new(parsed)?;
    let (log, traces) = logging::install()?;
    tracing::info!("Alloy is starting");
    tracing::info!(enabled = false, "boringcrypto enabled");
    // There is no endpoint to send any to, whatever `--disable-reporting` says.
    tracing::info!("no usage reports are sent");
    let data_plane = process::data_plane().context("cannot start the data plane's threads")?;
    let control = process::control_plane().context("cannot start the control plane's thread")?;
    let ended = control.block_on(serve(&options, &log, traces, data_plane.handle()));
    data_plane.shutdown_timeout(process::STOP_PATIENCE);
    control.shutdown_timeout(process::STOP_PATIENCE);
    ended
}

async fn serve(
    options: &RunOptions,
    log: &alloy_logging::LogHandle,
    traces: TracingHandle,
    data_plane: &Handle,
) -> Result<Outcome> {
    // Before anything that can take time: no signal may find its default disposition.
    let signals = Signals::install().context("cannot install signal handlers")?;
    let port = match Port::claim(&options.listen_addr) {
        Ok(port) => port,
        Err(error) => return Ok(cannot_listen(&error, log)),
    };
    create_storage(&options.storage_path)
        .map_err(|error| anyhow!("failed to create the remotecfg service: {error}"))?;
    let seed = Seed::load_or_create(&options.storage_path, host::VERSION);

    let metrics = MetricsHub::new();
    let _process = ProcessMetrics::register(&metrics);
    let _build = register_build_info(
        &metrics,
        &BuildInfo {
            version: host::VERSION.to_owned(),
            revision: version::REVISION.to_owned(),
            branch: version::BRANCH.to_owned(),
            compiler: version::COMPILER.to_owned(),
            tags: String::new(),
        },
    );
    let (dialer, accept) = MemoryDialer::new(options.memory_addr.as_str());
    let series = SeriesTable::new();
    let _labelstore = LabelStoreMetrics::register(&metrics, &series);
    let live_debugging = LiveDebugging::new();
    let services = Arc::new(Services {
        series,
        metrics: metrics.clone(),
        handover: Handover::new(),
        live_debugging: live_debugging.clone(),
        dialer,
        user_agent: version::user_agent().into(),
        agent_id: seed.uid.into(),
    });
    let logging = logging::Sink::new(log.clone(), data_plane.clone(), &metrics)?;
    let tracing_block = TracingBlock::new(traces, data_plane.clone(), &services);
    let runtime_options = |config_blocks: Vec<Box<dyn ConfigBlock>>| RuntimeOptions {
        registry: registry::registry(),
        components: registry::runnable(),
        host: host::facts(),
        stability: options.stability,
        community: options.community,
        storage_path: options.storage_path.clone(),
        services: Arc::clone(&services),
        config_blocks,
        importer: Some(Arc::new(Reader::new(Reach::Local))),
        shutdown_deadline: options.shutdown_deadline,
        first_load_patience: RuntimeOptions::FIRST_LOAD_PATIENCE,
        tokio: data_plane.clone(),
    };
    let remote_runtime = Runtime::start_guest(runtime_options(Vec::new()), CONTROLLER_ID)
        .context("cannot start the controller of the remote configuration")?;
    let remote = remote::prepare(options, &remote_runtime, &services)?;
    let runtime = Runtime::start(runtime_options(vec![
        Box::new(LoggingBlock::new(Arc::new(logging))),
        Box::new(tracing_block),
        Box::new(LiveDebuggingBlock(live_debugging.clone())),
        remote.block(),
    ]))
    .context("cannot start the controller")?;
    let config = ConfigMetrics::new(&metrics, &options.cluster_name);
    let loader = ConfigLoader::new(runtime.clone(), options.path.as_str(), options.reload, config);

    let began = std::time::SystemTime::now();
    // A stop during the first load ends it: what is built by then is stopped again.
    let loaded = tokio::select! {
        loaded = loader.load() => Some(loaded),
        () = signals.stop.cancelled() => None,
    };
    match loaded {
        None => {
            runtime.shutdown().await;
            return Ok(Outcome::Done);
        }
        Some(Err(error)) => {
            runtime.shutdown().await;
            return Err(initial_load_failed(&error));
        }
        Some(Ok(())) => {}
    }
    let server = Server::serve(
        ServerOptions {
            runtime: runtime.clone(),
            remote: remote_runtime.clone(),
            loader: loader.clone(),
            metrics,
            live_debugging,
            data_plane: data_plane.clone(),
            node_name: options.node_name.clone(),
            ui_path_prefix: options.ui_path_prefix.clone(),
            pprof: options.pprof,
            support_bundle: options.support_bundle,
            allowed_hosts: options.allowed_hosts.clone(),
        },
        port,
        accept,
    );
    let server = match server {
        Ok(server) => server,
        Err(error) => {
            runtime.shutdown().await;
            return Ok(cannot_listen(&error, log));
        }
    };
    let remote = remote::Running::start(remote, data_plane);
    tracing::info!("{{^_^}} Alloy is running");
    let mut watch = options.watch.then(|| ConfigWatch::new(options.path.as_str(), began, &runtime));
    reload_until_stopped(&signals, &loader, watch.as_mut()).await;
    tokio::join!(runtime.shutdown(), remote_runtime.shutdown(), remote.stop());
    server.stop().await;
    Ok(Outcome::Done)
}

/// Reloads that may wait for slow builds at a time; a further signal is seen when one has ended.
const MAX_RELOADS: usize = 64;

/// Reloads at every signal and at every change of what is watched, until the stop. A reload whose
/// builds are slow delays no other one.
async fn reload_until_stopped(
    signals: &Signals,
    loader: &ConfigLoader,
    mut watch: Option<&mut ConfigWatch>,
) {
    let mut reloads = JoinSet::new();
    loop {
        let changed = async {
            match &mut watch {
                Some(watch) => Trigger::Watch(watch.changed().await),
                None => std::future::pending().await,
            }
        };
        let asked = async {
            tokio::select! {
                () = signals.reload.notified() => Trigger::Signal,
                trigger = changed => trigger,
            }
        };
        // Every arm is cancel safe. A stop doesn't wait for reloads; the controller ends them.
        tokio::select! {
            () = signals.stop.cancelled() => return,
            Some(_) = reloads.join_next() => {}
            trigger = asked, if reloads.len() < MAX_RELOADS => {
                let loader = loader.clone();
                reloads.spawn(async move {
                    match loader.reload(trigger).await {
                        Ok(()) => tracing::info!("config reloaded"),
                        Err(error) => tracing::error!(err = %error, "failed to reload config"),
                    }
                });
            }
        }
    }
}

/// The log line and exit code for a port that is not to be had. There may be no configuration yet
/// that says how to log.
fn cannot_listen(error: &BindError, log: &alloy_logging::LogHandle) -> Outcome {
    log.open(alloy_logging::Level::Info, alloy_logging::Format::Logfmt);
    let message = format!("failed to listen on {}", error.address);
    tracing::error!(service = "http", err = %error, "{message}");
    Outcome::Code(1)
}

/// Reports why the first load failed; gives the last line.
fn initial_load_failed(error: &LoadError) -> anyhow::Error {
    if error.diagnostics.is_empty() {
        return anyhow!("{error}");
    }
    let source = |name: &str| error.sources.iter().find(|s| &*s.name == name).map(|s| &*s.text);
    err(&alloy_syntax::render(&error.diagnostics, source, color()));
    out("\n");
    anyhow!("could not perform the initial load successfully")
}

/// The condition under which a flag's feature is asked for although it comes later.
fn refuse(flag: &str, feature: &str) -> Result<()> {
    bail!("--{flag}: {feature} is not in this version yet; remove the flag")
}
