//! The handle that the rest of the process holds.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tokio::sync::{oneshot, watch};

use crate::controller::{Controller, Shared};
use crate::error::{LoadError, LoadFailure};
use crate::event::{self, Event, EventSender};
use crate::history::Attempt;
use crate::trace::{Evaluation, Trace};
use crate::{GraphSnapshot, LoadRequest, NodeCell, Planned, RuntimeOptions};

/// Stack of the controller thread: evaluation recurses with the nesting of the text.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// A running controller. Cheap to clone; the controller stops with the last clone, or when told.
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

struct Inner {
    events: EventSender,
    snapshot: Arc<ArcSwap<GraphSnapshot>>,
    trace: Arc<Mutex<Trace>>,
    reconsider: watch::Receiver<Option<Arc<str>>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The thread may have ended already.
        drop(self.events.send(Event::Shutdown(None)));
    }
}

impl Runtime {
    /// Starts the controller with an empty graph.
    ///
    /// # Errors
    /// The thread cannot be created.
    pub fn start(options: RuntimeOptions) -> io::Result<Self> {
        Self::spawn(options, "")
    }

    /// Starts a controller beside the one of the process. Its root is the module `id`: that is the
    /// start of all its ids, and blocks that are about the process are refused in it.
    ///
    /// # Errors
    /// The thread cannot be created.
    pub fn start_guest(options: RuntimeOptions, id: &str) -> io::Result<Self> {
        Self::spawn(options, id)
    }

    fn spawn(options: RuntimeOptions, id: &str) -> io::Result<Self> {
        let id: Arc<str> = id.into();
        let (events, queue) = event::channel();
        let snapshot = Arc::new(ArcSwap::from_pointee(GraphSnapshot::default()));
        let trace = Arc::<Mutex<Trace>>::default();
        let (sender, reconsider) = watch::channel(None);
        let shared = Shared {
            events: events.clone(),
            snapshot: Arc::clone(&snapshot),
            trace: Arc::clone(&trace),
            reconsider: sender,
        };
        std::thread::Builder::new()
            .name(format!("alloy-{}", if id.is_empty() { "controller" } else { &*id }))
            .stack_size(STACK_BYTES)
            .spawn(move || Controller::new(options, id, shared).run(&queue))?;
        Ok(Self(Arc::new(Inner { events, snapshot, trace, reconsider })))
    }

    /// The graph as it is now. Never blocks.
    pub fn snapshot(&self) -> Arc<GraphSnapshot> {
        self.0.snapshot.load_full()
    }

    /// The last evaluations of the node with this global id, newest first; `None` if there is no
    /// such node and none is remembered.
    pub fn evaluations(&self, id: &str, last: usize) -> Option<Vec<Evaluation>> {
        let remembered = self.0.trace.lock().of(id, last);
        remembered.or_else(|| self.0.snapshot.load().get(id).map(|_| Vec::new()))
    }

    /// True once the first load has succeeded.
    pub fn is_ready(&self) -> bool {
        self.0.snapshot.load().load.ready
    }

    /// Loads a configuration and waits until nothing is left to build or update.
    ///
    /// Cancel safety: once polled, the load goes on even if nobody waits for it.
    ///
    /// # Errors
    /// See [`LoadFailure`].
    pub async fn load(&self, request: LoadRequest) -> Result<(), LoadError> {
        let (reply, answer) = oneshot::channel();
        let stopping = || LoadError::new(LoadFailure::Stopping, Vec::new());
        self.0.events.send(Event::Load(request, reply)).map_err(|_| stopping())?;
        answer.await.unwrap_or_else(|_| Err(stopping()))
    }

    /// Says what a configuration would do if it was loaded now, and does nothing of it. Blocks the
    /// controller as long as the check of a load does.
    ///
    /// What reads the environment or uncovers a secret is not evaluated: whoever may ask for plans
    /// need not be allowed to see those.
    ///
    /// # Errors
    /// A load of it would be refused; see [`LoadFailure`].
    pub async fn plan(&self, request: LoadRequest) -> Result<Planned, LoadError> {
        let (reply, answer) = oneshot::channel();
        let stopping = || LoadError::new(LoadFailure::Stopping, Vec::new());
        self.0.events.send(Event::Plan(request, reply)).map_err(|_| stopping())?;
        answer.await.unwrap_or_else(|_| Err(stopping()))
    }

    /// Gives the id of a component or import each time that its new value may make the last load do,
    /// which was refused; `None` once another load has begun.
    pub fn reconsider(&self) -> watch::Receiver<Option<Arc<str>>> {
        self.0.reconsider.clone()
    }

    /// Files that components named in vain when they refused their arguments. O(nodes).
    pub fn refused_files(&self) -> BTreeSet<PathBuf> {
        let snapshot = self.0.snapshot.load();
        let files = |cell: &Arc<NodeCell>| cell.state().refused_files.to_vec();
        snapshot.nodes.iter().flat_map(files).collect()
    }

    /// Adds a load to the history whose text could not be read.
    pub(crate) async fn remember_unreadable(&self, attempt: Attempt, error: LoadError) {
        let (done, remembered) = oneshot::channel();
        if self.0.events.send(Event::Unreadable(Box::new(attempt), error, done)).is_ok() {
            // An error means that the controller stops: nobody will read the history.
            let _ended = remembered.await;
        }
    }

    /// Stops all components, dependants before their dependencies, and the controller. Returns when
    /// they have stopped or exceeded the deadline. Calling it again waits for the same end.
    pub async fn shutdown(&self) {
        let (done, stopped) = oneshot::channel();
        if self.0.events.send(Event::Shutdown(Some(done))).is_ok() {
            // An error means that the thread has ended, which is what this waits for.
            let _ended = stopped.await;
        }
    }

    #[cfg(test)]
    pub(crate) fn events(&self) -> EventSender {
        self.0.events.clone()
    }
}

/// Says what `new` would do to what `old` describes, without running either: nothing is known of
/// what components export.
///
/// # Errors
/// The outer one: `old` is refused. The inner one: `new` would be refused.
pub fn plan_offline(
    options: RuntimeOptions,
    old: LoadRequest,
    new: LoadRequest,
) -> io::Result<Result<Result<Planned, LoadError>, LoadError>> {
    let (events, queue) = event::channel();
    let snapshot = Arc::new(ArcSwap::from_pointee(GraphSnapshot::default()));
    let shared =
        Shared { events, snapshot, trace: Arc::default(), reconsider: watch::Sender::new(None) };
    let planning = std::thread::Builder::new()
        .name("alloy-plan".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || {
            let answer = Controller::new(options, "".into(), shared).plan_offline(old, new);
            drop(queue);
            answer
        })?;
    planning.join().map_err(|_| io::Error::other("the plan failed; this is a mistake of Alloy"))
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").field("revision", &self.0.snapshot.load().revision).finish()
    }
}
