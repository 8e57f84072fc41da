//! Where records go: a buffer first, then a writer.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::forward::{Tee, is_forwarding};
use crate::line::{FieldValue, Record, render};
use crate::{Format, Level};

/// Records that wait for the first configuration; more are counted and dropped.
const BUFFERED_RECORDS: usize = 10_000;
/// Lines a second that receivers of log lines may cause themselves and that are forwarded all the
/// same: their own errors are worth keeping, but a receiver that logs for each line it gets would
/// never come to an end.
const ECHOES_PER_SECOND: u32 = 10;
/// A receiver that loses lines is reported at most this often.
const LOSS_REPORT_SECONDS: i64 = 60;

/// Steers the log of the process. Cheap to clone.
#[derive(Clone)]
pub struct LogHandle(Arc<Shared>);

struct Shared {
    /// [`Level`] as a number: read for each callsite, so it is outside of the lock.
    level: AtomicU8,
    sink: Mutex<Sink>,
}

struct Sink {
    out: Box<dyn Write + Send>,
    state: State,
    tees: Vec<Tee>,
    echoes: Echoes,
    loss_reported_at: Option<i64>,
}

/// How many lines of receivers have been forwarded in the present second.
#[derive(Default)]
struct Echoes {
    second: i64,
    forwarded: u32,
}

impl Echoes {
    fn allow(&mut self, second: i64) -> bool {
        if second != self.second {
            *self = Self { second, forwarded: 0 };
        }
        self.forwarded += 1;
        self.forwarded <= ECHOES_PER_SECOND
    }
}

enum State {
    Waiting { records: VecDeque<Record>, dropped: u64 },
    Open(Format),
}

impl LogHandle {
    pub(crate) fn new(out: Box<dyn Write + Send>) -> Self {
        let state = State::Waiting { records: VecDeque::new(), dropped: 0 };
        let sink = Mutex::new(Sink {
            out,
            state,
            tees: Vec::new(),
            echoes: Echoes::default(),
            loss_reported_at: None,
        });
        Self(Arc::new(Shared { level: AtomicU8::new(Level::Debug as u8), sink }))
    }

    /// Level and format from now on. The first call writes what has waited.
    pub fn apply(&self, level: Level, format: Format) {
        let mut sink = self.0.sink.lock();
        self.0.level.store(level as u8, Ordering::Relaxed);
        let before = std::mem::replace(&mut sink.state, State::Open(format));
        if let State::Waiting { records, dropped } = before {
            for record in records.iter().filter(|record| record.level >= level) {
                sink.put(record, format);
            }
            if dropped > 0 {
                sink.put(&overflow(dropped), format);
            }
        }
        drop(sink);
        tracing::callsite::rebuild_interest_cache();
    }

    /// As [`Self::apply`], if nothing has been applied before.
    pub fn open(&self, level: Level, format: Format) {
        if !self.is_open() {
            self.apply(level, format);
        }
    }

    /// Where lines go as well from now on.
    pub(crate) fn set_tees(&self, tees: Vec<Tee>) {
        let before = std::mem::replace(&mut self.0.sink.lock().tees, tees);
        // The last holder of a receiver may run a component's code, so not under the lock.
        drop(before);
    }

    /// True if lines are written, false while they wait.
    pub fn is_open(&self) -> bool {
        matches!(self.0.sink.lock().state, State::Open(_))
    }

    pub(crate) fn level(&self) -> Level {
        match self.0.level.load(Ordering::Relaxed) {
            0 => Level::Debug,
            1 => Level::Info,
            2 => Level::Warn,
            _ => Level::Error,
        }
    }

    pub(crate) fn write(&self, record: Record) {
        let mut sink = self.0.sink.lock();
        match &mut sink.state {
            State::Open(format) => {
                let format = *format;
                sink.put(&record, format);
            }
            State::Waiting { records, .. } if records.len() < BUFFERED_RECORDS => {
                records.push_back(record);
            }
            State::Waiting { dropped, .. } => *dropped += 1,
        }
    }
}

fn overflow(dropped: u64) -> Record {
    Record {
        time: Timestamp::now(),
        level: Level::Warn,
        message: "more log lines than fit before the logging block was known".to_owned(),
        fields: vec![("dropped", FieldValue::Uint(dropped))],
    }
}

/// What is said of lines that a receiver did not get; only where lines are written.
fn loss(time: Timestamp, receiver: &str) -> Record {
    let error = "lokiWriter failed to forward entry, channel was blocked";
    Record {
        time,
        level: Level::Warn,
        message: "a receiver in write_to is too slow for the log and loses lines".to_owned(),
        fields: vec![
            ("receiver", FieldValue::Text(receiver.to_owned())),
            ("err", FieldValue::Text(error.to_owned())),
        ],
    }
}

impl Sink {
    fn put(&mut self, record: &Record, format: Format) {
        let line = render(record, format);
        self.put_text(&line);
        if !self.tees.is_empty() {
            self.forward(record, line.trim_end_matches('\n'), format);
        }
    }

    /// Hands a line to the receivers. Never waits for them.
    fn forward(&mut self, record: &Record, line: &str, format: Format) {
        let second = record.time.as_second();
        let is_echo = is_forwarding()
            || record
                .component()
                .is_some_and(|id| self.tees.iter().any(|t| t.component_id() == id));
        if is_echo && !self.echoes.allow(second) {
            return self.tees.iter().for_each(Tee::drop_echo);
        }
        // A time that 64 bits don't hold is no time of a log line.
        let timestamp_ns = i64::try_from(record.time.as_nanosecond()).unwrap_or_default();
        let line: Arc<str> = line.into();
        let lost: Vec<_> =
            self.tees.iter().filter(|tee| !tee.push(timestamp_ns, &line)).cloned().collect();
        let is_due = self.loss_reported_at.is_none_or(|at| second >= at + LOSS_REPORT_SECONDS);
        if let (Some(tee), true) = (lost.first(), is_due) {
            self.loss_reported_at = Some(second);
            let report = loss(record.time, tee.component_id());
            self.put_text(&render(&report, format));
        }
    }

    fn put_text(&mut self, line: &str) {
        // A closed standard error leaves nobody to tell.
        let _lost = self.out.write_all(line.as_bytes());
    }
}

impl std::fmt::Debug for LogHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogHandle").field("level", &self.level()).finish_non_exhaustive()
    }
}
