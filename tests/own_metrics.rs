//! Metrics of controller, services and process: the table of spec/runtime.md §16, and what is ours.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::alloy::Alloy;
use crate::support::collector::Collector;
use crate::support::{SOON, http, wait_for};

/// Labels of a controller.
const CONTROLLER: &[&str] = &["controller_id", "controller_path"];
/// Labels of a component.
const COMPONENT: &[&str] = &["component_id", "component_path"];
/// Labels of what is a component or an import.
const COMPONENT_OR_IMPORT: &[&str] =
    &["component_id", "component_path", "config_id", "config_path"];
const NONE: &[&str] = &[];

/// Name, type, labels.
///
/// Of the specification it lacks what a process has only in another mode (`cluster_*` with
/// clustering, `alloy_fanout_mapping_store_*` with direct fan-out, which this version refuses), what
/// appears with an evaluation of a minute (`alloy_component_evaluation_slow_seconds`) and what only a
/// Go program has (`go_*`).
const TABLE: &[(&str, &str, &[&str])] = &[
    (
        "alloy_build_info",
        "gauge",
        &["branch", "goarch", "goos", "goversion", "revision", "tags", "version"],
    ),
    ("alloy_component_controller_evaluating", "gauge", CONTROLLER),
    (
        "alloy_component_controller_plan_actions_total",
        "counter",
        &["action", "controller_id", "controller_path"],
    ),
    ("alloy_component_controller_query_executions_total", "counter", CONTROLLER),
    ("alloy_component_controller_revision", "gauge", CONTROLLER),
    (
        "alloy_component_controller_running_components",
        "gauge",
        &["controller_id", "controller_path", "health_type"],
    ),
    ("alloy_component_dependencies_wait_seconds", "histogram", CONTROLLER),
    ("alloy_component_evaluation_cutoffs_total", "counter", CONTROLLER),
    ("alloy_component_evaluation_queue_size", "gauge", CONTROLLER),
    ("alloy_component_evaluation_seconds", "histogram", CONTROLLER),
    ("alloy_component_evaluation_trace_dropped_total", "counter", CONTROLLER),
    (
        "alloy_component_graph_connection",
        "gauge",
        &["controller_id", "controller_path", "from", "to"],
    ),
    ("alloy_component_updates_total", "counter", COMPONENT_OR_IMPORT),
    ("alloy_config_hash", "gauge", &["cluster_name", "sha256"]),
    ("alloy_config_last_load_success_timestamp_seconds", "gauge", NONE),
    ("alloy_config_last_load_successful", "gauge", NONE),
    ("alloy_config_load_failures_total", "counter", NONE),
    ("alloy_labelstore_global_ids_count", "gauge", NONE),
    ("alloy_labelstore_last_stale_check_timestamp", "gauge", NONE),
    ("alloy_labelstore_remote_store_ids_count", "gauge", &["remote_name"]),
    ("alloy_resources_machine_rx_bytes_total", "counter", NONE),
    ("alloy_resources_machine_tx_bytes_total", "counter", NONE),
    ("alloy_resources_process_cpu_seconds_total", "counter", NONE),
    ("alloy_resources_process_resident_memory_bytes", "gauge", NONE),
    ("alloy_resources_process_start_time_seconds", "gauge", NONE),
    ("alloy_resources_process_virtual_memory_bytes", "gauge", NONE),
    ("alloy_tracing_dropped_spans_total", "counter", &["reason", "receiver"]),
    ("process_cpu_seconds_total", "counter", NONE),
    ("process_max_fds", "gauge", NONE),
    ("process_network_receive_bytes_total", "counter", NONE),
    ("process_network_transmit_bytes_total", "counter", NONE),
    ("process_open_fds", "gauge", NONE),
    ("process_resident_memory_bytes", "gauge", NONE),
    ("process_start_time_seconds", "gauge", NONE),
    ("process_virtual_memory_bytes", "gauge", NONE),
    ("process_virtual_memory_max_bytes", "gauge", NONE),
    ("prometheus_fanout_latency", "histogram", COMPONENT),
    ("prometheus_forwarded_samples_total", "counter", COMPONENT),
    ("promhttp_metric_handler_requests_in_flight", "gauge", NONE),
    ("promhttp_metric_handler_requests_total", "counter", &["code"]),
    ("remotecfg_hash", "gauge", &["hash"]),
    ("remotecfg_last_load_not_modified", "gauge", NONE),
    ("remotecfg_last_load_success_timestamp_seconds", "gauge", NONE),
    ("remotecfg_last_load_successful", "gauge", NONE),
    ("remotecfg_load_attempts_total", "counter", NONE),
    ("remotecfg_load_failures_total", "counter", NONE),
    ("remotecfg_request_duration_seconds", "histogram", NONE),
];

/// Families of components; they have tests of their own.
const OF_COMPONENTS: &[&str] = &[
    "alloy_prometheus_relabel_",
    "local_file_",
    "prometheus_remote_",
    "prometheus_scrape_",
    "prometheus_sd_",
    "prometheus_target_",
];

const CONFIG: &str = r#"
livedebugging {
  enabled = true
}

declare "reader" {
  argument "path" { }

  local.file "inner" {
    filename = argument.path.value
  }

  export "content" {
    value = local.file.inner.content
  }
}

reader "one" {
  path = "config.alloy"
}

foreach "numbers" {
  collection     = [1, 2]
  var            = "number"
  enable_metrics = true

  template {
    local.file "each" {
      filename = "config.alloy"
    }
  }
}

import.string "lib" {
  content = "declare \"empty\" { }"
}

lib.empty "one" { }

local.file "name" {
  filename       = "value.txt"
  detector       = "poll"
  poll_frequency = "50ms"
}

prometheus.exporter.self "own" { }

discovery.relabel "named" {
  targets = prometheus.exporter.self.own.targets

  rule {
    target_label = "value"
    replacement  = local.file.name.content
  }
}

prometheus.scrape "own" {
  targets         = discovery.relabel.named.output
  forward_to      = [prometheus.relabel.all.receiver]
  scrape_interval = "1s"
  scrape_timeout  = "900ms"
}

prometheus.relabel "all" {
  forward_to = [prometheus.remote_write.nowhere.receiver]
}

prometheus.remote_write "nowhere" {
  endpoint {
    url = "http://127.0.0.1:1/write"
  }
}
"#;

/// Type and labels by name, of all families that are not those of components.
fn families(body: &str) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let mut families = BTreeMap::<String, (String, BTreeSet<String>)>::new();
    for line in body.lines() {
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|l| l.split_once(' ')) {
            families.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
        }
        let Some((series, rest)) = line.split_once('{').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|part| series.strip_suffix(part));
        let name = if families.contains_key(series) { series } else { base.unwrap_or(series) };
        let Some((_, labels)) = families.get_mut(name) else { continue };
        // What stands in quotes is no name: names follow `{` or a quote and a comma.
        let mut rest = rest;
        while let Some((label, value)) = rest.split_once("=\"") {
            let label = label.trim_start_matches(',');
            if label != "le" {
                labels.insert(label.to_owned());
            }
            let end = value.match_indices('"').find(|(at, _)| !value[..*at].ends_with('\\'));
            rest = end.map_or("", |(at, _)| &value[at + 1..]);
        }
    }
    families.retain(|name, _| !OF_COMPONENTS.iter().any(|prefix| name.starts_with(prefix)));
    families
}

fn table() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let labels = |labels: &[&str]| labels.iter().map(|&label| label.to_owned()).collect();
    let row = |(name, kind, of): &(&str, &str, &[&str])| {
        ((*name).to_owned(), ((*kind).to_owned(), labels(of)))
    };
    TABLE.iter().map(row).collect()
}

#[test]
fn the_process_has_the_metrics_of_the_table_and_no_others() {
    let server = Collector::start("local.file \"far\" {\n  filename = \"config.alloy\"\n}\n");
    let remote = format!("\nremotecfg {{\n  url = \"{}\"\n}}\n", server.url());
    let mut alloy = Alloy::start_with("", &["--stability.level=experimental"], &[]);
    alloy.write("value.txt", "1");
    alloy.write("config.alloy", &format!("{CONFIG}{remote}"));
    let (status, answer) = alloy.reload();
    assert_eq!(status, 200, "{answer}");
    // One change that goes through the graph, so that each kind of evaluation has happened.
    alloy.write("value.txt", "2");
    let url = alloy.url("/metrics");
    let expected = table();
    wait_for("all metrics of the table", SOON, || {
        let found = families(&http::ok(&url).expect("own metrics"));
        if found == expected {
            return Ok(());
        }
        let lacks: Vec<_> = expected.iter().filter(|row| found.get(row.0) != Some(row.1)).collect();
        let more: Vec<_> = found.iter().filter(|row| expected.get(row.0) != Some(row.1)).collect();
        Err(format!("lacks {lacks:#?}\nhas {more:#?}"))
    });
    assert!(alloy.process().is_running());
}
