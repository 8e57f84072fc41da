//! Log lines on their way to other components (`write_to`).
//!
//! Whoever logs never waits: lines go into a bounded queue per receiver, and a task hands them over.

use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use alloy_telemetry::{Labels, LogBatch, LogsConsumer, SendError};
use futures_util::FutureExt;
use parking_lot::Mutex;
use prometheus::{IntCounter, IntCounterVec, Opts};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::LogHandle;

/// Lines that wait for one receiver: as many as wait for the first configuration.
const QUEUED_LINES: usize = 10_000;
/// Text that waits for one receiver.
const QUEUED_BYTES: usize = 4 << 20;
/// Largest text of one batch.
const BATCH_BYTES: usize = 256 << 10;
/// Pause before a batch is offered again that could not be taken.
const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// How long the lines of a receiver that is not in `write_to` any more may take (spec/runtime.md
/// §9.2).
const FINAL_PATIENCE: Duration = Duration::from_secs(5);

thread_local! {
    /// True while this thread hands lines to a receiver.
    static FORWARDING: Cell<bool> = const { Cell::new(false) };
}

/// True for lines that a receiver logs while it is given lines.
pub(crate) fn is_forwarding() -> bool {
    FORWARDING.get()
}

/// A future whose log lines are known to come from handing lines over.
struct Forwarding<F>(Pin<Box<F>>);

impl<F: Future> Future for Forwarding<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        /// Restores the flag, also after a panic.
        struct Reset(bool);
        impl Drop for Reset {
            fn drop(&mut self) {
                FORWARDING.set(self.0);
            }
        }
        let _reset = Reset(FORWARDING.replace(true));
        self.0.as_mut().poll(cx)
    }
}

/// Counters of lines that leave through `write_to`.
#[derive(Clone, Debug)]
pub struct ForwardMetrics {
    /// Lines that receivers have taken.
    pub forwarded: IntCounterVec,
    /// Lines that were not handed over, by reason: `full`, `echo`, `rejected`, `removed`.
    pub dropped: IntCounterVec,
}

impl ForwardMetrics {
    /// Counters that start at zero.
    ///
    /// # Errors
    /// Never, as long as the names are valid.
    pub fn new() -> Result<Self, prometheus::Error> {
        let forwarded = Opts::new(
            "alloy_logging_forwarded_lines_total",
            "Log lines of the process that a receiver in write_to has taken.",
        );
        let dropped = Opts::new(
            "alloy_logging_dropped_lines_total",
            "Log lines of the process that were not handed to a receiver in write_to.",
        );
        Ok(Self {
            forwarded: IntCounterVec::new(forwarded, &["receiver"])?,
            dropped: IntCounterVec::new(dropped, &["receiver", "reason"])?,
        })
    }
}

/// One receiver as the log sees it.
#[derive(Clone)]
pub(crate) struct Tee(Arc<Queue>);

struct Queue {
    receiver: Arc<dyn LogsConsumer>,
    waiting: Mutex<Waiting>,
    wake: Notify,
    /// Lines of the batch that is being handed over.
    under_way: AtomicU64,
    /// Cancelled when no line will follow.
    closed: CancellationToken,
    full: IntCounter,
    echo: IntCounter,
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<(i64, Arc<str>)>,
    bytes: usize,
}

impl Tee {
    /// Id of the component behind it.
    pub(crate) fn component_id(&self) -> &str {
        self.0.receiver.component_id()
    }

    /// Takes a line for the receiver. False if there is no room for it: then it is lost and counted.
    pub(crate) fn push(&self, timestamp_ns: i64, line: &Arc<str>) -> bool {
        let mut waiting = self.0.waiting.lock();
        let has_room =
            waiting.lines.len() < QUEUED_LINES && waiting.bytes + line.len() <= QUEUED_BYTES;
        if !has_room {
            drop(waiting);
            self.0.full.inc();
            return false;
        }
        waiting.bytes += line.len();
        waiting.lines.push_back((timestamp_ns, Arc::clone(line)));
        drop(waiting);
        self.0.wake.notify_one();
        true
    }

    /// Counts a line that would come back as another one.
    pub(crate) fn drop_echo(&self) {
        self.0.echo.inc();
    }
}

impl Queue {
    /// What waits, up to the size of a batch.
    fn take(&self) -> Option<Arc<LogBatch>> {
        let mut taken = Vec::new();
        let mut bytes = 0;
        let mut waiting = self.waiting.lock();
        while let Some((_, line)) = waiting.lines.front() {
            if bytes > 0 && bytes + line.len() > BATCH_BYTES {
                break;
            }
            bytes += line.len();
            taken.extend(waiting.lines.pop_front());
        }
        waiting.bytes -= bytes;
        drop(waiting);
        let labels = Labels::new([("component", "alloy")]);
        let lines = taken.iter().map(|(time, line): &(i64, Arc<str>)| (*time, line.as_bytes()));
        (!taken.is_empty()).then(|| Arc::new(LogBatch::of_lines(labels, lines)))
    }

    /// The next batch, once there is one; `None` after the last.
    async fn next(&self) -> Option<Arc<LogBatch>> {
        loop {
            // Asked first: a line may come between an empty look and the end.
            let closed = self.closed.is_cancelled();
            if let Some(batch) = self.take() {
                return Some(batch);
            }
            if closed {
                return None;
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = self.closed.cancelled() => {}
            }
        }
    }

    /// Lines that have not been taken.
    fn left(&self) -> u64 {
        self.waiting.lock().lines.len() as u64 + self.under_way.load(Ordering::Relaxed)
    }
}

/// Hands lines to a receiver until the queue is closed and empty.
async fn hand_over(queue: &Queue, forwarded: &IntCounter, rejected: &IntCounter) {
    while let Some(batch) = queue.next().await {
        let lines = batch.lines.len() as u64;
        queue.under_way.store(lines, Ordering::Relaxed);
        loop {
            // The call itself may panic as well, so it happens inside.
            let send = async { queue.receiver.send(Arc::clone(&batch)).await };
            match Forwarding(Box::pin(AssertUnwindSafe(send).catch_unwind())).await {
                Ok(Ok(())) => {
                    forwarded.inc_by(lines);
                    break;
                }
                // A receiver that has exited may be started again, one that is full may get room.
                Ok(Err(SendError::Exited { .. } | SendError::Busy { .. })) => {
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
                Ok(Err(SendError::Rejected { .. })) | Err(_) => {
                    rejected.inc_by(lines);
                    break;
                }
            }
        }
        queue.under_way.store(0, Ordering::Relaxed);
    }
}

/// Owns the tasks that hand lines over.
pub struct Forwarder {
    log: LogHandle,
    tokio: Handle,
    metrics: ForwardMetrics,
    tees: Vec<Tee>,
    tasks: JoinSet<()>,
}

impl Forwarder {
    /// Forwards lines of `log` by tasks on `tokio`, to nobody yet.
    pub fn new(log: LogHandle, tokio: Handle, metrics: ForwardMetrics) -> Self {
        Self { log, tokio, metrics, tees: Vec::new(), tasks: JoinSet::new() }
    }

    /// Forwards to `receivers` from now on. What waits for a receiver that stays goes on waiting;
    /// one that is gone gets a few seconds to take what waits. Never blocks.
    pub fn set(&mut self, receivers: &[Arc<dyn LogsConsumer>]) {
        while self.tasks.try_join_next().is_some() {}
        let mut before = std::mem::take(&mut self.tees);
        for receiver in receivers {
            let known = before.iter().position(|tee| Arc::ptr_eq(&tee.0.receiver, receiver));
            let tee = match known {
                Some(at) => before.swap_remove(at),
                None => self.start(Arc::clone(receiver)),
            };
            self.tees.push(tee);
        }
        self.log.set_tees(self.tees.clone());
        for gone in before {
            gone.0.closed.cancel();
        }
    }

    fn start(&mut self, receiver: Arc<dyn LogsConsumer>) -> Tee {
        let id = receiver.component_id().to_owned();
        let dropped = |reason| self.metrics.dropped.with_label_values(&[id.as_str(), reason]);
        let (full, echo) = (dropped("full"), dropped("echo"));
        let (rejected, removed) = (dropped("rejected"), dropped("removed"));
        let forwarded = self.metrics.forwarded.with_label_values(&[id.as_str()]);
        let queue = Arc::new(Queue {
            receiver,
            waiting: Mutex::default(),
            wake: Notify::new(),
            under_way: AtomicU64::new(0),
            closed: CancellationToken::new(),
            full,
            echo,
        });
        let tee = Tee(Arc::clone(&queue));
        let task = async move {
            let too_late = async {
                queue.closed.cancelled().await;
                tokio::time::sleep(FINAL_PATIENCE).await;
            };
            tokio::select! {
                () = hand_over(&queue, &forwarded, &rejected) => {}
                () = too_late => removed.inc_by(queue.left()),
            }
        };
        self.tasks.spawn_on(task, &self.tokio);
        tee
    }
}

impl std::fmt::Debug for Forwarder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forwarder").field("receivers", &self.tees.len()).finish_non_exhaustive()
    }
}
