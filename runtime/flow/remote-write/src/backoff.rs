//! When a failed request is sent again (spec/components/prometheus.remote_write.md, Backoff).

use std::time::{Duration, SystemTime};

/// No endpoint may silence a sender for longer with one answer (design/performance.md §3.7).
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// Delays between the attempts of one request.
#[derive(Clone, Debug)]
pub struct Backoff {
    max: Duration,
    next: Duration,
    attempt: u32,
}

impl Backoff {
    /// Starts with `min`, doubles what was slept, ends at `max`.
    pub fn new(min: Duration, max: Duration) -> Self {
        Self { max, next: min.min(max), attempt: 0 }
    }

    /// Number of failures so far: the value of `Retry-Attempt`.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Delay before the next attempt. A positive `retry_after` replaces this one delay.
    pub fn fail(&mut self, retry_after: Option<Duration>) -> Duration {
        self.attempt = self.attempt.saturating_add(1);
        let delay = match retry_after {
            Some(asked) if !asked.is_zero() => asked.min(MAX_RETRY_AFTER),
            _ => self.next,
        };
        self.next = delay.saturating_mul(2).min(self.max);
        delay
    }
}

/// Reads a `Retry-After` header: seconds or an HTTP date. Anything else, and the past, is `None`.
pub fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let delay = match header.trim().parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(header.trim()).ok()?.duration_since(now).ok()?,
    };
    (!delay.is_zero()).then_some(delay)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn doubles_up_to_the_maximum() {
        let mut backoff = Backoff::new(ms(30), ms(200));
        let delays: Vec<_> = (0..5).map(|_| backoff.fail(None)).collect();
        assert_eq!(delays, [ms(30), ms(60), ms(120), ms(200), ms(200)]);
        assert_eq!(backoff.attempt(), 5);
    }

    #[test]
    fn retry_after_replaces_one_delay_and_is_what_is_doubled() {
        let mut backoff = Backoff::new(ms(30), ms(5_000));
        assert_eq!(backoff.fail(Some(ms(1_000))), ms(1_000));
        assert_eq!(backoff.fail(None), ms(2_000));
        assert_eq!(backoff.fail(Some(Duration::from_secs(86_400))), MAX_RETRY_AFTER);
        assert_eq!(backoff.fail(None), ms(5_000));
    }

    #[test]
    fn retry_after_takes_seconds_and_dates() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:49:47 GMT", now),
            Some(Duration::from_secs(10))
        );
        for text in ["0", "-3", "soon", "Sun, 06 Nov 1994 08:49:37 GMT", ""] {
            assert_eq!(retry_after(text, now), None, "{text}");
        }
    }
}
