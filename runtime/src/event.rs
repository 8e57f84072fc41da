//! Everything that can wake the controller.

use std::sync::Arc;
use std::time::Duration;

use alloy_component::{Component, ComponentError};
use alloy_queries::NodeId;
use alloy_value::ArcArgs;
use crossbeam_channel::{Receiver, Sender};
use tokio::sync::oneshot;

use crate::history::Attempt;
use crate::{LoadError, LoadRequest, Planned};

/// Start number of a build or a run. Messages of an earlier start are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Epoch(pub(crate) u64);

/// A message to the controller.
pub(crate) enum Event {
    /// Replace the configuration.
    Load(LoadRequest, oneshot::Sender<Result<(), LoadError>>),
    /// A configuration that could not even be read. The sender learns when the history has it.
    Unreadable(Box<Attempt>, LoadError, oneshot::Sender<()>),
    /// Say what a configuration would do.
    Plan(LoadRequest, oneshot::Sender<Result<Planned, LoadError>>),
    /// A build has ended.
    Built { node: NodeId, epoch: Epoch, result: Result<Arc<dyn Component>, ComponentError> },
    /// Exports wait in the node's slot.
    Changed { node: NodeId, epoch: Epoch },
    /// An update has ended. Carries the build's epoch.
    Applied { node: NodeId, epoch: Epoch, args: ArcArgs, result: Result<(), ComponentError> },
    /// A run has ended. Carries the run's epoch.
    Exited { node: NodeId, epoch: Epoch, exit: Exit },
    /// The wait after a panic is over. Carries the epoch of the run that panicked.
    Restart { node: NodeId, epoch: Epoch },
    /// Removed nodes of one load take long to stop.
    StopIsLate { batch: u64 },
    /// The removed nodes of one load have stopped.
    Stopped { batch: u64 },
    /// Stop everything and end the thread. The sender learns when that is done.
    Shutdown(Option<oneshot::Sender<()>>),
}

/// How a run has ended.
pub(crate) enum Exit {
    /// The component returned.
    Returned(Result<(), ComponentError>),
    /// It panicked, after it had run for `ran`.
    Panicked { reason: String, ran: Duration },
}

/// Where events come from.
pub(crate) type EventSender = Sender<Event>;

/// The queue of the controller.
///
/// It has no bound because it cannot grow without one: of every node there is at most one `Built`,
/// one `Changed` (guarded by its slot), one `Applied` (one update at a time) and one `Exited` or
/// `Restart` under way; a load is one event per waiting caller; senders are tokio tasks, which a full queue would
/// block.
pub(crate) fn channel() -> (EventSender, Receiver<Event>) {
    crossbeam_channel::unbounded()
}
