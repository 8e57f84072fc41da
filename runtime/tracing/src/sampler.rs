//! Which traces are kept.

use std::collections::HashMap;
use std::sync::Weak;
use std::time::Instant;

use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};
use parking_lot::Mutex;

use crate::Shared;

/// Decides about traces that start here. Those that come with a request have been decided about by
/// whoever started them.
#[derive(Clone)]
pub(crate) struct Live(pub(crate) Weak<Shared>);

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Live")
    }
}

impl ShouldSample for Live {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        _kind: &SpanKind,
        _attributes: &[KeyValue],
        _links: &[Link],
    ) -> SamplingResult {
        let parent = parent.map(TraceContextExt::span);
        let parent = parent.as_ref().map(|span| span.span_context()).filter(|span| span.is_valid());
        let keep = match (parent, self.0.upgrade()) {
            (Some(parent), _) => parent.is_sampled(),
            (None, Some(shared)) => shared.sampler.load().keeps(trace, name, Instant::now()),
            (None, None) => false,
        };
        SamplingResult {
            decision: match keep {
                true => SamplingDecision::RecordAndSample,
                false => SamplingDecision::Drop,
            },
            attributes: Vec::new(),
            trace_state: parent.map_or_else(TraceState::default, |span| span.trace_state().clone()),
        }
    }
}

/// What decides about new traces.
#[derive(Debug)]
pub(crate) enum Sampling {
    /// A share of all, by their ids.
    Fraction(f64),
    /// So many a second.
    Rate(Bucket),
    /// By the name of the first span.
    Operations(Operations),
}

impl Sampling {
    pub(crate) fn keeps(&self, trace: TraceId, name: &str, now: Instant) -> bool {
        match self {
            Self::Fraction(fraction) => keeps(*fraction, trace),
            Self::Rate(bucket) => bucket.take(now),
            Self::Operations(operations) => operations.keeps(trace, name, now),
        }
    }
}

/// Whether an id is among the given share of ids: the same in every process that asks.
fn keeps(fraction: f64, trace: TraceId) -> bool {
    let sampler = Sampler::TraceIdRatioBased(fraction);
    let result = sampler.should_sample(None, trace, "", &SpanKind::Internal, &[], &[]);
    result.decision == SamplingDecision::RecordAndSample
}

/// A share of the traces of each operation, and at least so many a second.
#[derive(Debug)]
pub(crate) struct Operations {
    pub(crate) own: HashMap<String, f64>,
    pub(crate) default: f64,
    pub(crate) at_least_per_second: f64,
    pub(crate) max_operations: usize,
    /// The lower bounds of the operations seen so far.
    pub(crate) bounds: Mutex<HashMap<String, Bucket>>,
}

impl Operations {
    fn keeps(&self, trace: TraceId, name: &str, now: Instant) -> bool {
        if keeps(self.own.get(name).copied().unwrap_or(self.default), trace) {
            return true;
        }
        if self.at_least_per_second <= 0.0 {
            return false;
        }
        let mut bounds = self.bounds.lock();
        if let Some(bound) = bounds.get(name) {
            return bound.take(now);
        }
        // Names of operations may come from elsewhere: more of them than allowed have no bound.
        if bounds.len() >= self.max_operations {
            return false;
        }
        let bound = Bucket::new(self.at_least_per_second, now);
        let kept = bound.take(now);
        bounds.insert(name.to_owned(), bound);
        kept
    }
}

/// Lets so many things through a second; what is not used is kept for one second.
#[derive(Debug)]
pub(crate) struct Bucket {
    per_second: f64,
    state: Mutex<(f64, Instant)>,
}

impl Bucket {
    pub(crate) fn new(per_second: f64, now: Instant) -> Self {
        Self { per_second, state: Mutex::new((per_second.max(1.0), now)) }
    }

    fn take(&self, now: Instant) -> bool {
        let mut state = self.state.lock();
        let (left, since) = &mut *state;
        let filled = now.saturating_duration_since(*since).as_secs_f64() * self.per_second;
        *left = (*left + filled).min(self.per_second.max(1.0));
        *since = now;
        if *left < 1.0 {
            return false;
        }
        *left -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn ids() -> impl Iterator<Item = TraceId> {
        // Spread over all ids: the decision looks at a part of the bits.
        (0..1_000_u128).map(|n| {
            TraceId::from(
                (n * 0x0123_4567_89ab_cdef).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835),
            )
        })
    }

    fn kept(sampling: &Sampling) -> usize {
        ids().filter(|id| sampling.keeps(*id, "x", Instant::now())).count()
    }

    #[test]
    fn fraction_keeps_its_share() {
        assert_eq!(kept(&Sampling::Fraction(0.0)), 0);
        assert_eq!(kept(&Sampling::Fraction(-1.0)), 0);
        assert_eq!(kept(&Sampling::Fraction(1.0)), 1_000);
        assert_eq!(kept(&Sampling::Fraction(7.0)), 1_000);
        let tenth = kept(&Sampling::Fraction(0.1));
        assert!((60..140).contains(&tenth), "{tenth} of 1000");
    }

    #[test]
    fn rate_keeps_so_many_a_second() {
        let start = Instant::now();
        let bucket = Bucket::new(2.0, start);
        let taken = |at: Duration| (0..10).filter(|_| bucket.take(start + at)).count();
        assert_eq!(taken(Duration::ZERO), 2);
        assert_eq!(taken(Duration::from_millis(500)), 1);
        assert_eq!(taken(Duration::from_secs(60)), 2);
    }

    #[test]
    fn operations_have_their_own_share_and_a_lower_bound() {
        let now = Instant::now();
        let operations = Operations {
            own: [("all".to_owned(), 1.0)].into(),
            default: 0.0,
            at_least_per_second: 1.0,
            max_operations: 2,
            bounds: Mutex::default(),
        };
        let kept = |name: &str| ids().filter(|id| operations.keeps(*id, name, now)).count();
        assert_eq!((kept("all"), kept("rare"), kept("other")), (1_000, 1, 1));
        assert_eq!(kept("one too many"), 0);
    }
}
