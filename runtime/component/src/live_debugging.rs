//! Live debugging: what flows through components, for whoever watches (spec/runtime.md §14).
//!
//! A component that nobody watches pays one atomic load per batch. Whoever watches slowly loses
//! items, which is counted; nobody waits for a watcher.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

/// Items that wait for one watcher.
const QUEUED_ITEMS: usize = 1_000;
/// Text that waits for one watcher (design/performance.md §8).
const QUEUED_BYTES: usize = 1 << 20;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DebugData {
    /// Targets of a discovery component.
    Target,
    /// A sample, histogram, exemplar or metadata.
    PrometheusMetric,
    /// A log line.
    LokiLog,
    /// OpenTelemetry metrics.
    OtelMetric,
    /// OpenTelemetry log records.
    OtelLog,
    /// OpenTelemetry spans.
    OtelTrace,
}

impl DebugData {
    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::PrometheusMetric => "prometheus_metric",
            Self::LokiLog => "loki_log",
            Self::OtelMetric => "otel_metric",
            Self::OtelLog => "otel_log",
            Self::OtelTrace => "otel_trace",
        }
    }
}

/// The service that components publish to and that watchers ask. Cheap to clone.
#[derive(Clone, Default)]
pub struct LiveDebugging(Arc<Hub>);

#[derive(Default)]
struct Hub {
    enabled: AtomicBool,
    topics: Mutex<HashMap<Arc<str>, Weak<Topic>>>,
    /// Watchers of single components, which end when the service is turned off.
    streams: Mutex<Vec<Weak<Queue>>>,
}

/// What one component publishes, and who watches it.
struct Topic {
    id: Arc<str>,
    hub: Weak<Hub>,
    is_watched: AtomicBool,
    watchers: Mutex<Vec<Watcher>>,
}

#[derive(Clone)]
enum Watcher {
    Items(Arc<Queue>),
    Counts(Arc<Counts>),
}

impl Drop for Topic {
    fn drop(&mut self) {
        let Some(hub) = self.hub.upgrade() else { return };
        let mut topics = hub.topics.lock();
        // Another one of the same id may have been made meanwhile.
        if topics.get(&self.id).is_some_and(|topic| topic.strong_count() == 0) {
            topics.remove(&self.id);
        }
    }
}

impl LiveDebugging {
    /// A service that is off.
    pub fn new() -> Self {
        Self::default()
    }

    /// Turns streams of items on or off. Off ends those that are open; counts go on.
    pub fn set_enabled(&self, enabled: bool) {
        self.0.enabled.store(enabled, Ordering::Release);
        if enabled {
            return;
        }
        for queue in std::mem::take(&mut *self.0.streams.lock()) {
            if let Some(queue) = queue.upgrade() {
                queue.closed.store(true, Ordering::Release);
            }
        }
    }

    /// True if items may be watched.
    pub fn is_enabled(&self) -> bool {
        self.0.enabled.load(Ordering::Acquire)
    }

    /// Where the component with this global id publishes.
    pub fn publisher(&self, id: &Arc<str>) -> Publisher {
        Publisher(self.topic(id))
    }

    /// Watches the items of one component; each is kept with the given probability. `None` while
    /// the service is off.
    pub fn watch(&self, id: &Arc<str>, probability: f64) -> Option<Items> {
        let queue = Arc::new(Queue {
            probability,
            closed: AtomicBool::new(false),
            waiting: Mutex::default(),
        });
        let mut streams = self.0.streams.lock();
        // Asked under the lock: nobody may come in between this and the end of all streams.
        if !self.is_enabled() {
            return None;
        }
        streams.retain(|queue| queue.strong_count() > 0);
        streams.push(Arc::downgrade(&queue));
        drop(streams);
        let topic = self.topic(id);
        topic.add(Watcher::Items(Arc::clone(&queue)));
        Some(Items { topic, queue })
    }

    /// Counts what the given components publish, also while the service is off.
    pub fn count<'i>(&self, ids: impl IntoIterator<Item = &'i Arc<str>>) -> Rates {
        let counts = Arc::<Counts>::default();
        let topics: Vec<_> = ids.into_iter().map(|id| self.topic(id)).collect();
        for topic in &topics {
            topic.add(Watcher::Counts(Arc::clone(&counts)));
        }
        Rates { topics, counts }
    }

    fn topic(&self, id: &Arc<str>) -> Arc<Topic> {
        let mut topics = self.0.topics.lock();
        if let Some(topic) = topics.get(id).and_then(Weak::upgrade) {
            return topic;
        }
        let topic = Arc::new(Topic {
            id: Arc::clone(id),
            hub: Arc::downgrade(&self.0),
            is_watched: AtomicBool::new(false),
            watchers: Mutex::default(),
        });
        topics.insert(Arc::clone(id), Arc::downgrade(&topic));
        topic
    }
}

impl std::fmt::Debug for LiveDebugging {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveDebugging").field("enabled", &self.is_enabled()).finish_non_exhaustive()
    }
}

impl Topic {
    fn add(&self, watcher: Watcher) {
        let mut watchers = self.watchers.lock();
        watchers.push(watcher);
        self.is_watched.store(true, Ordering::Relaxed);
    }

    fn remove(&self, gone: impl Fn(&Watcher) -> bool) {
        let mut watchers = self.watchers.lock();
        watchers.retain(|watcher| !gone(watcher));
        self.is_watched.store(!watchers.is_empty(), Ordering::Relaxed);
    }
}

/// Where a component publishes what flows through it. Cheap to clone.
#[derive(Clone)]
pub struct Publisher(Arc<Topic>);

impl Publisher {
    /// True if anybody watches: one atomic load, so that nothing else is done while nobody does.
    pub fn is_watched(&self) -> bool {
        self.0.is_watched.load(Ordering::Relaxed)
    }

    /// Publishes one item that stands for `count` of what its type says. The text is made only if
    /// somebody reads it. Never waits.
    pub fn publish(&self, data: DebugData, count: u64, text: impl FnOnce() -> String) {
        if !self.is_watched() {
            return;
        }
        let watchers = self.0.watchers.lock().clone();
        let mut text = Some(text);
        let mut made: Option<Arc<str>> = None;
        for watcher in &watchers {
            match watcher {
                Watcher::Counts(counts) => counts.add(&self.0.id, data, count),
                Watcher::Items(queue) if queue.wants() => {
                    if let Some(text) = text.take() {
                        made = Some(text().into());
                    }
                    queue.push(made.as_ref());
                }
                Watcher::Items(_) => {}
            }
        }
    }
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Publisher").field(&self.0.id).finish()
    }
}

struct Queue {
    probability: f64,
    closed: AtomicBool,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    items: Vec<Arc<str>>,
    bytes: usize,
    dropped: u64,
}

impl Queue {
    fn wants(&self) -> bool {
        !self.closed.load(Ordering::Relaxed)
            && (self.probability >= 1.0 || rand::random::<f64>() < self.probability)
    }

    fn push(&self, item: Option<&Arc<str>>) {
        let Some(item) = item else { return };
        let mut waiting = self.waiting.lock();
        let has_room = waiting.items.len() < QUEUED_ITEMS
            && (waiting.items.is_empty() || waiting.bytes + item.len() <= QUEUED_BYTES);
        if has_room {
            waiting.bytes += item.len();
            waiting.items.push(Arc::clone(item));
        } else {
            waiting.dropped += 1;
        }
    }
}

/// Items of one component, until dropped.
pub struct Items {
    topic: Arc<Topic>,
    queue: Arc<Queue>,
}

/// What has come since the last look.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Texts, in order.
    pub items: Vec<Arc<str>>,
    /// Items after those that found no room.
    pub dropped: u64,
}

impl Items {
    /// What has come since the last call; `None` once the service has been turned off.
    pub fn take(&self) -> Option<Batch> {
        if self.queue.closed.load(Ordering::Acquire) {
            return None;
        }
        let Waiting { items, dropped, .. } = std::mem::take(&mut *self.queue.waiting.lock());
        Some(Batch { items, dropped })
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        self.topic.remove(
            |watcher| matches!(watcher, Watcher::Items(queue) if Arc::ptr_eq(queue, &self.queue)),
        );
    }
}

/// Counted things by component and type.
type Counted = BTreeMap<(Arc<str>, DebugData), u64>;

#[derive(Default)]
struct Counts(Mutex<Counted>);

impl Counts {
    fn add(&self, id: &Arc<str>, data: DebugData, count: u64) {
        *self.0.lock().entry((Arc::clone(id), data)).or_default() += count;
    }
}

/// Counts of some components, until dropped.
pub struct Rates {
    topics: Vec<Arc<Topic>>,
    counts: Arc<Counts>,
}

impl Rates {
    /// What has been counted since the last call, by component and type.
    pub fn take(&self) -> BTreeMap<(Arc<str>, DebugData), u64> {
        std::mem::take(&mut *self.counts.0.lock())
    }
}

impl Drop for Rates {
    fn drop(&mut self) {
        for topic in &self.topics {
            topic.remove(|watcher| {
                matches!(watcher, Watcher::Counts(counts) if Arc::ptr_eq(counts, &self.counts))
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn enabled() -> (LiveDebugging, Arc<str>) {
        let service = LiveDebugging::new();
        service.set_enabled(true);
        (service, "a.b".into())
    }

    fn publish(publisher: &Publisher, text: &str) {
        publisher.publish(DebugData::Target, 2, || text.to_owned());
    }

    #[test]
    fn texts_are_made_only_for_those_who_read_them() {
        let (service, id) = enabled();
        let publisher = service.publisher(&id);
        let made = Cell::new(0);
        let item = || {
            publisher.publish(DebugData::LokiLog, 1, || {
                made.set(made.get() + 1);
                "text".to_owned()
            });
        };
        item();
        assert!(!publisher.is_watched());
        let rates = service.count([&id]);
        item();
        assert_eq!(made.get(), 0, "counts need no text");
        let (one, other) = (service.watch(&id, 1.0).unwrap(), service.watch(&id, 1.0).unwrap());
        let never = service.watch(&id, 0.0).unwrap();
        item();
        assert_eq!(made.get(), 1, "readers share a text");
        for items in [&one, &other] {
            assert_eq!(items.take().unwrap().items, ["text".into()]);
        }
        assert_eq!(never.take(), Some(Batch::default()));
        assert_eq!(rates.take(), [((id, DebugData::LokiLog), 2)].into());
        assert!(rates.take().is_empty());
        drop((one, other, never, rates));
        assert!(!publisher.is_watched());
    }

    #[test]
    fn slow_readers_lose_the_newest_items() {
        let (service, id) = enabled();
        let publisher = service.publisher(&id);
        let items = service.watch(&id, 1.0).unwrap();
        (0..1_005).for_each(|n| publish(&publisher, &n.to_string()));
        let batch = items.take().unwrap();
        assert_eq!((batch.items.len(), batch.dropped), (1_000, 5));
        assert_eq!(&*batch.items[999], "999");
        let large = "x".repeat(QUEUED_BYTES);
        publish(&publisher, &(large.clone() + "one item may be larger"));
        publish(&publisher, "no room");
        let batch = items.take().unwrap();
        assert_eq!((batch.items.len(), batch.dropped), (1, 1));
    }

    #[test]
    fn turning_the_service_off_ends_the_streams_of_items() {
        let (service, id) = enabled();
        let publisher = service.publisher(&id);
        let items = service.watch(&id, 1.0).unwrap();
        service.set_enabled(false);
        publish(&publisher, "unseen");
        assert_eq!(items.take(), None);
        assert!(service.watch(&id, 1.0).is_none());
        let rates = service.count([&id]);
        publish(&publisher, "counted");
        assert_eq!(rates.take(), [((Arc::clone(&id), DebugData::Target), 2)].into());
        service.set_enabled(true);
        assert_eq!(items.take(), None, "what has ended does not come back");
        assert!(service.watch(&id, 1.0).is_some());
    }

    #[test]
    fn a_component_that_is_built_again_goes_on_in_the_same_stream() {
        let (service, id) = enabled();
        let first = service.publisher(&id);
        let items = service.watch(&id, 1.0).unwrap();
        drop(first);
        publish(&service.publisher(&id), "again");
        assert_eq!(items.take().unwrap().items, ["again".into()]);
        drop(items);
        assert!(service.0.topics.lock().is_empty(), "nothing is kept of what is gone");
    }

    #[test]
    fn a_share_of_the_items_is_kept() {
        let (service, id) = enabled();
        let publisher = service.publisher(&id);
        let items = service.watch(&id, 0.5).unwrap();
        (0..1_000).for_each(|_| publish(&publisher, "x"));
        let kept = items.take().unwrap().items.len();
        assert!((350..650).contains(&kept), "{kept} of 1000");
    }
}
