//! The running `prometheus.relabel`.

use std::sync::Arc;
use std::time::Instant;

use alloy_blocks::{RelabelRules, RuleBlock};
use alloy_component::{
    BuildContext, Component, ComponentError, ComponentMetrics, MetricsFanout, MetricsReceiver,
    Publisher, RunContext,
};
use alloy_flow_relabel::{Keep, Names, Program, Scratch};
use alloy_telemetry::{
    MetricsConsumer, Refs, Row, SampleBatch, SendError, SeriesRef, SeriesTable, Timestamps,
    is_stale,
};
use alloy_value::ArcArgs;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use prometheus::{IntCounter, IntGauge};

use super::cache::{Cache, Policy};
use super::{NAME, RelabelArgs, RelabelExports};
use crate::debug_text::publish_relabelled;
use crate::liveness::Liveness;

pub(super) struct Relabel {
    receiver: Arc<Relabeller>,
    exports: alloy_component::ExportSink,
}

/// The receiving end.
struct Relabeller {
    liveness: Liveness,
    series: SeriesTable,
    fanout: MetricsFanout,
    metrics: Metrics,
    debug: Publisher,
    /// Locked while a batch is relabelled, never across a send.
    state: Mutex<State>,
}

struct State {
    program: Program,
    scratch: Scratch,
    cache: Cache,
}

struct Metrics {
    processed: IntCounter,
    written: IntCounter,
    misses: IntCounter,
    hits: IntCounter,
    deletes: IntCounter,
    ttl_evictions: IntCounter,
    size: IntGauge,
}

impl Metrics {
    fn new(metrics: &ComponentMetrics) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str| {
            IntCounter::new(format!("alloy_prometheus_relabel_{name}"), help)
                .map(|counter| metrics.register(counter))
        };
        let size =
            IntGauge::new("alloy_prometheus_relabel_cache_size", "Total size of relabel cache");
        Ok(Self {
            processed: counter("metrics_processed", "Total number of metrics processed")?,
            written: counter("metrics_written", "Total number of metrics written")?,
            misses: counter("cache_misses", "Total number of cache misses")?,
            hits: counter("cache_hits", "Total number of cache hits")?,
            deletes: counter("cache_deletes", "Total number of cache deletes")?,
            ttl_evictions: counter(
                "cache_ttl_evictions",
                "Total number of cache entries evicted after their time to live",
            )?,
            size: metrics.register(size?),
        })
    }
}

pub(super) fn build(
    cx: BuildContext,
    args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    async move { Ok(Arc::new(Relabel::new(&cx, &args)?) as Arc<dyn Component>) }.boxed()
}

fn relabel_args(args: &ArcArgs) -> Result<&RelabelArgs, ComponentError> {
    args.downcast_ref().ok_or_else(|| crate::wrong_arguments(NAME))
}

impl State {
    fn new(args: &RelabelArgs, series: &SeriesTable) -> Result<Self, ComponentError> {
        let program = RuleBlock::compile(&args.rule, Names::Legacy).map_err(ComponentError::new)?;
        let policy = if args.cache_ttl.is_zero() {
            Policy::Size(usize::try_from(args.max_cache_size).unwrap_or(usize::MAX))
        } else {
            Policy::Ttl(args.cache_ttl)
        };
        Ok(Self { program, scratch: Scratch::default(), cache: Cache::new(series, policy) })
    }
}

impl Relabel {
    pub(super) fn new(cx: &BuildContext, args: &ArcArgs) -> Result<Self, ComponentError> {
        let args = relabel_args(args)?;
        let series = cx.services.series.clone();
        let metrics = Metrics::new(&cx.metrics)
            .map_err(|error| ComponentError::new("cannot create metrics").with_source(error))?;
        let component = Self {
            receiver: Arc::new(Relabeller {
                liveness: Liveness::new(&cx.id),
                state: Mutex::new(State::new(args, &series)?),
                fanout: MetricsFanout::new(&cx.metrics, args.forward_to.clone()),
                series,
                metrics,
                debug: cx.services.live_debugging.publisher(&cx.id),
            }),
            exports: cx.exports.clone(),
        };
        component.export(args);
        Ok(component)
    }

    fn export(&self, args: &RelabelArgs) {
        self.exports.export(&RelabelExports {
            receiver: MetricsReceiver(Arc::clone(&self.receiver) as Arc<dyn MetricsConsumer>),
            rules: RelabelRules::new(&args.rule),
        });
    }
}

impl Component for Relabel {
    fn update(&self, args: ArcArgs) -> BoxFuture<'_, Result<(), ComponentError>> {
        async move {
            let args = relabel_args(&args)?;
            let state = State::new(args, &self.receiver.series)?;
            *self.receiver.state.lock() = state;
            self.receiver.metrics.size.set(0);
            self.receiver.fanout.set(args.forward_to.clone());
            self.export(args);
            Ok(())
        }
        .boxed()
    }

    fn run(self: Arc<Self>, cx: RunContext) -> BoxFuture<'static, Result<(), ComponentError>> {
        async move {
            let _running = self.receiver.liveness.running();
            cx.cancel.cancelled().await;
            Ok(())
        }
        .boxed()
    }

    fn supports_live_debugging(&self) -> bool {
        true
    }
}

impl Relabeller {
    /// The batch as relabelled; `None` if nothing is left of it.
    fn relabel(&self, batch: &Arc<SampleBatch>) -> Option<Arc<SampleBatch>> {
        let now = Instant::now();
        let mut state = self.state.lock();
        let State { program, scratch, cache } = &mut *state;
        self.metrics.ttl_evictions.inc_by(cache.expire(now));
        let (mut hits, mut misses, mut deletes) = (0, 0, 0);
        let mut outputs: Vec<Option<SeriesRef>> = Vec::with_capacity(batch.len());
        let mut unchanged = true;
        for row in 0..batch.len() {
            let input = batch.series(row);
            let output = match cache.get(input, now) {
                Some(known) => {
                    hits += 1;
                    known
                }
                None => {
                    misses += 1;
                    let mut labels = self.series.labels(input).to_builder();
                    let kept = program.apply_with(scratch, &mut labels) == Keep::Yes;
                    let labels = labels.finish();
                    let output = (kept && !labels.is_empty()).then(|| cache.output(&labels));
                    cache.insert(input, output, now);
                    output
                }
            };
            // The series has ended: its next sample, if any, is a new one's.
            if is_stale(batch.values[row]) && cache.remove(input) {
                deletes += 1;
            }
            unchanged &= output == Some(input);
            outputs.push(output);
        }
        let hold = cache.hold();
        self.metrics.size.set(cache.len() as i64);
        drop(state);
        self.publish(batch, &outputs);
        self.metrics.processed.inc_by(batch.len() as u64);
        self.metrics.hits.inc_by(hits);
        self.metrics.misses.inc_by(misses);
        self.metrics.deletes.inc_by(deletes);
        if unchanged {
            return Some(Arc::clone(batch));
        }
        rebuild(batch, &outputs, hold)
    }
}

impl Relabeller {
    /// Shows what has become of the series of a batch.
    fn publish(&self, batch: &SampleBatch, outputs: &[Option<SeriesRef>]) {
        if !self.debug.is_watched() {
            return;
        }
        for (row, output) in outputs.iter().enumerate() {
            let before = self.series.labels(batch.series(row));
            let after = output.map(|output| self.series.labels(output));
            publish_relabelled(&self.debug, &before, after.as_ref());
        }
    }
}

impl MetricsConsumer for Relabeller {
    fn send(&self, batch: Arc<SampleBatch>) -> BoxFuture<'_, Result<(), SendError>> {
        async move {
            self.liveness.check()?;
            let Some(relabelled) = self.relabel(&batch) else { return Ok(()) };
            drop(batch);
            let histograms = relabelled.histograms.as_ref().map_or(0, |h| h.len());
            self.metrics.written.inc_by((relabelled.len() - histograms) as u64);
            self.fanout.send(relabelled).await
        }
        .boxed()
    }

    fn component_id(&self) -> &str {
        self.liveness.component_id()
    }
}

/// `batch` with the series `outputs`; rows without one are left out. Columns that stay the same are
/// shared.
fn rebuild(
    batch: &SampleBatch,
    outputs: &[Option<SeriesRef>],
    hold: alloy_telemetry::Hold,
) -> Option<Arc<SampleBatch>> {
    let refs: Arc<[SeriesRef]> = outputs.iter().copied().flatten().collect();
    if refs.is_empty() {
        return None;
    }
    if refs.len() == outputs.len() {
        return Some(Arc::new(SampleBatch { hold, refs: Refs::List(refs), ..batch.clone() }));
    }
    let kept: Vec<usize> = outputs
        .iter()
        .enumerate()
        .filter(|(_, output)| output.is_some())
        .map(|(row, _)| row)
        .collect();
    let mut new_rows = vec![None; outputs.len()];
    for (new, &old) in kept.iter().enumerate() {
        new_rows[old] = Some(new as u32);
    }
    let timestamps = match &batch.timestamps {
        Timestamps::One(ms) => Timestamps::One(*ms),
        Timestamps::Each(all) => Timestamps::Each(kept.iter().map(|&row| all[row]).collect()),
    };
    Some(Arc::new(SampleBatch {
        hold,
        refs: Refs::List(refs),
        values: kept.iter().map(|&row| batch.values[row]).collect(),
        timestamps,
        histograms: keep_rows(&batch.histograms, &new_rows),
        exemplars: keep_rows(&batch.exemplars, &new_rows),
        metadata: keep_rows(&batch.metadata, &new_rows),
        created: keep_rows(&batch.created, &new_rows),
        ack: batch.ack.clone(),
    }))
}

fn keep_rows<T: Clone>(
    rows: &Option<Arc<[Row<T>]>>,
    new_rows: &[Option<u32>],
) -> Option<Arc<[Row<T>]>> {
    let kept: Arc<[Row<T>]> = rows
        .iter()
        .flat_map(|rows| rows.iter())
        .filter_map(|row| {
            let new = (*new_rows.get(row.row as usize)?)?;
            Some(Row { row: new, item: row.item.clone() })
        })
        .collect();
    (!kept.is_empty()).then_some(kept)
}
