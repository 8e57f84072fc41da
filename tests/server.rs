//! The HTTP surface of the running process, and what packages pass on the command line.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::support::alloy::Alloy;
use crate::support::{SOON, http, wait_for};

const EXPORTERS: &str = r#"
prometheus.exporter.self "own" { }

prometheus.scrape "own" {
  targets         = prometheus.exporter.self.own.targets
  forward_to      = [prometheus.echo.out.receiver]
  scrape_interval = "1s"
  scrape_timeout  = "900ms"
}

prometheus.echo "out" { }
"#;

/// Sends `request` as it is; everything up to the end of the connection.
fn raw(port: u16, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("connect");
    stream.set_read_timeout(Some(SOON)).expect("set a timeout");
    stream.write_all(request).expect("send a request");
    let mut answer = Vec::new();
    // A server that keeps the connection open ends this by the timeout of the socket.
    let _end = stream.read_to_end(&mut answer);
    answer
}

fn head(port: u16, method: &str, path: &str, headers: &str) -> String {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n{headers}\r\n"
    );
    let answer = raw(port, request.as_bytes());
    let text = String::from_utf8_lossy(&answer).into_owned();
    text.split("\r\n\r\n").next().unwrap_or_default().to_lowercase()
}

#[test]
fn endpoints_answer_as_specified() {
    let alloy = Alloy::start(EXPORTERS);
    let status = |path: &str| http::get(&alloy.url(path)).expect("an answer");
    assert_eq!(status("/-/ready"), (200, "Alloy is ready.\n".to_owned()));
    assert_eq!(status("/-/healthy"), (200, "All Alloy components are healthy.\n".to_owned()));
    assert_eq!(status("/api/nope").0, 404);
    assert!(status("/api/nope").1.starts_with('{'), "unknown API paths answer JSON");
    assert_eq!(status("/nope"), (404, "404 page not found\n".to_owned()));
    assert!(status("/").1.contains("/api/v0/web/components"));
    assert_eq!(status("/api/v0/web/components/nope").0, 404);
    assert_eq!(
        status("/api/v0/component/nope/metrics"),
        (
            400,
            "failed to parse URL path \"/api/v0/component/nope/metrics\": invalid path\n"
                .to_owned()
        )
    );
    assert_eq!(status("/api/v0/component/prometheus.echo.out/metrics"), (404, String::new()));
    let (code, body) = status("/api/v0/component/prometheus.exporter.self.own/metrics");
    assert_eq!(code, 200);
    assert!(body.contains("alloy_build_info"), "{body}");

    let not_allowed = head(alloy.port, "PUT", "/-/reload", "");
    assert!(not_allowed.starts_with("http/1.1 405"), "{not_allowed}");
    assert!(not_allowed.contains("allow: get, post"), "{not_allowed}");
    let zipped = head(alloy.port, "GET", "/metrics", "Accept-Encoding: gzip\r\n");
    assert!(zipped.contains("content-encoding: gzip"), "{zipped}");
    assert!(zipped.contains("text/plain; version=0.0.4; charset=utf-8"), "{zipped}");
}

#[test]
fn http_2_is_spoken_with_prior_knowledge() {
    let alloy = Alloy::start("");
    let mut stream = TcpStream::connect(("127.0.0.1", alloy.port)).expect("connect");
    stream.set_read_timeout(Some(SOON)).expect("set a timeout");
    // The preface and an empty SETTINGS frame.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").expect("send");
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).expect("a frame");
    assert_eq!(frame[3], 4, "the first frame of the server is SETTINGS");
}

#[test]
fn foreign_host_names_and_long_headers_are_refused() {
    let alloy = Alloy::start("");
    let answer = raw(
        alloy.port,
        b"GET /-/ready HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    );
    assert!(answer.starts_with(b"HTTP/1.1 403"), "{}", String::from_utf8_lossy(&answer));
    let long = format!("X-Long: {}\r\n", "x".repeat(40_000));
    let answer = head(alloy.port, "GET", "/-/ready", &long);
    assert!(answer.starts_with("http/1.1 431"), "{answer}");
}

#[test]
fn own_metrics_are_well_formed() {
    let alloy = Alloy::start(EXPORTERS);
    wait_for("a scrape", SOON, || {
        match alloy.metrics("prometheus_forwarded_samples_total").iter().any(|(_, n)| *n > 0.0) {
            true => Ok(()),
            false => Err("nothing forwarded".to_owned()),
        }
    });
    let metrics = http::ok(&alloy.url("/metrics")).expect("own metrics");
    let promtool = "/usr/bin/promtool";
    let mut check = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{promtool}: {error}: apt-get install prometheus"));
    let mut input = check.stdin.take().expect("piped");
    input.write_all(metrics.as_bytes()).expect("send metrics to promtool");
    drop(input);
    let output = check.wait_with_output().expect("promtool ends");
    let errors = String::from_utf8_lossy(&output.stderr);
    // It exits with 3 for names that it would choose differently; those are the reference's.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{errors}");
    assert!(!errors.contains("parsing"), "{errors}");
}

#[test]
fn packaged_command_lines_start() {
    let helm = [
        "--server.http.ui-path-prefix=/",
        "--disable-reporting",
        "--stability.level=generally-available",
    ];
    let mut alloy = Alloy::start_with("", &helm, &[("ALLOY_DEPLOY_MODE", "helm")]);
    assert!(alloy.log().contains("no usage reports are sent"), "{}", alloy.log());
    alloy.process().signal(Signal::TERM);
    assert_eq!(alloy.process().wait(SOON), Some(0));
    let mut alloy = Alloy::start_with("", &[], &[("ALLOY_DEPLOY_MODE", "deb")]);
    assert!(alloy.log().contains("no usage reports are sent"), "{}", alloy.log());
    alloy.process().signal(Signal::INT);
    assert_eq!(alloy.process().wait(SOON), Some(0));
}

#[test]
fn the_user_interface_prefix_moves_only_the_web_api() {
    let alloy = Alloy::start_with("", &["--server.http.ui-path-prefix=/ui/"], &[]);
    let status = |path: &str| http::get(&alloy.url(path)).expect("an answer").0;
    assert_eq!(status("/ui/api/v0/web/components"), 200);
    assert_eq!(status("/api/v0/web/components"), 404);
    assert_eq!(status("/-/ready"), 200);
    assert_eq!(status("/metrics"), 200);
    assert!(head(alloy.port, "GET", "/ui", "").contains("location: /ui/"));
}

/// Starts with a pipe as configuration, so that the first load lasts until somebody writes to it.
fn start_loading() -> Alloy {
    let mut alloy = Alloy::start("");
    alloy.kill();
    let config = alloy.dir.path().join("config.alloy");
    std::fs::remove_file(&config).expect("remove the config");
    let made = Command::new("mkfifo").arg("--mode=666").arg(&config).status().expect("mkfifo");
    assert!(made.success());
    alloy.launch();
    let status = format!("/proc/{}/status", alloy.process().pid());
    wait_for("signal handlers", SOON, || {
        let text = std::fs::read_to_string(&status).map_err(|e| e.to_string())?;
        let mask = text.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
        // Signal n is bit n - 1: HUP 1, INT 2, TERM 15.
        if mask & 0x4003 == 0x4003 { Ok(()) } else { Err(format!("mask {mask:x}")) }
    });
    alloy
}

#[test]
fn a_reload_signal_during_the_first_load_does_not_end_the_process() {
    let mut alloy = start_loading();
    alloy.process().signal(Signal::HUP);
    std::fs::write(alloy.dir.path().join("config.alloy"), "logging { }\n").expect("write a config");
    alloy.wait_ready();
}

#[test]
fn a_stop_during_the_first_load_ends_the_process() {
    let mut alloy = start_loading();
    alloy.process().signal(Signal::TERM);
    assert_eq!(alloy.process().wait(SOON), Some(0));
}
