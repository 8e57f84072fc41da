//! A thousand reloads in a row beside a live pipeline that none of them touches.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::support::alloy::Alloy;
use crate::support::sink::Sink;
use crate::support::target::CountingTarget;
use crate::support::{SOON, wait_for};

const RELOADS: u32 = 1_000;

/// What no reload touches: a plain pipeline, one in a declared component, one per element of a
/// `foreach`. Each scrapes a target of its own.
const LOOPS: [(&str, &str); 4] = [
    ("plain", "prometheus.scrape.plain"),
    ("declared", "watch.stays/prometheus.scrape.all"),
    ("first", "foreach.pods/foreach_first_1/prometheus.scrape.each"),
    ("second", "foreach.pods/foreach_second_1/prometheus.scrape.each"),
];

/// The configuration of one round. Around the live pipelines each round edits a block, and adds,
/// removes or edits blocks, a declared component with its users, and an element of the `foreach`.
fn text(round: u32, targets: &[CountingTarget], visitor: &CountingTarget, sink: &Sink) -> String {
    let [plain, declared, first, second] = targets else { panic!("one target a loop") };
    let mut elements = vec![("first", first.port), ("second", second.port)];
    if round % 3 == 1 {
        elements.insert((round % 2) as usize, ("visitor", visitor.port));
    }
    let elements: Vec<String> = elements
        .iter()
        .map(|(name, port)| format!("{{name = \"{name}\", address = \"127.0.0.1:{port}\"}}"))
        .collect();
    let mut text = format!(
        r#"
prometheus.scrape "plain" {{
  targets         = [{{"__address__" = "127.0.0.1:{plain}"}}]
  forward_to      = [prometheus.relabel.pass.receiver]
  job_name        = "plain"
  scrape_interval = "500ms"
  scrape_timeout  = "500ms"
}}

prometheus.relabel "pass" {{
  forward_to = [prometheus.remote_write.out.receiver]
  rule {{
    target_label = "passed"
    replacement  = "yes"
  }}
}}

prometheus.remote_write "out" {{
  endpoint {{
    url = "{url}"
  }}
}}

declare "watch" {{
  argument "address" {{ }}
  argument "forward_to" {{ }}

  prometheus.scrape "all" {{
    targets         = [{{"__address__" = argument.address.value}}]
    forward_to      = argument.forward_to.value
    job_name        = "declared"
    scrape_interval = "500ms"
    scrape_timeout  = "500ms"
  }}
}}

watch "stays" {{
  address    = "127.0.0.1:{declared}"
  forward_to = [prometheus.remote_write.out.receiver]
}}

foreach "pods" {{
  collection     = [{elements}]
  var            = "pod"
  id             = "name"
  enable_metrics = true
  template {{
    prometheus.scrape "each" {{
      targets         = [{{"__address__" = pod.address}}]
      forward_to      = [prometheus.remote_write.out.receiver]
      job_name        = pod.name
      scrape_interval = "500ms"
      scrape_timeout  = "500ms"
    }}
  }}
}}

discovery.relabel "edited" {{
  targets = [{{"__address__" = "round-{round}:80"}}]
}}
"#,
        plain = plain.port,
        url = sink.write_url(),
        declared = declared.port,
        elements = elements.join(", "),
    );
    let churn: Vec<String> =
        (0..round % 4).map(|at| format!("\"{}:80\"", round % 5 + at)).collect();
    write!(
        text,
        r#"
foreach "churn" {{
  collection = [{}]
  var        = "address"
  template {{
    discovery.relabel "block{}" {{
      targets = [{{"__address__" = address}}]
    }}
  }}
}}
"#,
        churn.join(", "),
        round % 3,
    )
    .expect("write to a string");
    for at in 0..round % 4 {
        write!(text, "\ndiscovery.relabel \"extra{at}\" {{\n  targets = []\n}}\n")
            .expect("write to a string");
    }
    if !round.is_multiple_of(5) {
        write!(
            text,
            r#"
declare "label" {{
  argument "targets" {{ }}

  discovery.relabel "inner" {{
    targets = argument.targets.value
    rule {{
      target_label = "version"
      replacement  = "{version}"
    }}
  }}

  export "output" {{
    value = discovery.relabel.inner.output
  }}
}}

label "user{user}" {{
  targets = discovery.relabel.edited.output
}}
"#,
            version = round % 7,
            user = round % 2,
        )
        .expect("write to a string");
    }
    text
}

/// Start times of the live loops, from the debug information.
fn starts(alloy: &Alloy) -> Vec<String> {
    let start = |(_, id): &(&str, &str)| {
        let debug = alloy.component(id)["debugInfo"].to_string();
        let (_, rest) =
            debug.split_once("start").unwrap_or_else(|| panic!("{id} has no start in {debug}"));
        rest.chars().take(80).collect()
    };
    LOOPS.iter().map(start).collect()
}

/// Updates of the components of the live pipelines.
fn updates(alloy: &Alloy) -> BTreeMap<String, f64> {
    let is_live = |series: &str| {
        ["scrape.plain", "relabel.pass", "remote_write.out", "scrape.all"]
            .iter()
            .any(|id| series.contains(id))
            || series.contains("scrape.each") && !series.contains("visitor")
    };
    let all = alloy.metrics("alloy_component_updates_total").into_iter();
    all.filter(|(series, _)| is_live(series)).collect()
}

#[test]
fn a_thousand_reloads_lose_nothing_and_restart_nothing() {
    let sink = Sink::start();
    let targets: Vec<CountingTarget> = LOOPS.iter().map(|_| CountingTarget::start()).collect();
    let visitor = CountingTarget::start();
    let args = ["--stability.level=experimental"];
    let alloy = Alloy::start_with(&text(0, &targets, &visitor, &sink), &args, &[]);
    for target in &targets {
        wait_for("the first scrapes", SOON, || match target.served() {
            0 => Err("none yet".to_owned()),
            _ => Ok(()),
        });
    }
    let served = || -> Vec<u64> { targets.iter().map(CountingTarget::served).collect() };
    let (starts_before, updates_before) = (starts(&alloy), updates(&alloy));
    let served_before = served();
    assert_eq!(updates_before.len(), 6, "{updates_before:?}");
    for round in 1..=RELOADS {
        alloy.write("config.alloy", &text(round, &targets, &visitor, &sink));
        let (status, answer) = alloy.reload();
        assert_eq!(status, 200, "round {round}: {answer}");
    }
    assert_eq!(starts(&alloy), starts_before, "a scrape loop was restarted");
    assert_eq!(updates(&alloy), updates_before, "a component was updated");
    // The series of the live pipelines are held, for the process and for the remote.
    for (name, label) in [
        ("alloy_labelstore_global_ids_count", ""),
        ("alloy_labelstore_remote_store_ids_count", "remote_name=\"prometheus.remote_write.out\""),
    ] {
        let held = alloy.metrics(name);
        assert!(
            matches!(&held[..], [(series, held)] if series.contains(label) && *held >= 4.0),
            "{held:?}"
        );
    }
    for (before, after) in served_before.iter().zip(served()) {
        assert!(after >= before + 3, "no scrapes beside the reloads: {before} to {after}");
    }

    for (target, (job, _)) in targets.iter().zip(LOOPS) {
        target.stop();
        let last = target.served();
        let parts = ["__name__=\"test_scrapes_total\"", &format!("job={job:?}")];
        wait_for("every sample", SOON, || {
            let values = sink.values(&parts);
            let missing: Vec<_> = (1..=last).filter(|n| !values.contains_key(n)).collect();
            if missing.is_empty() {
                assert!(values.values().all(|times| *times == 1), "{job}: {values:?}");
                return Ok(());
            }
            Err(format!("{job}: missing of {last}: {missing:?}"))
        });
    }
    let (repeated, all) = sink.repeated();
    assert!(repeated.is_empty(), "of {all} samples: {repeated:?}");
}
