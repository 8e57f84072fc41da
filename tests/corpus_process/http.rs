//! The web API and own metrics against recorded answers (`corpus/http`).

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;

use alloy_corpus::Report;
use serde_json::{Value, json};

use crate::collector::Collector;
use crate::process::{Guard, get, wait};
use crate::rules;

const LATER: &str = "needs a block or component that comes later";

/// Blocks of this version, for configurations that name hundreds of others.
const BUILT: &[&str] = &[
    "local.file",
    "discovery.file",
    "discovery.relabel",
    "prometheus.echo",
    "prometheus.exporter.self",
    "prometheus.exporter.unix",
    "prometheus.receive_http",
    "prometheus.relabel",
    "prometheus.remote_write",
    "prometheus.scrape",
    "logging",
    "remotecfg",
];

/// True if every top-level block of a configuration can run.
fn runs(config: &str) -> bool {
    let top_level = config.lines().filter(|line| line.starts_with(|c: char| c.is_alphabetic()));
    let mut names = top_level.map(|line| line.split([' ', '"', '{']).next().unwrap_or_default());
    names.all(|name| BUILT.contains(&name)) && !rules::needs_later_block(config)
}

/// Where we differ on purpose: part of a case's name, and why.
const DIFFERENCES: &[(&str, &str)] = &[
    ("discovery.relabel.r", "a regular expression equal to its default is left out"),
    ("prometheus.relabel", "a regular expression equal to its default is left out"),
    ("prometheus.receive_http", "defaults that the reference fills in late are left out"),
    ("prometheus.scrape", "defaults that the reference fills in late are left out"),
    ("prometheus.echo", "a receiver shows its origin, as those of other components do"),
    ("prometheus_remote_storage_exemplars_in_total", "counted by component"),
    ("prometheus_remote_storage_histograms_in_total", "counted by component"),
];

/// Runs a case that may be a known difference under this name.
fn case(
    report: &mut Report,
    name: &str,
    subject: &str,
    check: impl FnOnce() -> Result<(), String>,
) {
    let known =
        |(part, _): &&(&str, &str)| subject == *part || subject.starts_with(&format!("{part}."));
    match DIFFERENCES.iter().find(known) {
        Some((_, reason)) => report.known_difference(name, reason, check),
        None => report.case(name, check),
    }
}

/// A process that runs a configuration of the corpus.
struct Running {
    dir: tempfile::TempDir,
    ports: BTreeMap<&'static str, u16>,
    _remote: Option<Collector>,
    _child: Guard,
}

impl Running {
    fn start(config: &str, files: &Value, flags: &str) -> Result<Self, String> {
        Self::start_with(config, None, files, flags)
    }

    /// Starts it with a configuration that a server gives, and waits until that runs.
    fn start_with(
        config: &str,
        remote_config: Option<&str>,
        files: &Value,
        flags: &str,
    ) -> Result<Self, String> {
        let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
        let mut ports = BTreeMap::new();
        let mut held = Vec::new();
        for mask in ["@HTTP@", "@P1@", "@P2@"] {
            let listener =
                TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|e| e.to_string())?;
            ports.insert(mask, listener.local_addr().map_err(|e| e.to_string())?.port());
            held.push(listener);
        }
        drop(held);
        let remote = remote_config
            .map(|text| Collector::start(&text.replace("@DIR@", &dir.path().to_string_lossy())));
        ports.extend(remote.as_ref().map(|server| ("@WEB@", server.port)));
        for (name, text) in files.as_object().into_iter().flatten() {
            std::fs::write(dir.path().join(name), text.as_str().unwrap_or_default())
                .map_err(|e| e.to_string())?;
        }
        // Configurations of single components expect this one without listing it.
        let file = dir.path().join("f.txt");
        if !file.exists() {
            std::fs::write(file, "core").map_err(|e| e.to_string())?;
        }
        let mut text = config.replace("@DIR@", &dir.path().to_string_lossy());
        for (mask, port) in &ports {
            text = text.replace(mask, &port.to_string());
        }
        std::fs::write(dir.path().join("config.alloy"), text).map_err(|e| e.to_string())?;
        let log = std::fs::File::create(dir.path().join("log")).map_err(|e| e.to_string())?;
        let child = Command::new(env!("CARGO_BIN_EXE_alloy"))
            .args(["run", "config.alloy", "--storage.path=data"])
            .args(["--stability.level=experimental", "--feature.community-components.enabled"])
            .arg(format!("--server.http.listen-addr=127.0.0.1:{}", ports["@HTTP@"]))
            .args(flags.split_whitespace())
            .current_dir(dir.path())
            .stdout(log.try_clone().map_err(|e| e.to_string())?)
            .stderr(log)
            .spawn()
            .map_err(|e| e.to_string())?;
        let mut child = Guard(child);
        let ready = format!("http://127.0.0.1:{}/-/ready", ports["@HTTP@"]);
        let started = wait("ready", &mut child, || get("GET", &ready).is_ok_and(|a| a.0 == 200));
        started.map_err(|error| {
            let log = std::fs::read_to_string(dir.path().join("log")).unwrap_or_default();
            format!("{error}\n{log}")
        })?;
        let list = format!("http://127.0.0.1:{}/api/v0/web/remotecfg/components", ports["@HTTP@"]);
        if remote.is_some() {
            wait("the remote configuration", &mut child, || {
                get("GET", &list).is_ok_and(|(_, body)| body.contains("localID"))
            })?;
        }
        Ok(Self { dir, ports, _remote: remote, _child: child })
    }

    fn get(&self, method: &str, path: &str) -> Result<(u16, String), String> {
        get(method, &format!("http://127.0.0.1:{}{path}", self.ports["@HTTP@"]))
    }

    /// What differs between two runs, replaced as in the recording.
    fn masked(&self, text: &str) -> String {
        let mut text = text.replace(&*self.dir.path().to_string_lossy(), "@DIR@");
        let host = rustix::system::uname();
        let host = host.nodename().to_string_lossy();
        for key in ["value", "name"] {
            text = text.replace(&format!("\"{key}\":\"{host}\""), &format!("\"{key}\":\"@HOST@\""));
        }
        for (mask, port) in &self.ports {
            text = text.replace(&format!(":{port}"), &format!(":{mask}"));
        }
        // A port as a number is no text in JSON, its mask is.
        text.replace(":@P1@", ":\"@P1@\"").replace("1:\"@P1@\"", "1:@P1@")
    }
}

/// Brings an answer into the form in which two recordings agree.
fn normal(mut value: Value) -> Value {
    match &mut value {
        Value::Array(components) if components.iter().all(|c| c.get("localID").is_some()) => {
            let key = |c: &Value| (c["moduleID"].to_string(), c["localID"].to_string());
            let mut sorted: Vec<Value> = components.drain(..).map(normal).collect();
            sorted.sort_by_key(key);
            return Value::Array(sorted);
        }
        Value::Object(component) if component.contains_key("localID") => {
            for edges in ["referencesTo", "referencedBy", "dataFlowEdgesTo"] {
                if let Some(Value::Array(ids)) = component.get_mut(edges) {
                    ids.sort_by_key(Value::to_string);
                }
            }
            if let Some(health) = component.get_mut("health") {
                health["updatedTime"] = json!("<TIME>");
                // Several are possible, see the README of the corpus.
                if health["state"] == json!("healthy") {
                    health["message"] = json!("(any)");
                }
            }
            // Times and results of scrapes depend on the moment.
            component.remove("debugInfo");
        }
        _ => {}
    }
    value
}

fn same(running: &Running, got: &str, want: &Value) -> Result<(), String> {
    let got: Value =
        serde_json::from_str(&running.masked(got)).map_err(|e| format!("{e}: {got}"))?;
    let (got, want) = (normal(got), normal(want.clone()));
    if got == want {
        return Ok(());
    }
    Err(format!("differs\n    got: {got}\n   want: {want}"))
}

/// One detail document per component type.
pub(crate) fn component_detail(corpus: &Path, report: &mut Report) {
    for case in alloy_corpus::cases(&corpus.join("http/component_detail.json")) {
        let name = alloy_corpus::text(&case, "name");
        let config = alloy_corpus::text(&case, "config");
        if !runs(config) {
            report.skip(LATER);
            continue;
        }
        self::case(report, name, name, || {
            let running = Running::start(config, &Value::Null, "")?;
            let id = alloy_corpus::text(&case["detail"], "localID");
            let (status, body) = running.get("GET", &format!("/api/v0/web/components/{id}"))?;
            alloy_corpus::equal("status", status, 200)?;
            same(&running, &body, &case["detail"])
        });
    }
}

/// Lists and details of whole configurations.
pub(crate) fn web_api(corpus: &Path, report: &mut Report) {
    for case in alloy_corpus::cases(&corpus.join("http/web_api.json")) {
        let config = alloy_corpus::text(&case, "config");
        let requests = case["requests"].as_array().map_or(&[][..], Vec::as_slice);
        if !runs(config) {
            for _ in requests {
                report.skip(LATER);
            }
            continue;
        }
        let remote = case["remote_config"].as_str();
        let running = Running::start_with(config, remote, &case["files"], "");
        for request in requests {
            let path = alloy_corpus::text(request, "path");
            let method = request["method"].as_str().unwrap_or("GET");
            let name = format!("{} {method} {path}", alloy_corpus::text(&case, "name"));
            // What is not found differs in nothing.
            let found = request["json"].is_object();
            let subject = path.rsplit('/').next().filter(|_| found).unwrap_or_default();
            // The relabel component of this configuration sets its expression.
            let subject = if subject == "prometheus.relabel.p" { "" } else { subject };
            self::case(report, &name, subject, || {
                let running = running.as_ref().map_err(String::clone)?;
                let (status, body) = running.get(method, path)?;
                alloy_corpus::equal("status", Some(u64::from(status)), request["status"].as_u64())?;
                match request["text"].as_str() {
                    Some(text) => alloy_corpus::equal("body", body.as_str(), text),
                    None => same(running, &body, &request["json"]),
                }
            });
        }
    }
}

/// Starts the configuration that most of the recording was made with.
fn start_chain(corpus: &Path, flags: &str) -> Result<Running, String> {
    let cases = alloy_corpus::cases(&corpus.join("http/web_api.json"));
    let chain = cases.iter().find(|case| case["name"] == json!("chain"));
    let chain = chain.ok_or("the configuration \"chain\" is missing")?;
    Running::start(alloy_corpus::text(chain, "config"), &chain["files"], flags)
}

/// Endpoints for operators.
pub(crate) fn operational(corpus: &Path, report: &mut Report) {
    let mut running = BTreeMap::new();
    for request in alloy_corpus::cases(&corpus.join("http/operational.json")) {
        let path = alloy_corpus::text(&request, "path");
        let flags = alloy_corpus::text(&request, "flags");
        let method = request["method"].as_str().unwrap_or("GET");
        if request.get("after").is_some() {
            report.skip("needs a history of reloads, see tests/reload.rs");
            continue;
        }
        if path.starts_with("/debug/pprof") && flags.is_empty() {
            report.skip("needs profiles");
            continue;
        }
        if path.starts_with("/-/support?") {
            report.skip("needs support bundles");
            continue;
        }
        if request["text"] == json!("(the page)") {
            report.skip("needs the user interface");
            continue;
        }
        let running = running.entry(flags.to_owned()).or_insert_with(|| start_chain(corpus, flags));
        report.case(&format!("{method} {path} {flags}"), || {
            let running = running.as_ref().map_err(String::clone)?;
            let (status, body) = running.get(method, path)?;
            alloy_corpus::equal("status", Some(u64::from(status)), request["status"].as_u64())?;
            match request["text"].as_str() {
                Some(text) => alloy_corpus::equal("body", body.as_str(), text),
                // The recording had nothing configured here; what is listed is compared elsewhere.
                None => {
                    serde_json::from_str::<Vec<Value>>(&body).map(drop).map_err(|e| e.to_string())
                }
            }
        });
    }
}

/// Every family that both have is of the same type and has the same labels.
pub(crate) fn metrics(corpus: &Path, report: &mut Report) {
    let recorded = alloy_corpus::json(&corpus.join("http/metrics.json"));
    let own = start_chain(corpus, "")
        .and_then(|running| running.get("GET", "/metrics"))
        .map(|(_, text)| families(&text));
    for family in recorded["families"].as_array().into_iter().flatten() {
        let name = alloy_corpus::text(family, "name");
        let found = own.as_ref().map(|own| own.get(name));
        if let Ok(None) = found {
            report.skip("a family that we do not have");
            continue;
        }
        case(report, name, name, || {
            let Some((kind, labels)) = found.map_err(String::clone)? else { return Ok(()) };
            alloy_corpus::equal("type", kind.as_str(), alloy_corpus::text(family, "type"))?;
            let mut want: Vec<&str> = family["labels"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            want.retain(|label| *label != "le" && *label != "quantile");
            want.sort_unstable();
            if labels.is_empty() {
                return Ok(());
            }
            alloy_corpus::equal("labels", labels.iter().map(String::as_str).collect(), want)
        });
    }
}

/// Type and label names of each family of a text exposition.
fn families(text: &str) -> BTreeMap<String, (String, Vec<String>)> {
    let mut families: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap_or((rest, ""));
            name.clone_into(&mut current);
            families.insert(current.clone(), (kind.to_owned(), Vec::new()));
        } else if !line.starts_with('#')
            && let Some((_, labels)) = families.get_mut(&current)
            && let Some((_, rest)) = line.split_once('{')
        {
            let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
            for pair in inner.split("\",") {
                let name = pair.split('=').next().unwrap_or_default().to_owned();
                if name != "le" && name != "quantile" && !labels.contains(&name) {
                    labels.push(name);
                }
            }
            labels.sort_unstable();
        }
    }
    families
}
