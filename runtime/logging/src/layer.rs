//! Takes records from `tracing`.

use jiff::Timestamp;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Filtered;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;

use crate::line::{Collector, FieldValue, Record};
use crate::{Level, LogHandle};

/// A `tracing` layer that hands records to a [`LogHandle`]. It sees what [`LogFilter`] lets through.
pub struct LogLayer {
    handle: LogHandle,
    trace_id: fn() -> Option<String>,
}

/// Lets records of the process through by its level, and spans whose fields records carry.
pub struct LogFilter {
    handle: LogHandle,
}

impl LogLayer {
    pub(crate) fn new(handle: LogHandle) -> Self {
        Self { handle, trace_id: || None }
    }

    /// Lines carry the trace that `trace_id` names to the code that logs.
    #[must_use]
    pub fn with_trace_id(self, trace_id: fn() -> Option<String>) -> Self {
        Self { trace_id, ..self }
    }

    /// The layer with its filter, so that it decides for no other layer.
    pub fn filtered<S>(self) -> Filtered<Self, LogFilter, S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let filter = LogFilter { handle: self.handle.clone() };
        self.with_filter(filter)
    }
}

impl LogFilter {
    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let ours = metadata.target().starts_with("alloy");
        let level = *metadata.level();
        if metadata.is_span() {
            // An error inside it needs the span's fields whatever the level is.
            return ours && level <= tracing::Level::INFO;
        }
        let lowest = filter(self.handle.level());
        level <= if ours { lowest } else { lowest.min(LevelFilter::WARN) }
    }
}

impl<S> Filter<S> for LogFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _cx: &Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        // Asked again after each change of the level, see `LogHandle::apply`.
        if self.wants(metadata) { Interest::always() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(filter(self.handle.level()).max(LevelFilter::INFO))
    }
}

fn filter(level: Level) -> LevelFilter {
    match level {
        Level::Debug => LevelFilter::DEBUG,
        Level::Info => LevelFilter::INFO,
        Level::Warn => LevelFilter::WARN,
        Level::Error => LevelFilter::ERROR,
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LogLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else { return };
        let mut collector = Collector::default();
        attributes.record(&mut collector);
        span.extensions_mut().insert(SpanFields(collector.fields));
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let mut collector = Collector::default();
        for span in cx.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<SpanFields>() {
                collector.fields.extend(fields.0.iter().cloned());
            }
        }
        event.record(&mut collector);
        if let Some(trace) = (self.trace_id)() {
            collector.fields.push(("trace_id", FieldValue::Text(trace)));
        }
        self.handle.write(Record {
            time: Timestamp::now(),
            level: level(*event.metadata().level()),
            message: collector.message,
            fields: collector.fields,
        });
    }
}

struct SpanFields(Vec<(&'static str, FieldValue)>);

fn level(level: tracing::Level) -> Level {
    match level {
        tracing::Level::ERROR => Level::Error,
        tracing::Level::WARN => Level::Warn,
        tracing::Level::INFO => Level::Info,
        _ => Level::Debug,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io;
    use std::sync::Arc;

    use expect_test::{Expect, expect};
    use parking_lot::Mutex;
    use tracing_subscriber::prelude::*;

    use crate::{Format, LogHandle, LogLayer};

    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    thread_local! {
        static TRACE: Cell<Option<&'static str>> = const { Cell::new(None) };
    }

    /// Runs `log`; the lines without their time.
    fn lines(log: impl FnOnce(&LogHandle), expected: Expect) {
        let out = Shared::default();
        let handle = LogHandle::new(Box::new(out.clone()));
        let layer = LogLayer::new(handle.clone()).with_trace_id(|| TRACE.get().map(str::to_owned));
        let subscriber = tracing_subscriber::registry().with(layer.filtered());
        tracing::subscriber::with_default(subscriber, || log(&handle));
        let text = String::from_utf8(out.0.lock().clone()).expect("UTF-8");
        let text: String = text
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(_, rest)| format!("{rest}\n"))
            .collect();
        expected.assert_eq(&text);
    }

    #[test]
    fn early_lines_wait_for_the_level_and_keep_their_order() {
        lines(
            |handle| {
                tracing::info!("one");
                tracing::debug!("two");
                tracing::error!(err = %"no", "three");
                handle.apply(Level::Warn, Format::Logfmt);
                tracing::info!("four");
                handle.apply(Level::Debug, Format::Logfmt);
                tracing::debug!("five");
            },
            expect![[r#"
                level=error msg=three err=no
                level=debug msg=five
            "#]],
        );
    }

    #[test]
    fn lines_that_never_find_a_configuration_are_dropped() {
        lines(|_| tracing::error!("lost"), expect![[""]]);
    }

    #[test]
    fn span_fields_come_first() {
        lines(
            |handle| {
                handle.apply(Level::Error, Format::Logfmt);
                let id = "prometheus.scrape.api";
                let span =
                    tracing::info_span!("component", component_path = "/", component_id = %id);
                span.in_scope(|| tracing::error!(target_url = "x", "scrape failed"));
            },
            expect![[r#"
                level=error msg="scrape failed" component_path=/ component_id=prometheus.scrape.api target_url=x
            "#]],
        );
    }

    #[test]
    fn lines_name_the_trace_that_they_are_logged_for() {
        lines(
            |handle| {
                handle.apply(Level::Info, Format::Logfmt);
                TRACE.set(Some("4bf92f"));
                tracing::info!(n = 1, "traced");
                TRACE.set(None);
                tracing::info!(n = 1, "not traced");
            },
            expect![[r#"
                level=info msg=traced n=1 trace_id=4bf92f
                level=info msg="not traced" n=1
            "#]],
        );
    }

    #[test]
    fn foreign_records_below_warn_are_noise() {
        lines(
            |handle| {
                handle.apply(Level::Debug, Format::Logfmt);
                tracing::info!(target: "h2::codec", "frame");
                tracing::warn!(target: "h2::codec", "broken");
            },
            expect![[r#"
                level=warn msg=broken
            "#]],
        );
    }

    #[test]
    fn the_format_changes_while_running() {
        lines(
            |handle| {
                handle.apply(Level::Info, Format::Logfmt);
                tracing::info!(n = 1, "a b");
                handle.apply(Level::Info, Format::Json);
                tracing::info!(n = 1, "a b c");
            },
            // The cut at the first blank removes the start of the JSON line.
            expect![[r#"
                level=info msg="a b" n=1
                b c","n":1}
            "#]],
        );
    }
}
