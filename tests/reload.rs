//! Reloads touch what they must and nothing else.

use std::fmt::Write as _;

use rustix::process::Signal;

use crate::support::alloy::Alloy;
use crate::support::target::CountingTarget;
use crate::support::{SOON, http, wait_for};

/// 50 components: ten pipelines of five.
fn fifty(port: u16, replacement: &str) -> String {
    let mut text = String::new();
    for i in 0..10 {
        let replacement = if i == 7 { replacement } else { "same" };
        write!(
            text,
            r#"
local.file "f{i}" {{
  filename = "file-{i}.txt"
}}

discovery.relabel "r{i}" {{
  targets = [{{"__address__" = "127.0.0.1:{port}", "content" = local.file.f{i}.content}}]
}}

prometheus.scrape "s{i}" {{
  targets         = discovery.relabel.r{i}.output
  forward_to      = [prometheus.relabel.m{i}.receiver]
  scrape_interval = "1s"
  scrape_timeout  = "900ms"
}}

prometheus.relabel "m{i}" {{
  forward_to = [prometheus.echo.e{i}.receiver]
  rule {{
    target_label = "which"
    replacement  = "{replacement}"
  }}
}}

prometheus.echo "e{i}" {{ }}
"#
        )
        .expect("write to a string");
    }
    text
}

fn start_fifty(target: &CountingTarget) -> Alloy {
    let alloy = Alloy::start("");
    for i in 0..10 {
        alloy.write(&format!("file-{i}.txt"), "one");
    }
    alloy.write("config.alloy", &fifty(target.port, "same"));
    let (status, answer) = alloy.reload();
    assert_eq!(status, 200, "{answer}");
    // Each file is read once more after its component has started, which shows in its health.
    wait_for("every file to have settled", SOON, || {
        let list = http::ok(&alloy.url("/api/v0/web/components"))?;
        match list.matches("read file").count() {
            10 => Ok(()),
            n => Err(format!("{n} of 10")),
        }
    });
    alloy
}

/// `alloy_component_updates_total` by component id.
fn updates(alloy: &Alloy) -> Vec<(String, f64)> {
    let mut all = alloy.metrics("alloy_component_updates_total");
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// The list of components with their states, without times and messages: reading a file again
/// moves those.
fn components(alloy: &Alloy) -> Vec<serde_json::Value> {
    let list = http::ok(&alloy.url("/api/v0/web/components")).expect("components");
    let mut list: Vec<serde_json::Value> = serde_json::from_str(&list).expect("a JSON list");
    for component in &mut list {
        component["health"] = component["health"]["state"].take();
    }
    list
}

/// Names of the series that differ.
fn moved(before: &[(String, f64)], after: &[(String, f64)]) -> Vec<String> {
    after.iter().filter(|row| !before.contains(row)).map(|(series, _)| series.clone()).collect()
}

/// Start time of every scrape loop, from the debug information.
fn loop_starts(alloy: &Alloy) -> Vec<String> {
    (0..10)
        .map(|i| {
            let detail = alloy.component(&format!("prometheus.scrape.s{i}"));
            let debug = detail["debugInfo"].to_string();
            debug
                .split("start")
                .nth(1)
                .unwrap_or_else(|| panic!("no start time in {debug}"))
                .to_owned()
        })
        .map(|rest| rest.chars().take(80).collect())
        .collect()
}

#[test]
fn one_changed_line_updates_one_component() {
    let target = CountingTarget::start();
    let alloy = start_fifty(&target);
    wait_for("scrapes", SOON, || match target.served() {
        n if n > 20 => Ok(()),
        n => Err(n.to_string()),
    });
    let (before, starts) = (updates(&alloy), loop_starts(&alloy));
    assert_eq!(before.len(), 50, "one update counter a component: {before:?}");
    alloy.write("config.alloy", &fifty(target.port, "changed"));
    let (status, answer) = alloy.reload();
    assert_eq!(status, 200, "{answer}");
    let moved = moved(&before, &updates(&alloy));
    assert_eq!(moved.len(), 1, "{moved:?}");
    assert!(moved[0].contains("prometheus.relabel.m7"), "{moved:?}");
    assert_eq!(loop_starts(&alloy), starts);

    // A comment and a blank line are no change at all.
    let before = updates(&alloy);
    let text = fifty(target.port, "changed");
    alloy.write("config.alloy", &format!("// hello\n\n{text}"));
    assert_eq!(alloy.reload().0, 200);
    assert_eq!(updates(&alloy), before);
}

#[test]
fn a_rejected_revision_changes_nothing() {
    let target = CountingTarget::start();
    let alloy = start_fifty(&target);
    let good = fifty(target.port, "same");
    let before = updates(&alloy);
    let list = components(&alloy);
    for (bad, said) in [
        (format!("{good}\nlocal.file \"x\" {{\n"), "expected"),
        (
            good.replace("prometheus.echo.e3.receiver", "prometheus.echo.nope.receiver"),
            "prometheus.echo.nope.receiver",
        ),
        (format!("{good}\nlocal.fil \"x\" {{ }}\n"), "local.fil"),
        (format!("{good}\nloki.write \"x\" {{ }}\n"), "loki.write"),
        (
            format!(
                "{good}\ndiscovery.relabel \"a\" {{ targets = discovery.relabel.b.output }}\n\
                 discovery.relabel \"b\" {{ targets = discovery.relabel.a.output }}\n"
            ),
            "cycle",
        ),
        (
            good.replace("scrape_interval = \"1s\"", "scrape_interval = true"),
            "should be string, got bool",
        ),
        (good.replace("filename = \"file-2.txt\"", "filename = local.file.f1.nope"), "nope"),
    ] {
        alloy.write("config.alloy", &bad);
        let (status, answer) = alloy.reload();
        assert_eq!(status, 400, "accepted: {answer}");
        // A cycle has no single place; it names its members (spec/runtime.md §3.5).
        assert!(said == "cycle" || answer.contains("config.alloy:"), "no position: {answer}");
        assert!(answer.contains(said), "{said:?} is not in: {answer}");
        assert_eq!(updates(&alloy), before, "after {answer}");
        assert_eq!(alloy.metrics("alloy_config_last_load_successful")[0].1, 0.0);
    }
    assert!(components(&alloy) == list, "the list of components has changed");
    // Export changes still reach the configuration that runs.
    alloy.write("file-3.txt", "two");
    wait_for("the export to arrive", SOON, || match moved(&before, &updates(&alloy)) {
        all if all.iter().any(|s| s.contains("discovery.relabel.r3")) => Ok(()),
        all => Err(format!("{all:?}")),
    });
    alloy.write("config.alloy", &good);
    assert_eq!(alloy.reload().0, 200);
    assert_eq!(alloy.metrics("alloy_config_last_load_successful")[0].1, 1.0);
}

#[test]
fn a_failing_build_leaves_one_unhealthy_and_applies_the_rest() {
    let target = CountingTarget::start();
    let alloy = start_fifty(&target);
    alloy.write(
        "config.alloy",
        &format!(
            "{}\nlocal.file \"missing\" {{ filename = \"nowhere.txt\" }}\n",
            fifty(target.port, "changed")
        ),
    );
    let before = updates(&alloy);
    let (status, answer) = alloy.reload();
    assert_eq!(status, 400, "{answer}");
    assert!(answer.contains("local.file.missing") || answer.contains("nowhere.txt"), "{answer}");
    assert_eq!(alloy.health("local.file.missing"), "unhealthy");
    let moved = moved(&before, &updates(&alloy));
    assert!(moved.iter().any(|s| s.contains("prometheus.relabel.m7")), "{moved:?}");
    assert!(
        moved
            .iter()
            .all(|s| s.contains("prometheus.relabel.m7") || s.contains("local.file.missing")),
        "{moved:?}"
    );
    alloy.write("nowhere.txt", "now it is there");
    assert_eq!(alloy.reload().0, 200, "{}", alloy.log());
    assert_eq!(alloy.health("local.file.missing"), "healthy");
}

#[test]
fn content_of_a_file_reaches_its_readers_only_and_survives_deletion() {
    let target = CountingTarget::start();
    let alloy = start_fifty(&target);
    let content = || alloy.component("discovery.relabel.r4")["exports"].to_string();
    let before = updates(&alloy);
    for i in 0..1_000 {
        std::fs::write(alloy.dir.path().join("file-4.txt"), format!("value-{i:04}"))
            .expect("write a watched file");
    }
    wait_for("the last value", SOON, || match content() {
        text if text.contains("value-0999") => Ok(()),
        text => Err(text),
    });
    for series in moved(&before, &updates(&alloy)) {
        assert!(
            series.contains("discovery.relabel.r4") || series.contains("prometheus.scrape.s4"),
            "{series} was updated by a file it does not read"
        );
    }
    std::fs::remove_file(alloy.dir.path().join("file-4.txt")).expect("remove a watched file");
    wait_for("local.file to notice", SOON, || match alloy.health("local.file.f4").as_str() {
        "unhealthy" => Ok(()),
        other => Err(other.to_owned()),
    });
    assert!(content().contains("value-0999"));
    assert_eq!(alloy.health("discovery.relabel.r4"), "healthy");
}

#[test]
fn sighup_reloads_and_a_bad_file_is_reported_in_the_log() {
    let target = CountingTarget::start();
    let mut alloy = start_fifty(&target);
    alloy.write("config.alloy", &fifty(target.port, "changed"));
    let before = updates(&alloy);
    alloy.process().signal(Signal::HUP);
    wait_for("the reload", SOON, || match moved(&before, &updates(&alloy)) {
        all if all.len() == 1 => Ok(()),
        all => Err(format!("{all:?}")),
    });
    alloy.write("config.alloy", "local.file {");
    alloy.process().signal(Signal::HUP);
    wait_for("the report", SOON, || match alloy.log() {
        log if log.contains("failed to reload config") => Ok(()),
        log => Err(log),
    });
    assert_eq!(http::get(&alloy.url("/-/ready")).expect("ready").0, 200);
}

#[test]
fn a_slow_build_delays_nobody_else() {
    let target = CountingTarget::start();
    let mut alloy = start_fifty(&target);
    // Opening a pipe for reading waits for a writer, so the build waits as long as the test wants.
    let pipe = alloy.dir.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg("--mode=666").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    let slow = "local.file \"slow\" { filename = \"pipe\" }\n\
                discovery.relabel \"dependant\" {\n  \
                targets = [{\"__address__\" = local.file.slow.content}]\n}\n";
    alloy.write("config.alloy", &format!("{}\n{slow}", fifty(target.port, "same")));
    let before = updates(&alloy);
    alloy.process().signal(Signal::HUP);
    wait_for("the slow component to be there", SOON, || {
        match http::get(&alloy.url("/api/v0/web/components/local.file.slow"))? {
            (200, _) => Ok(()),
            (status, _) => Err(status.to_string()),
        }
    });
    assert_eq!(http::get(&alloy.url("/-/ready")).expect("ready").0, 200);
    alloy.write("file-3.txt", "two");
    wait_for("the update of another component", SOON, || match moved(&before, &updates(&alloy)) {
        all if all.iter().any(|s| s.contains("discovery.relabel.r3")) => Ok(()),
        all => Err(format!("{all:?}")),
    });
    // A further reload is applied while the build still waits.
    alloy.write("config.alloy", &format!("{}\n{slow}", fifty(target.port, "changed")));
    alloy.process().signal(Signal::HUP);
    wait_for("the second reload", SOON, || match moved(&before, &updates(&alloy)) {
        all if all.iter().any(|s| s.contains("prometheus.relabel.m7")) => Ok(()),
        all => Err(format!("{all:?}")),
    });
    assert_eq!(alloy.health("local.file.slow"), "unknown");
    std::fs::write(&pipe, "late:80").expect("write to the pipe");
    wait_for("the slow component", SOON, || match alloy.health("local.file.slow").as_str() {
        "healthy" => Ok(()),
        other => Err(other.to_owned()),
    });
    let exported = alloy.component("discovery.relabel.dependant")["exports"].to_string();
    assert!(exported.contains("late:80"), "{exported}");
}
