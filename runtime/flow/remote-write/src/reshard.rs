//! How many shards an endpoint needs (spec/components/prometheus.remote_write.md, Queue and shards).

use std::time::Duration;

/// How often [`Resharder::tick`] is called; the moving averages assume it.
pub const TICK: Duration = Duration::from_secs(10);

const EWMA_WEIGHT: f64 = 0.2;
/// Part of the backlog that is to be worked off within a second.
const BACKLOG_PART: f64 = 0.05;
/// Change that is not worth stopping the shards for.
const TOLERANCE: f64 = 0.3;
/// Shrinking waits until the queue is no further behind than this.
const SHRINK_LAG: Duration = Duration::from_secs(10);

/// Exponentially weighted rate per second.
#[derive(Clone, Debug, Default)]
struct Rate {
    value: f64,
    started: bool,
}

impl Rate {
    fn tick(&mut self, amount: f64) -> f64 {
        let now = amount / TICK.as_secs_f64();
        if self.started {
            self.value += EWMA_WEIGHT * (now - self.value);
        } else {
            self.value = now;
            self.started = true;
        }
        self.value
    }
}

/// What happened since the last tick.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    /// Samples read from the log.
    pub received: u64,
    /// Samples that relabelling or an age limit dropped.
    pub dropped: u64,
    /// Samples that the endpoint took or refused.
    pub sent: u64,
    /// Time that the requests took, summed over shards.
    pub send_time: Duration,
    /// Newest sample time read minus newest sample time sent.
    pub lag: Duration,
    /// True if nothing was sent in this window, or a recoverable error forbids a change.
    pub frozen: bool,
}

/// Computes the desired number of shards from moving averages.
#[derive(Clone, Debug)]
pub struct Resharder {
    min: u32,
    max: u32,
    received: Rate,
    dropped: Rate,
    sent: Rate,
    send_time: Rate,
    desired: f64,
}

impl Resharder {
    /// Between `min` and `max` shards, both inclusive.
    pub fn new(min: u32, max: u32) -> Self {
        let min = min.max(1);
        Self {
            min,
            max: max.max(min),
            received: Rate::default(),
            dropped: Rate::default(),
            sent: Rate::default(),
            send_time: Rate::default(),
            desired: f64::from(min),
        }
    }

    /// The unclamped wish of the last tick: the gauge `shards_desired`.
    pub fn desired(&self) -> f64 {
        self.desired
    }

    /// Accounts one window and returns the number of shards to run now.
    pub fn tick(&mut self, current: u32, window: Window) -> u32 {
        let received = self.received.tick(window.received as f64);
        let dropped = self.dropped.tick(window.dropped as f64);
        let sent = self.sent.tick(window.sent as f64);
        let send_time = self.send_time.tick(window.send_time.as_secs_f64());
        if sent <= 0.0 {
            return current;
        }
        let kept = sent / (dropped + sent);
        let per_sample = send_time / sent;
        let pending = window.lag.as_secs_f64() * received * kept;
        self.desired = per_sample * (received * kept + BACKLOG_PART * pending);
        let wanted = self.desired.ceil();
        let now = f64::from(current);
        let near = now * (1.0 - TOLERANCE) <= wanted && wanted <= now * (1.0 + TOLERANCE);
        let shrinking_behind = wanted < now && window.lag > SHRINK_LAG;
        if window.frozen || near || shrinking_behind {
            return current;
        }
        // In range by the clamp, so the conversion is exact.
        wanted.clamp(f64::from(self.min), f64::from(self.max)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(received: u64, sent: u64, send_secs: u64, lag_secs: u64) -> Window {
        Window {
            received,
            sent,
            send_time: Duration::from_secs(send_secs),
            lag: Duration::from_secs(lag_secs),
            ..Window::default()
        }
    }

    #[test]
    fn grows_when_one_shard_cannot_keep_up() {
        // 1,000 samples a second come in; one shard sends 200 a second at full time.
        let mut resharder = Resharder::new(1, 50);
        assert_eq!(resharder.tick(1, window(10_000, 2_000, 10, 8)), 7);
        assert_eq!(Resharder::new(1, 4).tick(1, window(10_000, 2_000, 10, 8)), 4);
    }

    #[test]
    fn stays_within_the_tolerance_and_while_frozen() {
        let mut resharder = Resharder::new(1, 50);
        assert_eq!(resharder.tick(5, window(10_000, 10_000, 45, 0)), 5);
        let frozen = Window { frozen: true, ..window(10_000, 2_000, 10, 8) };
        assert_eq!(Resharder::new(1, 50).tick(1, frozen), 1);
        assert_eq!(Resharder::new(1, 50).tick(3, Window::default()), 3);
    }

    #[test]
    fn shrinks_only_when_not_behind() {
        assert_eq!(Resharder::new(1, 50).tick(10, window(1_000, 1_000, 1, 2)), 1);
        assert_eq!(Resharder::new(1, 50).tick(10, window(1_000, 1_000, 1, 11)), 10);
    }
}
