use std::time::Duration;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

const REPORT: Report = Report {
    duration: Duration::from_millis(5),
    timeout: Duration::from_secs(10),
    body_size_bytes: 0,
};

struct Bench {
    table: SeriesTable,
    cache: ScrapeCache,
    time_ms: i64,
}

impl Bench {
    fn new(options: IngestOptions) -> Self {
        let table = SeriesTable::new();
        let target = Labels::new([("job", "j")]);
        let cache = ScrapeCache::new(&table, target, Arc::new(options));
        Self { table, cache, time_ms: 0 }
    }

    fn show(&self, batches: &[SampleBatch], reports: usize) -> String {
        let rows: usize = batches.iter().map(SampleBatch::len).sum();
        let mut out = String::new();
        for (nth, (batch, row)) in
            batches.iter().flat_map(|b| (0..b.len()).map(move |row| (b, row))).enumerate()
        {
            if nth + reports >= rows {
                break;
            }
            let value = batch.values[row];
            let value =
                if alloy_telemetry::is_stale(value) { "stale".into() } else { value.to_string() };
            out += &format!("{} {value}\n", self.table.labels(batch.series(row)));
        }
        out
    }

    /// Samples that one scrape sends on, without the report.
    fn scrape(&mut self, body: &str) -> String {
        self.time_ms += 1000;
        let failed = self.cache.ingest(body.as_bytes(), self.time_ms, self.time_ms).err();
        let batches = self.cache.finish(&REPORT);
        let mut out = self.show(&batches, 5);
        if let Some(error) = failed {
            out += &format!("{error}\n");
        }
        out
    }
}

fn check(bodies: &[&str], expected: Expect) {
    let mut bench = Bench::new(IngestOptions::default());
    let text: Vec<_> = bodies.iter().map(|body| bench.scrape(body)).collect();
    expected.assert_eq(&text.join("--\n"));
}

#[test]
fn series_that_vanish_are_marked_once() {
    check(
        &["a 1\nb 1\n", "b 2\n", "b 3\n"],
        expect![[r#"
        {__name__="a", job="j"} 1
        {__name__="b", job="j"} 1
        --
        {__name__="b", job="j"} 2
        {__name__="a", job="j"} stale
        --
        {__name__="b", job="j"} 3
    "#]],
    );
}

#[test]
fn two_spellings_are_one_series() {
    check(
        &["m{a=\"1\",b=\"2\"} 1\nm{b=\"2\",a=\"1\"} 2\n", "m{b=\"2\",a=\"1\"} 3\n", ""],
        expect![[r#"
        {__name__="m", a="1", b="2", job="j"} 1
        --
        {__name__="m", a="1", b="2", job="j"} 3
        --
        {__name__="m", a="1", b="2", job="j"} stale
    "#]],
    );
}

#[test]
fn failed_scrape_ends_what_was_alive_and_nothing_else() {
    check(
        &["a 1\n", "a 2\nnew 1\n!\n", "a 3\n"],
        expect![[r#"
        {__name__="a", job="j"} 1
        --
        {__name__="a", job="j"} stale
        cannot parse the exposition: line 3: expected a metric name while parsing "!"
        --
        {__name__="a", job="j"} 3
    "#]],
    );
}

#[test]
fn changed_options_keep_series_alive() {
    let mut bench = Bench::new(IngestOptions::default());
    bench.scrape("a{job=\"x\"} 1\nb 1\n");
    bench
        .cache
        .set_options(Arc::new(IngestOptions { honor_labels: true, ..IngestOptions::default() }));
    expect![[r#"
        {__name__="a", job="x"} 2
        {__name__="b", job="j"} 2
        {__name__="a", exported_job="x", job="j"} stale
    "#]]
    .assert_eq(&bench.scrape("a{job=\"x\"} 2\nb 2\n"));
}

#[test]
fn end_marks_samples_and_reports() {
    let mut bench = Bench::new(IngestOptions::default());
    assert!(bench.cache.end(1).is_empty(), "nothing was sent yet");
    bench.scrape("a 1\n");
    let batches = bench.cache.end(5000);
    expect![[r#"
        {__name__="a", job="j"} stale
        {__name__="up", job="j"} stale
        {__name__="scrape_duration_seconds", job="j"} stale
        {__name__="scrape_samples_scraped", job="j"} stale
        {__name__="scrape_samples_post_metric_relabeling", job="j"} stale
        {__name__="scrape_series_added", job="j"} stale
    "#]]
    .assert_eq(&bench.show(&batches, 0));
}

#[test]
fn full_scrape_is_one_run_of_references() {
    let mut bench = Bench::new(IngestOptions::default());
    let body: String = (0..25_000).map(|i| format!("m{{i=\"{i}\"}} 1\n")).collect();
    for _ in 0..2 {
        bench.cache.ingest(body.as_bytes(), 0, 0).unwrap();
        let batches = bench.cache.finish(&REPORT);
        let lens: Vec<_> = batches.iter().map(SampleBatch::len).collect();
        assert_eq!(lens, [10_000, 10_000, 5005]);
        assert!(matches!(batches[0].refs, alloy_telemetry::Refs::Run { .. }));
    }
}

#[test]
fn forgotten_series_leave_the_table() {
    let mut bench = Bench::new(IngestOptions::default());
    for i in 0..50 {
        bench.scrape(&format!("m{{i=\"{i}\"}} 1\n"));
    }
    assert_eq!(bench.cache.len(), 1);
    assert_eq!(bench.table.len(), 6, "one series and five reports");
}

proptest! {
    /// A model with plain sets: what is alive after each scrape, whatever order and spelling.
    #[test]
    fn markers_equal_a_model(bodies in prop::collection::vec(
        proptest::option::weighted(0.8, prop::collection::vec((0..6_u8, 0..3_u8), 0..10)), 1..10))
    {
        let mut bench = Bench::new(IngestOptions::default());
        let mut alive = std::collections::BTreeSet::new();
        for lines in bodies {
            let text: String = match &lines {
                None => "!\n".to_owned(),
                Some(lines) => lines.iter().map(|(series, spelling)| match spelling {
                    0 => format!("m{{s=\"{series}\",t=\"\"}} 1\n"),
                    1 => format!("m{{s=\"{series}\"}} 1\n"),
                    _ => format!("m {{ s=\"{series}\" , }} 1\n"),
                }).collect(),
            };
            let now: std::collections::BTreeSet<_> =
                lines.iter().flatten().map(|(series, _)| format!("{{__name__=\"m\", job=\"j\", s=\"{series}\"}}")).collect();
            let mut expected: Vec<_> = now.iter().map(|s| format!("{s} 1")).collect();
            expected.extend(alive.difference(&now).map(|s| format!("{s} stale")));
            expected.sort();
            let sent = bench.scrape(&text);
            let mut sent: Vec<_> = sent.lines().filter(|l| l.starts_with('{')).map(str::to_owned).collect();
            sent.sort();
            prop_assert_eq!(sent, expected);
            alive = now;
        }
    }
}
