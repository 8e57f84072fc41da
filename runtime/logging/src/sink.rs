//! Where records go: a buffer first, then a writer.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::line::{FieldValue, Record, render};
use crate::{Format, Level};

/// Records that wait for the first configuration; more are counted and dropped.
const BUFFERED_RECORDS: usize = 10_000;

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
}

enum State {
    Waiting { records: VecDeque<Record>, dropped: u64 },
    Open(Format),
}

impl LogHandle {
    pub(crate) fn new(out: Box<dyn Write + Send>) -> Self {
        let state = State::Waiting { records: VecDeque::new(), dropped: 0 };
        let sink = Mutex::new(Sink { out, state });
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

impl Sink {
    fn put(&mut self, record: &Record, format: Format) {
        self.put_text(&render(record, format));
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
