//! Host metrics into a real Prometheus: delivery, staleness, outages, crashes.

use std::collections::BTreeMap;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::alloy::Alloy;
use crate::support::peers::{NodeExporter, Prometheus};
use crate::support::target::CountingTarget;
use crate::support::{SOON, wait_for};

/// Scrapes `port` every second into `prometheus`.
fn counting_pipeline(port: u16, prometheus: &Prometheus) -> String {
    format!(
        r#"
prometheus.scrape "counting" {{
  targets         = [{{"__address__" = "127.0.0.1:{port}"}}]
  forward_to      = [prometheus.remote_write.out.receiver]
  job_name        = "counting"
  scrape_interval = "1s"
  scrape_timeout  = "900ms"
}}

prometheus.remote_write "out" {{
  endpoint {{
    url = "{url}"
    queue_config {{
      max_backoff = "1s"
    }}
  }}
}}
"#,
        url = prometheus.write_url()
    )
}

/// Numbers of the samples of the counting target that Prometheus holds, with how often each is there.
fn received(prometheus: &Prometheus) -> Result<BTreeMap<u64, u32>, String> {
    let mut numbers = BTreeMap::new();
    for series in prometheus.query("test_scrapes_total[1h]")? {
        for (_, value) in series.points {
            *numbers.entry(value as u64).or_default() += 1;
        }
    }
    Ok(numbers)
}

/// Waits until Prometheus holds every number of `1..=last` exactly once.
fn wait_complete(prometheus: &Prometheus, last: u64) {
    wait_for("every sample to arrive once", SOON, || {
        let numbers = received(prometheus)?;
        let missing: Vec<_> = (1..=last).filter(|n| !numbers.contains_key(n)).collect();
        let repeated: Vec<_> = numbers.iter().filter(|(_, times)| **times != 1).collect();
        if missing.is_empty() && repeated.is_empty() {
            Ok(())
        } else {
            Err(format!("of {last}: missing {missing:?}, repeated {repeated:?}"))
        }
    });
}

fn wait_served(target: &CountingTarget, at_least: u64) -> u64 {
    wait_for("scrapes to go on", SOON, || match target.served() {
        n if n >= at_least => Ok(n),
        n => Err(format!("{n} of {at_least}")),
    })
}

/// Ends the target, takes the number of its last answer and waits for all of them.
fn finish(target: &CountingTarget, prometheus: &Prometheus) {
    target.stop();
    wait_complete(prometheus, target.served());
    let counted = prometheus.value("count_over_time(test_scrapes_total[1h])").expect("one series");
    assert_eq!(counted as u64, target.served());
}

#[test]
fn host_metrics_reach_prometheus_from_the_network_and_from_memory() {
    let prometheus = Prometheus::start();
    let mut exporter = NodeExporter::start(&[]);
    let alloy = Alloy::start(&format!(
        r#"
prometheus.exporter.unix "host" {{ }}

prometheus.scrape "memory" {{
  targets         = prometheus.exporter.unix.host.targets
  forward_to      = [prometheus.remote_write.out.receiver]
  job_name        = "memory"
  scrape_interval = "1s"
  scrape_timeout  = "900ms"
}}

prometheus.scrape "network" {{
  targets         = [{{"__address__" = "127.0.0.1:{port}"}}]
  forward_to      = [prometheus.relabel.mark.receiver]
  job_name        = "network"
  scrape_interval = "1s"
  scrape_timeout  = "900ms"
}}

prometheus.relabel "mark" {{
  forward_to = [prometheus.remote_write.out.receiver]
  rule {{
    target_label = "marked"
    replacement  = "yes"
  }}
}}

prometheus.remote_write "out" {{
  endpoint {{
    url = "{url}"
  }}
}}
"#,
        port = exporter.port,
        url = prometheus.write_url()
    ));
    let network = r#"node_load1{job="network", marked="yes"}"#;
    for expr in [
        network,
        r#"node_time_seconds{job=~".*unix.*|memory"}"#,
        r#"up{job="network"} == 1"#,
        r#"up{job!="network"} == 1"#,
    ] {
        wait_for(expr, SOON, || prometheus.value(expr));
    }
    let time = r#"node_time_seconds{job!="network"}"#;
    let first = prometheus.value(time).expect("a value was there");
    wait_for("values to advance", SOON, || match prometheus.value(time)? {
        now if now > first => Ok(()),
        now => Err(now.to_string()),
    });

    exporter.stop();
    wait_for("up to fall", SOON, || prometheus.value(r#"up{job="network"} == 0"#));
    wait_for("the staleness marker", SOON, || match prometheus.query(network)?.len() {
        0 => Ok(()),
        n => Err(format!("{n} series are still there")),
    });
    assert_eq!(alloy.health("prometheus.scrape.network"), "healthy", "\n{}", alloy.log());
}

#[test]
fn a_prometheus_that_pushes_is_received_and_passed_on() {
    let backend = Prometheus::start();
    let target = CountingTarget::start();
    let port = crate::support::free_port();
    let alloy = Alloy::start(&format!(
        r#"
prometheus.receive_http "push" {{
  forward_to = [prometheus.remote_write.out.receiver]
  http {{
    listen_address = "127.0.0.1"
    listen_port    = {port}
  }}
}}

prometheus.remote_write "out" {{
  external_labels = {{"via" = "alloy"}}
  endpoint {{
    url = "{url}"
  }}
}}
"#,
        url = backend.write_url()
    ));
    let sender = Prometheus::start_with(&format!(
        "scrape_configs:\n- job_name: counting\n  scrape_interval: 1s\n  scrape_timeout: 900ms\n  \
         static_configs: [{{targets: ['127.0.0.1:{}']}}]\nremote_write:\n- url: \
         http://127.0.0.1:{port}/api/v1/metrics/write\n",
        target.port
    ));
    wait_for("the pushed series", SOON, || {
        backend.value(r#"test_scrapes_total{job="counting", via="alloy"}"#)
    });
    wait_served(&target, 8);
    target.stop();
    wait_for("every pushed sample", SOON, || {
        let (sent, got) = (received(&sender)?, received(&backend)?);
        if got.is_empty() || sent != got { Err(format!("{sent:?} and {got:?}")) } else { Ok(()) }
    });
    assert_eq!(alloy.health("prometheus.receive_http.push"), "healthy");
}

#[test]
fn an_outage_of_a_minute_loses_nothing() {
    let mut prometheus = Prometheus::start();
    let target = CountingTarget::start();
    let _alloy = Alloy::start(&counting_pipeline(target.port, &prometheus));
    let before = wait_served(&target, 3);
    prometheus.stop();
    wait_served(&target, before + 61);
    prometheus.restart();
    wait_served(&target, before + 64);
    finish(&target, &prometheus);
}

#[test]
fn a_kill_while_the_backend_is_down_keeps_what_reached_the_log() {
    let mut prometheus = Prometheus::start();
    let target = CountingTarget::start();
    let mut alloy = Alloy::start(&counting_pipeline(target.port, &prometheus));
    let before = wait_served(&target, 3);
    prometheus.stop();
    let logged = wait_served(&target, before + 5);
    // The next scrape has begun, so the one before it reached the log at least half a second ago.
    wait_served(&target, logged + 1);
    alloy.kill();
    let killed = target.served();
    prometheus.restart();
    alloy.launch();
    alloy.wait_ready();
    wait_served(&target, killed + 3);
    target.stop();
    let last = target.served();
    wait_for("all logged and all later samples", SOON, || {
        let numbers = received(&prometheus)?;
        let missing: Vec<_> = (1..=last)
            .filter(|n| (*n <= logged || *n > killed) && !numbers.contains_key(n))
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("missing {missing:?} of {last}")) }
    });
    assert!(received(&prometheus).expect("query").values().all(|&times| times == 1));
}

#[test]
fn a_kill_while_the_backend_is_up_loses_nothing_to_a_refused_overlap() {
    let prometheus = Prometheus::start();
    let target = CountingTarget::start();
    let mut alloy = Alloy::start(&counting_pipeline(target.port, &prometheus));
    let mut lost_at_most = Vec::new();
    for _ in 0..3 {
        let logged = wait_served(&target, target.served() + 4);
        wait_served(&target, logged + 1);
        alloy.kill();
        lost_at_most.push(target.served());
        alloy.launch();
        alloy.wait_ready();
    }
    wait_served(&target, target.served() + 4);
    target.stop();
    let last = target.served();
    wait_for("all logged and all later samples", SOON, || {
        let numbers = received(&prometheus)?;
        let missing: Vec<_> =
            (1..=last).filter(|n| !lost_at_most.contains(n) && !numbers.contains_key(n)).collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("missing {missing:?} of {last}")) }
    });
}

#[test]
fn sigterm_does_not_wait_for_a_dead_backend_and_the_log_holds_the_rest() {
    let mut prometheus = Prometheus::start();
    let target = CountingTarget::start();
    let mut alloy = Alloy::start(&counting_pipeline(target.port, &prometheus));
    let before = wait_served(&target, 2);
    prometheus.stop();
    wait_served(&target, before + 3);
    alloy.process().signal(Signal::TERM);
    // The flush deadline of a backend that is gone would be a minute.
    let limit = Duration::from_secs(30);
    assert_eq!(alloy.process().wait(limit), Some(0), "\n{}", alloy.log());
    prometheus.restart();
    alloy.launch();
    alloy.wait_ready();
    finish(&target, &prometheus);
}

#[test]
fn secrets_stay_out_of_logs_answers_and_metrics() {
    const PASSWORD: &str = "canary-password-5f1c";
    const TOKEN: &str = "canary-token-77aa";
    let target = CountingTarget::start();
    let config = format!(
        r#"
logging {{
  level = "debug"
}}

local.file "secret" {{
  filename  = "secret.txt"
  is_secret = true
}}

prometheus.scrape "counting" {{
  targets         = [{{"__address__" = "127.0.0.1:{port}"}}]
  forward_to      = [prometheus.remote_write.basic.receiver, prometheus.remote_write.bearer.receiver]
  scrape_interval = "1s"
  scrape_timeout  = "900ms"
  bearer_token    = "{TOKEN}"
}}

prometheus.remote_write "basic" {{
  endpoint {{
    url = "http://127.0.0.1:9/api/v1/write"
    basic_auth {{
      username = "u"
      password = local.file.secret.content
    }}
  }}
}}

prometheus.remote_write "bearer" {{
  endpoint {{
    url          = "http://127.0.0.1:9/api/v1/write"
    bearer_token = "{TOKEN}"
  }}
}}
"#,
        port = target.port
    );
    // The file must exist before the first load.
    let mut alloy = Alloy::start("");
    alloy.write("secret.txt", PASSWORD);
    alloy.write("config.alloy", &config);
    let (status, answer) = alloy.reload();
    assert_eq!(status, 200, "{answer}");
    wait_served(&target, 3);
    // A rejected revision whose text holds the secret must not show it either.
    alloy.write("config.alloy", &format!("{config}\nlogging {{ level = \"{TOKEN}\" }}\n"));
    let (status, answer) = alloy.reload();
    assert_eq!(status, 400);

    let mut seen = vec![("reload answer".to_owned(), answer), ("log".to_owned(), alloy.log())];
    let list = crate::support::http::ok(&alloy.url("/api/v0/web/components")).expect("components");
    let ids: Vec<serde_json::Value> = serde_json::from_str(&list).expect("a JSON list");
    for id in ids.iter().filter_map(|c| c["localID"].as_str()) {
        seen.push((format!("detail of {id}"), alloy.component(id).to_string()));
    }
    seen.push(("components".to_owned(), list));
    for path in ["/metrics", "/"] {
        seen.push((path.to_owned(), crate::support::http::ok(&alloy.url(path)).expect(path)));
    }
    alloy.process().signal(Signal::TERM);
    alloy.process().wait(SOON);
    seen.push(("log after the stop".to_owned(), alloy.log()));
    for (place, text) in seen {
        // The duplicate block's position and message may be shown, its attribute values may not.
        assert!(!text.contains(PASSWORD), "the password is in: {place}\n{text}");
        assert!(!text.contains(TOKEN), "the token is in: {place}\n{text}");
    }
}
