//! Lines on their way to receivers.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use alloy_telemetry::{LogBatch, LogsConsumer, SendError};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::line::{FieldValue, Record};
use crate::{Format, ForwardMetrics, Forwarder, Level, LogHandle, log_to};

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps the lines that it is given.
struct Receiver {
    lines: Mutex<Vec<String>>,
    /// One permit per batch.
    room: Semaphore,
    on_line: Box<dyn Fn(usize) + Send + Sync>,
    outcome: Mutex<Vec<SendError>>,
}

impl Receiver {
    fn new(room: usize, on_line: impl Fn(usize) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            lines: Mutex::default(),
            room: Semaphore::new(room),
            on_line: Box::new(on_line),
            outcome: Mutex::default(),
        })
    }

    fn count(&self) -> usize {
        self.lines.lock().len()
    }
}

impl LogsConsumer for Receiver {
    fn send(&self, batch: Arc<LogBatch>) -> BoxFuture<'_, Result<(), SendError>> {
        Box::pin(async move {
            self.room.acquire().await.expect("never closed").forget();
            if let Some(error) = self.outcome.lock().pop() {
                return Err(error);
            }
            for line in batch.lines.iter() {
                self.lines.lock().push(String::from_utf8_lossy(batch.text(line)).into_owned());
                (self.on_line)(self.count());
            }
            Ok(())
        })
    }

    fn component_id(&self) -> &str {
        "m/test.logs.a"
    }
}

struct Fixture {
    log: LogHandle,
    written: Written,
    metrics: ForwardMetrics,
    forwarder: Forwarder,
}

fn fixture() -> Fixture {
    let written = Written::default();
    let (_, log) = log_to(Box::new(written.clone()));
    log.apply(Level::Info, Format::Logfmt);
    let metrics = ForwardMetrics::new().expect("valid names");
    let forwarder = Forwarder::new(log.clone(), Handle::current(), metrics.clone());
    Fixture { log, written, metrics, forwarder }
}

impl Fixture {
    fn dropped(&self, reason: &str) -> u64 {
        self.metrics.dropped.with_label_values(&["m/test.logs.a", reason]).get()
    }

    fn written(&self, part: &str) -> usize {
        String::from_utf8_lossy(&self.written.0.lock()).matches(part).count()
    }
}

fn record(message: &str, fields: Vec<(&'static str, FieldValue)>) -> Record {
    // One second for all: the clock of the limits is the time of the records.
    let time = Timestamp::UNIX_EPOCH;
    Record { time, level: Level::Info, message: message.to_owned(), fields }
}

/// Lets the tasks work until nothing is left to do.
async fn settle() {
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn slow_receiver_loses_lines_which_is_counted_and_said_once() {
    let mut t = fixture();
    let receiver = Receiver::new(0, |_| {});
    t.forwarder.set(&[Arc::clone(&receiver) as _]);
    for n in 0..10_010 {
        t.log.write(record(&n.to_string(), Vec::new()));
    }
    assert_eq!(t.dropped("full"), 10);
    assert_eq!(t.written("lokiWriter failed to forward entry, channel was blocked"), 1);
    assert_eq!(t.written("\n"), 10_011, "nothing is missing where lines are written");
    receiver.room.add_permits(10_000);
    settle().await;
    assert_eq!(receiver.count(), 10_000);
    assert!(receiver.lines.lock()[9_999].ends_with("msg=9999"), "the newest lines are lost");
}

#[tokio::test]
async fn text_that_waits_is_bounded_too() {
    let mut t = fixture();
    t.forwarder.set(&[Receiver::new(0, |_| {}) as _]);
    let long = "x".repeat(1 << 20);
    (0..5).for_each(|_| t.log.write(record(&long, Vec::new())));
    assert_eq!(
        t.dropped("full"),
        2,
        "keys and values of five lines exceed four MiB with the fourth"
    );
}

#[tokio::test]
async fn receiver_that_logs_for_each_line_comes_to_an_end() {
    let mut t = fixture();
    let log = t.log.clone();
    let receiver = Receiver::new(10_000, move |n| log.write(record(&format!("got {n}"), vec![])));
    t.forwarder.set(&[Arc::clone(&receiver) as _]);
    t.log.write(record("first", Vec::new()));
    settle().await;
    assert_eq!(receiver.count(), 11, "the line, and ten echoes a second");
    assert_eq!(t.dropped("echo"), 1);
    assert_eq!(t.written("\n"), 12);
}

#[tokio::test]
async fn lines_of_the_component_itself_are_echoes_wherever_they_are_logged() {
    let mut t = fixture();
    let receiver = Receiver::new(10_000, |_| {});
    t.forwarder.set(&[Arc::clone(&receiver) as _]);
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let of =
        |path: &str, id: &str| vec![("component_path", text(path)), ("component_id", text(id))];
    for _ in 0..15 {
        t.log.write(record("own", of("/m", "test.logs.a")));
        t.log.write(record("other", of("/", "test.logs.a")));
    }
    settle().await;
    assert_eq!(receiver.count(), 25);
    assert_eq!(t.dropped("echo"), 5);
}

#[tokio::test(start_paused = true)]
async fn lines_wait_for_a_receiver_that_is_away_and_are_gone_with_one_that_refuses() {
    let mut t = fixture();
    let receiver = Receiver::new(10, |_| {});
    let component: Arc<str> = "a".into();
    *receiver.outcome.lock() = vec![
        SendError::Rejected { component: Arc::clone(&component), reason: "no".into() },
        SendError::Exited { component },
    ];
    t.forwarder.set(&[Arc::clone(&receiver) as _]);
    t.log.write(record("refused at the second try", Vec::new()));
    tokio::time::sleep(Duration::from_secs(3)).await;
    settle().await;
    t.log.write(record("taken", Vec::new()));
    settle().await;
    assert_eq!((receiver.count(), t.dropped("rejected")), (1, 1));
}

#[tokio::test]
async fn panic_of_a_receiver_costs_one_batch() {
    let mut t = fixture();
    let receiver = Receiver::new(10, |n| assert!(n > 1, "the first line is too much"));
    t.forwarder.set(&[Arc::clone(&receiver) as _]);
    t.log.write(record("one", Vec::new()));
    settle().await;
    t.log.write(record("two", Vec::new()));
    settle().await;
    assert_eq!((receiver.count(), t.dropped("rejected")), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn receiver_that_is_gone_has_five_seconds_for_what_waits() {
    let mut t = fixture();
    let (quick, stuck) = (Receiver::new(0, |_| {}), Receiver::new(0, |_| {}));
    t.forwarder.set(&[Arc::clone(&quick) as _, Arc::clone(&stuck) as _]);
    t.log.write(record("last", Vec::new()));
    settle().await;
    t.forwarder.set(&[]);
    t.log.write(record("to nobody", Vec::new()));
    settle().await;
    quick.room.add_permits(1);
    tokio::time::sleep(Duration::from_secs(6)).await;
    stuck.room.add_permits(1);
    settle().await;
    assert_eq!((quick.count(), stuck.count(), t.dropped("removed")), (1, 0, 1));
    assert_eq!(Arc::strong_count(&stuck), 1, "nobody holds it any more");
}

#[tokio::test]
async fn receiver_that_stays_keeps_what_waits() {
    let mut t = fixture();
    let receiver = Receiver::new(0, |_| {});
    t.forwarder.set(&[Arc::clone(&receiver) as _]);
    t.log.write(record("one", Vec::new()));
    t.forwarder.set(&[Arc::clone(&receiver) as _, Receiver::new(0, |_| {}) as _]);
    t.log.write(record("two", Vec::new()));
    receiver.room.add_permits(2);
    settle().await;
    assert_eq!(receiver.count(), 2);
}
