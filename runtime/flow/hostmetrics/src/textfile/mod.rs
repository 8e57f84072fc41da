//! The `textfile` collector: metrics that other programs wrote into `*.prom` files.

mod parse;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, Metric, MetricType, Quantile, Summary};
use tracing::error;

use self::parse::{Family, Point};
use crate::config::Config;
use crate::exporter::{Collect, CollectError};
use crate::families::{Families, untyped};

/// Files with this ending are read.
const SUFFIX: &str = ".prom";

pub(crate) struct Textfile {
    directory: String,
}

impl Textfile {
    pub(crate) fn new(config: &Config) -> Self {
        Self { directory: config.textfile_directory.clone() }
    }

    /// Directories to read: what the pattern matches, or the text itself if that is nothing.
    fn directories(&self) -> Vec<PathBuf> {
        match alloy_flow_glob::expand(&self.directory) {
            Ok(found) if !found.is_empty() => found,
            _ => vec![PathBuf::from(&self.directory)],
        }
    }
}

impl Collect for Textfile {
    fn collect(&self, out: &mut Families) -> Result<(), CollectError> {
        let mut gathered = Gathered::default();
        if !self.directory.is_empty() {
            for directory in self.directories() {
                gathered.read_directory(&directory);
            }
        }
        gathered.emit(out);
        Ok(())
    }
}

/// Help text of a family over all files.
struct Help {
    first: String,
    contradicted: bool,
}

/// Everything read so far.
#[derive(Default)]
struct Gathered {
    families: Vec<(String, Family)>,
    /// Files by family name.
    files: BTreeMap<String, Vec<String>>,
    help: BTreeMap<String, Help>,
    modified: BTreeMap<String, SystemTime>,
    failed: bool,
}

impl Gathered {
    fn read_directory(&mut self, directory: &Path) {
        let entries = match directory.read_dir() {
            Ok(entries) => entries,
            Err(error) => {
                self.failed = true;
                error!(path = %directory.display(), %error, "failed to read textfile collector directory");
                return;
            }
        };
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        for name in names {
            if !name.as_encoded_bytes().ends_with(SUFFIX.as_bytes()) {
                continue;
            }
            let path = directory.join(name);
            match read_file(&path) {
                Ok((families, modified)) => self.add_file(&path, families, modified),
                Err(error) => {
                    self.failed = true;
                    error!(file = %path.display(), error, "failed to collect textfile data");
                }
            }
        }
    }

    fn add_file(&mut self, path: &Path, families: BTreeMap<String, Family>, modified: SystemTime) {
        let file = path.to_string_lossy().into_owned();
        self.modified.insert(file.clone(), modified);
        for (name, family) in families {
            if let Some(help) = &family.help {
                match self.help.get_mut(&name) {
                    Some(known) if known.contradicted || known.first != *help => {
                        known.contradicted = true;
                        self.failed = true;
                        error!(file, name, "inconsistent help text of a metric");
                        continue;
                    }
                    Some(_) => {}
                    None => {
                        let help = Help { first: help.clone(), contradicted: false };
                        self.help.insert(name.clone(), help);
                    }
                }
            }
            self.files.entry(name.clone()).or_default().push(file.clone());
            self.families.push((name, family));
        }
    }

    fn emit(self, out: &mut Families) {
        for (name, family) in self.families {
            let help = match (family.help, self.help.get(&name)) {
                (Some(own), _) => own,
                (None, Some(other)) => other.first.clone(),
                (None, None) => {
                    let files = self.files.get(&name).map(|f| f.join(", ")).unwrap_or_default();
                    format!("Metric read from {files}")
                }
            };
            emit_family(out, &name, &help, family.kind, &family.points);
        }
        for (file, modified) in &self.modified {
            let since = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            out.gauge(
                "node_textfile_mtime_seconds",
                "Unixtime mtime of textfiles successfully read.",
                &[("file", file)],
                since.as_secs_f64(),
            );
        }
        out.gauge(
            "node_textfile_scrape_error",
            "1 if there was an error opening or reading a file, 0 otherwise",
            &[],
            f64::from(u8::from(self.failed)),
        );
    }
}

fn read_file(path: &Path) -> Result<(BTreeMap<String, Family>, SystemTime), String> {
    let bytes = std::fs::read(path).map_err(|error| format!("cannot open the file: {error}"))?;
    let families = parse::parse(&bytes).map_err(|error| error.to_string())?;
    if families.values().any(|f| f.points.iter().any(|p| p.stamped)) {
        return Err("the file has client-side timestamps, which textfiles must not".to_owned());
    }
    let modified = path.metadata().and_then(|meta| meta.modified());
    Ok((families, modified.map_err(|error| format!("cannot stat the file: {error}"))?))
}

/// Series of one family get empty values for the labels that only others have.
fn emit_family(out: &mut Families, name: &str, help: &str, kind: MetricType, points: &[Point]) {
    let mut names: Vec<&str> =
        points.iter().flat_map(|p| p.labels.keys().map(String::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    for point in points {
        let labels: Vec<(&str, &str)> = names
            .iter()
            .map(|name| (*name, point.labels.get(*name).map_or("", String::as_str)))
            .collect();
        out.push(name, help, kind, &labels, metric(kind, point));
    }
}

fn metric(kind: MetricType, point: &Point) -> Metric {
    let mut metric = Metric::default();
    match kind {
        MetricType::COUNTER => {
            let mut counter = Counter::default();
            counter.set_value(point.value);
            metric.set_counter(counter);
        }
        MetricType::GAUGE => {
            let mut gauge = Gauge::default();
            gauge.set_value(point.value);
            metric.set_gauge(gauge);
        }
        MetricType::UNTYPED => return untyped(point.value),
        MetricType::SUMMARY => {
            let quantiles = point.parts.iter().map(|(quantile, value)| {
                let mut q = Quantile::default();
                q.set_quantile(*quantile);
                q.set_value(*value);
                q
            });
            let mut summary = Summary::default();
            summary.set_quantile(quantiles.collect());
            summary.set_sample_sum(point.sum);
            summary.set_sample_count(point.count);
            metric.set_summary(summary);
        }
        MetricType::HISTOGRAM => {
            // The last bucket is the count, written by whoever encodes the family.
            let buckets = point.parts.iter().filter(|(bound, _)| *bound != f64::INFINITY).map(
                |(bound, count)| {
                    let mut bucket = Bucket::default();
                    bucket.set_upper_bound(*bound);
                    bucket.set_cumulative_count(*count as u64);
                    bucket
                },
            );
            let mut histogram = Histogram::default();
            histogram.set_bucket(buckets.collect());
            histogram.set_sample_sum(point.sum);
            histogram.set_sample_count(point.count);
            metric.set_histogram(histogram);
        }
    }
    metric
}

pub(crate) fn fuzz(data: &[u8]) {
    drop(parse::parse(data));
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use crate::Collector;
    use crate::testing::Fixture;

    fn check(files: &[(&str, &str)], directory: &str, expected: Expect) {
        let mut t = Fixture::new(Collector::Textfile);
        for (name, content) in files {
            t.write(name, content);
        }
        let root = t.path("").display().to_string();
        t.config.textfile_directory = directory.replace("ROOT/", &root);
        let shown = Fixture::show_stable(&t.build()).replace(&root, "ROOT/");
        let stable: Vec<_> = shown
            .lines()
            .map(|l| if l.contains("mtime") { l.rsplit_once(' ').map_or(l, |(l, _)| l) } else { l })
            .collect();
        expected.assert_eq(&(stable.join("\n") + "\n"));
    }

    #[test]
    fn without_a_directory_nothing_is_wrong() {
        check(
            &[],
            "",
            expect![[r#"
            node_scrape_collector_success{collector="textfile"} 1
            node_textfile_scrape_error 0
        "#]],
        );
    }

    #[test]
    fn a_missing_directory_is_an_error() {
        check(
            &[],
            "ROOT/nope",
            expect![[r#"
            node_scrape_collector_success{collector="textfile"} 1
            node_textfile_scrape_error 1
        "#]],
        );
    }

    #[test]
    fn patterns_of_directories_are_read_in_order() {
        check(
            &[("d1/a.prom", "a 1\n"), ("d2/b.prom", "b 2\n"), ("d2/c.txt", "c 3\n")],
            "ROOT/d*",
            expect![[r#"
                a 1
                b 2
                node_scrape_collector_success{collector="textfile"} 1
                node_textfile_mtime_seconds{file="ROOT/d1/a.prom"}
                node_textfile_mtime_seconds{file="ROOT/d2/b.prom"}
                node_textfile_scrape_error 0
            "#]],
        );
    }

    #[test]
    fn one_family_over_several_files() {
        check(
            &[
                ("d/1.prom", "m{a=\"1\"} 1\n"),
                ("d/2.prom", "# HELP m Help.\nm{b=\"2\"} 2\n"),
                ("d/3.prom", "# HELP m Other.\nm{c=\"3\"} 3\n"),
                ("d/4.prom", "# TYPE m counter\nm{d=\"4\"} 4\n"),
            ],
            "ROOT/d",
            expect![[r#"
                m{a="1"} 1
                m{b="2"} 2
                node_scrape_collector_success{collector="textfile"} 1
                node_textfile_mtime_seconds{file="ROOT/d/1.prom"}
                node_textfile_mtime_seconds{file="ROOT/d/2.prom"}
                node_textfile_mtime_seconds{file="ROOT/d/3.prom"}
                node_textfile_mtime_seconds{file="ROOT/d/4.prom"}
                node_textfile_scrape_error 1
            "#]],
        );
    }

    #[test]
    fn labels_of_a_family_are_levelled_and_duplicates_dropped() {
        check(
            &[("d/1.prom", "m{a=\"1\"} 1\nm{b=\"2\"} 2\nm{a=\"1\"} 3\n")],
            "ROOT/d",
            expect![[r#"
                m{a="",b="2"} 2
                m{a="1",b=""} 1
                node_scrape_collector_success{collector="textfile"} 1
                node_textfile_mtime_seconds{file="ROOT/d/1.prom"}
                node_textfile_scrape_error 0
            "#]],
        );
    }

    #[test]
    fn timestamps_spoil_a_file() {
        check(
            &[("d/1.prom", "m 1\nn 1 2\n")],
            "ROOT/d",
            expect![[r#"
            node_scrape_collector_success{collector="textfile"} 1
            node_textfile_scrape_error 1
        "#]],
        );
    }

    #[test]
    fn histograms_and_summaries_are_put_together() {
        check(
            &[(
                "d/1.prom",
                "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 5\nh_sum 9\nh_count 5\n\
                 # TYPE s summary\ns{quantile=\"0.5\"} 3\ns_sum 9\ns_count 7\n",
            )],
            "ROOT/d",
            expect![[r#"
                h 5
                node_scrape_collector_success{collector="textfile"} 1
                node_textfile_mtime_seconds{file="ROOT/d/1.prom"}
                node_textfile_scrape_error 0
                s 7
            "#]],
        );
    }
}
