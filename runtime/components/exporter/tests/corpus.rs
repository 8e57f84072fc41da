//! The recorded cases of `prometheus.exporter.unix` over fake trees of `/proc` and `/sys`.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use alloy_corpus::{Report, Set, text};
use alloy_exporter::unix;
use alloy_flow_hostmetrics::select::select;
use serde_json::Value;

const UNBUILT_COLLECTOR: &str = "needs a collector that is not built yet";
const UNBUILT_ARGUMENTS: &str = "sets arguments of a collector that is not built yet";
/// Blocks of the collectors we have.
const BUILT_BLOCKS: [&str; 6] = ["cpu", "disk", "filesystem", "netdev", "textfile", "vmstat"];
/// Families that the recording left out.
const NOT_RECORDED: [&str; 3] = [
    "node_scrape_collector_duration_seconds",
    "node_exporter_build_info",
    "promhttp_metric_handler_errors_total",
];

fn main() -> std::process::ExitCode {
    alloy_corpus::run(vec![
        Set::new("corpus_unix_exporter", expositions),
        Set::new("corpus_unix_exporter_config_errors", config_errors),
    ])
}

/// Runs `check` on a runtime of its own.
fn block_on<T>(check: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(check)
}

fn expositions(corpus: &Path, report: &mut Report) {
    let file = alloy_corpus::json(&corpus.join("metrics/unix_exporter.json"));
    for case in file["cases"].as_array().expect("cases") {
        let args = text(case, "args");
        let set = strings(&case["set_collectors"]);
        let (enable, disable) =
            (listed(args, "enable_collectors"), listed(args, "disable_collectors"));
        if !select(&set, &enable, &disable).refused.is_empty() {
            report.skip(UNBUILT_COLLECTOR);
            continue;
        }
        report.case(text(case, "name"), || {
            let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
            let tree = &file["trees"][text(case, "tree")];
            for (path, content) in tree.as_object().ok_or("no such tree")? {
                write(&dir.path().join(path), content.as_str().unwrap_or_default())?;
            }
            let root = dir.path().display().to_string();
            let config = format!(
                "prometheus.exporter.unix \"x\" {{\n  set_collectors = {set:?}\n  {}\n{}}}\n",
                ["procfs_path", "sysfs_path", "rootfs_path", "udev_data_path"]
                    .iter()
                    .zip(["proc", "sys", "root", "udev"])
                    .map(|(name, dir)| format!("{name} = {:?}\n", format!("{root}/{dir}")))
                    .collect::<String>(),
                args.replace("TREE", &root)
            );
            let got = block_on(async {
                let built = common::build(&unix::COMPONENT, &config).await?;
                built.exports.as_ref().ok_or("no exports")?;
                common::scrape(&*built.component).await
            })?;
            let want: String =
                strings(&case["exposition"]).iter().map(|l| format!("{l}\n")).collect();
            compare(&got.replace(&root, "TREE"), &want)
        });
    }
}

/// Compares the lines but for help texts and what differs from machine to machine.
fn compare(got: &str, want: &str) -> Result<(), String> {
    let kept = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|l| !l.starts_with("# HELP"))
            .filter(|l| !NOT_RECORDED.iter().any(|name| l.contains(name)))
            .map(str::to_owned)
            .collect()
    };
    let (got, want) = (kept(got), kept(want));
    let same = |got: &str, want: &str| match want.strip_suffix('#') {
        Some(start) => got.starts_with(start),
        None => got == want,
    };
    for i in 0..got.len().max(want.len()) {
        let (a, b) = (got.get(i), want.get(i));
        if !a.zip(b).is_some_and(|(a, b)| same(a, b)) {
            return Err(format!("line {i}:\n    got: {a:?}\n   want: {b:?}"));
        }
    }
    Ok(())
}

fn config_errors(corpus: &Path, report: &mut Report) {
    let file = alloy_corpus::json(&corpus.join("metrics/unix_exporter.json"));
    for case in file["config_errors"].as_array().expect("cases") {
        let args = text(case, "args");
        let enabled = listed(args, "enable_collectors");
        if enabled.iter().any(|n| !select(&[], std::slice::from_ref(n), &[]).refused.is_empty()) {
            report.skip(UNBUILT_COLLECTOR);
            continue;
        }
        let blocks = args.lines().filter_map(|l| l.strip_suffix(" {"));
        if blocks.collect::<BTreeSet<_>>().iter().any(|b| !BUILT_BLOCKS.contains(b)) {
            report.skip(UNBUILT_ARGUMENTS);
            continue;
        }
        report.case(text(case, "name"), || {
            let config = format!("prometheus.exporter.unix \"x\" {{\n{args}}}\n");
            let outcome = block_on(common::build(&unix::COMPONENT, &config));
            match (outcome, case["error"].as_str()) {
                (Ok(_), None) => Ok(()),
                (Ok(_), Some(error)) => Err(format!("built, but wanted: {error}")),
                (Err(error), None) => Err(format!("failed: {error}")),
                // What the text names: a path, an expression or both filters.
                (Err(error), Some(_)) => {
                    let named = ["/does/not/exist", "compile", "mutually exclusive"];
                    let names = named.iter().any(|n| error.contains(n));
                    if names { Ok(()) } else { Err(format!("names nothing: {error}")) }
                }
            }
        });
    }
}

fn write(path: &Path, content: &str) -> Result<(), String> {
    let parent = path.parent().ok_or("no parent")?;
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(path, content))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn strings(value: &Value) -> Vec<String> {
    let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// The strings of `name = ["a", "b"]` in the arguments.
fn listed(args: &str, name: &str) -> Vec<String> {
    let line = args.lines().find_map(|l| l.trim().strip_prefix(name)).unwrap_or_default();
    let list = line.trim_start_matches([' ', '=']);
    serde_json::from_str(list).unwrap_or_default()
}
