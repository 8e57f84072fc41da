//! The shell around the decisions: requests, loads, the cache and the clock.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, SystemTime};

use alloy_flow_http::{Client, ClientConfig, Dial, error_chain};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::Metrics;
use crate::cache::Cache;
use crate::client::Collector;
use crate::session::{Answer, Identity, Session, State};

/// Requests of many processes that started at once spread out by this.
const JITTER_MS: i64 = 100;

/// Budget of the good-bye (spec/runtime.md §13.2).
const UNREGISTER_BUDGET: Duration = Duration::from_secs(1);

/// Longest wait for the files that the settings name. Whoever applies settings waits for them, so that
/// what can't be read fails a load; a file system that hangs must not hang it too.
const READ_PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 5 });

/// What the configuration is loaded into.
pub trait Target: Send + Sync + 'static {
    /// Loads `text` in place of what was loaded before. All or nothing: after an error runs what
    /// ran before. The errors are diagnostics. The future is dropped only when the process ends.
    fn load(&self, text: Arc<str>) -> BoxFuture<'_, Result<(), Vec<String>>>;

    /// Stops everything that was loaded.
    fn clear(&self) -> BoxFuture<'_, ()>;
}

/// What stays the same for the life of the process.
#[derive(Clone)]
pub struct Options {
    /// Where the last good configuration is kept.
    pub data_dir: PathBuf,
    /// Sent as the attribute `collector.version`.
    pub version: String,
    /// Sent as the attribute `collector.os`.
    pub os: String,
    /// A listener inside the process.
    pub dial: Option<Arc<dyn Dial>>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("data_dir", &self.data_dir).finish_non_exhaustive()
    }
}

/// What the block says.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// URL of the server, not empty.
    pub url: String,
    /// Id of this process, not empty.
    pub id: String,
    /// Name of this process to show.
    pub name: String,
    /// Attributes of the user; those of the system are added.
    pub attributes: BTreeMap<String, String>,
    /// Time between two requests.
    pub poll_frequency: Duration,
    /// The client, `User-Agent` included.
    pub client: ClientConfig,
    /// What the block says, in any form that is always the same: names the file of the cache.
    pub cache_key: Vec<u8>,
}

/// Why settings can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot use the remotecfg settings: {0}")]
pub struct SettingsError(String);

/// What to show of the service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// True if there are settings.
    pub enabled: bool,
    /// True if the server knows this process.
    pub registered: bool,
    /// What became of the last configuration.
    pub state: State,
    /// Why it failed; empty if it didn't.
    pub message: String,
    /// Hash of the configuration that runs.
    pub loaded_hash: Option<String>,
    /// When the server answered last.
    pub last_answer: Option<SystemTime>,
}

/// Settings that can be used.
#[derive(Debug)]
struct Prepared {
    settings: Settings,
    collector: Collector,
}

/// Changes and shows the service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    dial: Shared<dyn Dial>,
    wanted: watch::Sender<Option<Arc<Prepared>>>,
    status: Arc<Mutex<Status>>,
}

/// Something shared that has no `Debug`.
struct Shared<T: ?Sized>(Option<Arc<T>>);

impl<T: ?Sized> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: ?Sized> std::fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Some(..)" } else { "None" })
    }
}

impl Handle {
    /// Uses `settings` from now on; without settings the service stops and clears its target. Equal
    /// settings change nothing. The server is not asked here: one that is down fails no load.
    /// Files that the settings name are read on a thread of their own, for which this waits a few
    /// seconds at most.
    ///
    /// # Errors
    /// If the settings can't be used, such as a CA file that can't be read; the earlier settings
    /// stay.
    pub fn apply(&self, settings: Option<Settings>) -> Result<(), SettingsError> {
        let current = self.wanted.borrow().as_ref().map(|p| p.settings.clone());
        if current == settings {
            return Ok(());
        }
        let prepared = match settings {
            None => None,
            Some(settings) => Some(Arc::new(self.prepare_elsewhere(settings)?)),
        };
        self.status.lock().enabled = prepared.is_some();
        // Works without a receiver too: the service may not run yet, or no more.
        self.wanted.send_replace(prepared);
        Ok(())
    }

    fn prepare_elsewhere(&self, settings: Settings) -> Result<Prepared, SettingsError> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let dial = self.dial.0.clone();
        std::thread::Builder::new()
            .name("remotecfg files".to_owned())
            .spawn(move || drop(sender.send(prepare(settings, dial))))
            .map_err(|error| SettingsError(format!("cannot start a thread: {error}")))?;
        receiver.recv_timeout(READ_PATIENCE).unwrap_or_else(|error| {
            let reason = match error {
                RecvTimeoutError::Timeout => {
                    let seconds = READ_PATIENCE.as_secs();
                    format!("the files of the TLS settings could not be read within {seconds} s")
                }
                RecvTimeoutError::Disconnected => "making the client has panicked".to_owned(),
            };
            Err(SettingsError(reason))
        })
    }

    /// What the service does.
    pub fn status(&self) -> Status {
        self.status.lock().clone()
    }
}

/// Makes a client by the settings; reads the files that they name.
fn prepare(settings: Settings, dial: Option<Arc<dyn Dial>>) -> Result<Prepared, SettingsError> {
    if settings.id.is_empty() {
        return Err(SettingsError("the id is empty".to_owned()));
    }
    let client = Client::new(settings.client.clone(), dial)
        .map_err(|error| SettingsError(error_chain(&error)))?;
    let collector = Collector::new(client, &settings.url).map_err(SettingsError)?;
    Ok(Prepared { settings, collector })
}

/// The service.
pub struct RemoteConfig {
    options: Options,
    metrics: Metrics,
    target: Arc<dyn Target>,
    wanted: watch::Receiver<Option<Arc<Prepared>>>,
    status: Arc<Mutex<Status>>,
    session: Session,
    registered: bool,
    /// Where the text that runs is cached.
    cached_in: Option<Cache>,
}

impl std::fmt::Debug for RemoteConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteConfig").field("session", &self.session).finish_non_exhaustive()
    }
}

/// Why a wait ended early.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Interrupt {
    Stop,
    Settings,
}

impl RemoteConfig {
    /// A service without settings.
    pub fn new(options: Options, metrics: Metrics, target: Arc<dyn Target>) -> (Self, Handle) {
        let (sender, wanted) = watch::channel(None);
        let status = Arc::new(Mutex::new(Status::default()));
        let handle = Handle {
            dial: Shared(options.dial.clone()),
            wanted: sender,
            status: Arc::clone(&status),
        };
        let session = Session::default();
        let service = Self {
            options,
            metrics,
            target,
            wanted,
            status,
            session,
            registered: false,
            cached_in: None,
        };
        (service, handle)
    }

    /// Fetches and loads until `cancel`; then says good-bye to the server, within a second. What was
    /// loaded goes on.
    pub async fn run(mut self, cancel: CancellationToken) {
        let mut current: Option<Arc<Prepared>> = None;
        loop {
            let wanted = self.wanted.borrow_and_update().clone();
            self.switch(current.as_deref(), wanted.as_deref()).await;
            current = wanted;
            let interrupt = match &current {
                Some(prepared) => self.poll(&Arc::clone(prepared), &cancel).await,
                None => interrupted(&mut self.wanted, &cancel).await,
            };
            if interrupt == Interrupt::Stop {
                if let Some(prepared) = current {
                    self.say_goodbye(&prepared).await;
                }
                return;
            }
        }
    }

    /// Leaves `before` and prepares for `after`.
    async fn switch(&mut self, before: Option<&Prepared>, after: Option<&Prepared>) {
        let Some(after) = after else {
            if let Some(before) = before {
                self.say_goodbye(before).await;
                self.target.clear().await;
                tracing::info!("stopped the remote configuration");
                self.session.clear();
                self.cached_in = None;
                self.metrics.running("");
                self.show();
            }
            return;
        };
        let identity = self.identity(&after.settings);
        if let Some(before) = before {
            let (old, new) = (&before.settings, &after.settings);
            if old.url != new.url || old.id != new.id {
                self.say_goodbye(before).await;
            } else if self.identity(old) == identity && old.client == new.client {
                return;
            }
        }
        self.registered = false;
        self.session.restart(identity);
        self.show();
    }

    fn identity(&self, settings: &Settings) -> Identity {
        let mut attributes = settings.attributes.clone();
        attributes.insert("collector.version".to_owned(), self.options.version.clone());
        attributes.insert("collector.os".to_owned(), self.options.os.clone());
        Identity { id: settings.id.clone(), name: settings.name.clone(), attributes }
    }

    async fn poll(&mut self, prepared: &Prepared, cancel: &CancellationToken) -> Interrupt {
        let cache = Cache::new(&self.options.data_dir, &prepared.settings.cache_key);
        let mut first = true;
        loop {
            match self.cycle(prepared, &cache, first, cancel).await {
                Ok(()) => {}
                Err(interrupt) => return interrupt,
            }
            first = false;
            let pause = jittered(prepared.settings.poll_frequency);
            tokio::select! {
                interrupt = interrupted(&mut self.wanted, cancel) => return interrupt,
                () = sleep(pause) => {}
            }
        }
    }

    /// One attempt to get something new and run it. The cache stands in for the server at first.
    async fn cycle(
        &mut self,
        prepared: &Prepared,
        cache: &Cache,
        first: bool,
        cancel: &CancellationToken,
    ) -> Result<(), Interrupt> {
        self.register(prepared, cancel).await?;
        self.metrics.attempt();
        let (request, telling) = self.session.request();
        let began = Instant::now();
        let answer = {
            let call = prepared.collector.get_config(&request);
            or_interrupt(call, &mut self.wanted, cancel).await
        };
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                tracing::error!(%error, "cannot get the remote configuration");
                if error.is_not_found() {
                    self.registered = false;
                }
                self.metrics.failed();
                self.session.on_error(&error.to_string());
                self.show();
                if first {
                    until_stop(self.load_cached(cache, false), cancel).await?;
                    self.show();
                }
                return Ok(());
            }
            Err(interrupt) => {
                self.session.forget_told();
                return Err(interrupt);
            }
        };
        self.session.on_told(telling);
        self.metrics.answered(began.elapsed(), answer.not_modified);
        self.status.lock().last_answer = Some(SystemTime::now());
        match self.session.on_answer(answer) {
            Answer::Same { good: true } => {
                self.metrics.succeeded();
                until_stop(self.cache(cache), cancel).await?;
            }
            Answer::Same { good: false } => {}
            Answer::Load(text) => {
                self.show();
                until_stop(self.load(text, cache), cancel).await?;
            }
        }
        self.show();
        if self.session.has_news() {
            self.tell(prepared, cancel).await?;
        }
        Ok(())
    }

    async fn register(
        &mut self,
        prepared: &Prepared,
        cancel: &CancellationToken,
    ) -> Result<(), Interrupt> {
        if self.registered {
            return Ok(());
        }
        let request = self.session.register();
        let call = prepared.collector.register(&request);
        match or_interrupt(call, &mut self.wanted, cancel).await? {
            Ok(()) => self.registered = true,
            // The configuration may come all the same; tried again before the next poll.
            Err(error) => {
                tracing::warn!(%error, "cannot register at the remote configuration server")
            }
        }
        self.show();
        Ok(())
    }

    /// Runs what the server gave, or the last good text.
    async fn load(&mut self, text: Arc<str>, cache: &Cache) {
        match self.target.load(Arc::clone(&text)).await {
            Ok(()) => {
                self.session.on_loaded(&text);
                self.cached_in = None;
                self.cache(cache).await;
                self.loaded();
                tracing::info!("loaded the remote configuration");
            }
            Err(diagnostics) => {
                self.session.on_rejected(&diagnostics);
                self.metrics.failed();
                tracing::error!(
                    error = %self.session.state().1,
                    "cannot load the remote configuration; the last good one stays"
                );
                self.load_cached(cache, true).await;
            }
        }
    }

    /// Runs the last good text, if there is one that doesn't run already. After a text that was
    /// rejected the attempt counts as a success then.
    async fn load_cached(&mut self, cache: &Cache, rejected: bool) {
        let cached = cache.read().await;
        let running = self.session.loaded().cloned();
        // Without a file, what is known to load; it is loaded again after a rejection, so that a
        // target which left something half done is whole again.
        let Some(text) = cached.or_else(|| running.clone()) else { return };
        if !rejected && running.as_ref() == Some(&text) {
            return;
        }
        match self.target.load(Arc::clone(&text)).await {
            Ok(()) => {
                self.session.on_restored(&text);
                self.cached_in = None;
                self.loaded_from_cache(rejected);
                tracing::info!("loaded the last good remote configuration");
            }
            Err(diagnostics) => {
                let error = diagnostics.join("; ");
                tracing::error!(%error, "cannot load the last good remote configuration");
            }
        }
    }

    /// Keeps the text that runs, unless it is there already. Other settings have another file, also
    /// if the server gives the same text for them.
    async fn cache(&mut self, cache: &Cache) {
        if self.cached_in.as_ref() == Some(cache) {
            return;
        }
        if let Some(text) = self.session.loaded() {
            cache.write(text).await;
            self.cached_in = Some(cache.clone());
        }
    }

    fn loaded(&self) {
        self.metrics.succeeded();
        self.metrics.running(&self.session.loaded_hash().unwrap_or_default());
    }

    fn loaded_from_cache(&self, rejected: bool) {
        if rejected {
            self.metrics.succeeded();
        }
        self.metrics.running(&self.session.loaded_hash().unwrap_or_default());
    }

    /// Tells the server what changed by its answer; what it says now is asked for again later.
    async fn tell(
        &mut self,
        prepared: &Prepared,
        cancel: &CancellationToken,
    ) -> Result<(), Interrupt> {
        let (request, telling) = self.session.request();
        let call = prepared.collector.get_config(&request);
        match or_interrupt(call, &mut self.wanted, cancel).await {
            Ok(Ok(_)) => self.session.on_told(telling),
            Ok(Err(error)) => {
                self.session.forget_told();
                tracing::warn!(%error, "cannot report the status of the remote configuration");
            }
            Err(interrupt) => {
                self.session.forget_told();
                return Err(interrupt);
            }
        }
        Ok(())
    }

    async fn say_goodbye(&mut self, prepared: &Prepared) {
        if !std::mem::take(&mut self.registered) {
            return;
        }
        let request = self.session.unregister();
        match timeout(UNREGISTER_BUDGET, prepared.collector.unregister(&request)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "cannot unregister at the remote configuration server");
            }
            Err(_) => {
                tracing::warn!("the remote configuration server didn't answer the unregistration");
            }
        }
        self.show();
    }

    fn show(&self) {
        let (state, message) = self.session.state();
        let mut status = self.status.lock();
        status.registered = self.registered;
        status.state = state;
        message.clone_into(&mut status.message);
        status.loaded_hash = self.session.loaded_hash();
    }
}

/// Waits for the end or other settings.
async fn interrupted(
    wanted: &mut watch::Receiver<Option<Arc<Prepared>>>,
    cancel: &CancellationToken,
) -> Interrupt {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Interrupt::Stop,
        changed = wanted.changed() => match changed {
            Ok(()) => Interrupt::Settings,
            // Every handle is gone: nothing changes any more.
            Err(_) => {
                cancel.cancelled().await;
                Interrupt::Stop
            }
        },
    }
}

async fn or_interrupt<T>(
    call: impl Future<Output = T>,
    wanted: &mut watch::Receiver<Option<Arc<Prepared>>>,
    cancel: &CancellationToken,
) -> Result<T, Interrupt> {
    tokio::select! {
        biased;
        interrupt = interrupted(wanted, cancel) => Err(interrupt),
        output = call => Ok(output),
    }
}

/// A load is not given up for other settings: they come after it.
async fn until_stop(
    load: impl Future<Output = ()>,
    cancel: &CancellationToken,
) -> Result<(), Interrupt> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Interrupt::Stop),
        () = load => Ok(()),
    }
}

fn jittered(frequency: Duration) -> Duration {
    let jitter = rand::random_range(-JITTER_MS..=JITTER_MS);
    let amount = Duration::from_millis(jitter.unsigned_abs());
    if jitter < 0 { frequency.saturating_sub(amount) } else { frequency.saturating_add(amount) }
}
