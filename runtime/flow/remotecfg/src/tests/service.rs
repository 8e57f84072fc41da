//! The service against a server, on virtual time.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use alloy_flow_http::testing::MemoryServer;
use alloy_flow_http::{ClientConfig, Dial, Pem, TlsConfig};
use expect_test::{Expect, expect};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use prometheus::core::Collector;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::server::Server;
use crate::{Handle, Metrics, Options, RemoteConfig, Settings, State, Target};

const POLL: Duration = Duration::from_secs(60);

/// Refuses text with `bad` in it; keeps what happened.
#[derive(Default)]
struct Recorder(Mutex<Vec<String>>);

impl Target for Recorder {
    fn load(&self, text: Arc<str>) -> BoxFuture<'_, Result<(), Vec<String>>> {
        self.0.lock().push(format!("load {text}"));
        let result = if text.contains("bad") {
            Err(vec!["first error".to_owned(), "second error".to_owned()])
        } else {
            Ok(())
        };
        std::future::ready(result).boxed()
    }

    fn clear(&self) -> BoxFuture<'_, ()> {
        self.0.lock().push("clear".to_owned());
        std::future::ready(()).boxed()
    }
}

/// A running service.
struct Process {
    handle: Handle,
    target: Arc<Recorder>,
    metrics: Metrics,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Process {
    fn start(server: &Server, storage: &Path) -> Self {
        let metrics = Metrics::new().unwrap();
        let target = Arc::new(Recorder::default());
        let options = Options {
            data_dir: storage.to_owned(),
            version: "v1".to_owned(),
            os: "linux".to_owned(),
            dial: Some(Arc::clone(&server.http) as Arc<dyn Dial>),
        };
        let (service, handle) =
            RemoteConfig::new(options, metrics.clone(), Arc::clone(&target) as Arc<dyn Target>);
        handle.apply(Some(settings())).unwrap();
        let cancel = CancellationToken::new();
        let task = tokio::spawn(service.run(cancel.clone()));
        Self { handle, target, metrics, cancel, task }
    }

    /// What was loaded since the last time.
    fn loads(&self) -> String {
        std::mem::take(&mut *self.target.0.lock()).join(", ")
    }

    fn state(&self) -> (State, String) {
        let status = self.handle.status();
        (status.state, status.message)
    }

    async fn stop(self) {
        self.cancel.cancel();
        self.task.await.unwrap();
    }

    /// Gauges and counters that don't tell a time.
    fn numbers(&self) -> String {
        let mut lines = Vec::new();
        for family in self.metrics.collect() {
            let name = family.name().trim_start_matches("remotecfg_").to_owned();
            for metric in family.get_metric() {
                let labels: Vec<_> =
                    metric.get_label().iter().map(|l| l.value().to_owned()).collect();
                match name.as_str() {
                    "request_duration_seconds" => {
                        lines.push(format!("{name} {}", metric.get_histogram().get_sample_count()));
                    }
                    "last_load_success_timestamp_seconds" => {}
                    _ => {
                        let value =
                            metric.get_gauge().get_value() + metric.get_counter().get_value();
                        lines.push(format!("{name}{} {value}", labels.join(",")));
                    }
                }
            }
        }
        lines.sort();
        lines.join("\n")
    }
}

fn settings() -> Settings {
    Settings {
        url: MemoryServer::url("/base//"),
        id: "me".to_owned(),
        name: "one".to_owned(),
        attributes: BTreeMap::from([("team".to_owned(), "x".to_owned())]),
        poll_frequency: POLL,
        client: ClientConfig::default(),
        cache_key: b"key".to_vec(),
    }
}

/// Lets the first cycle, or the next one, end. It doesn't wait for anything but the disk.
async fn cycle(first: bool) {
    let long = if first { Duration::from_secs(1) } else { POLL };
    sleep(long).await;
}

fn check(got: &str, expected: Expect) {
    expected.assert_eq(got);
}

#[tokio::test(start_paused = true)]
async fn a_configuration_is_fetched_loaded_and_reported() {
    let storage = tempfile::tempdir().unwrap();
    let server = Server::new("a");
    let process = Process::start(&server, storage.path());
    cycle(true).await;
    check(
        &server.calls(),
        expect![[r#"
            register me "one" collector.os=linux,collector.version=v1,team=x
            get me "" Unset()
            get me "h:a" Applied() runs "" text/plain "a""#]],
    );
    assert_eq!(process.loads(), "load a");
    assert_eq!(process.state(), (State::Applied, String::new()));
    cycle(false).await;
    check(&server.calls(), expect![[r#"get me "h:a""#]]);
    server.set("b");
    cycle(false).await;
    check(
        &server.calls(),
        expect![[r#"
            get me "h:a"
            get me "h:b" runs "" text/plain "b""#]],
    );
    assert_eq!(process.loads(), "load b");
    check(
        &process.numbers(),
        expect![[r#"
            hash050c5d7d 1
            last_load_not_modified 0
            last_load_successful 1
            load_attempts_total 3
            load_failures_total 0
            request_duration_seconds 3"#]],
    );
    process.stop().await;
    check(&server.calls(), expect!["unregister me"]);
}

#[tokio::test(start_paused = true)]
async fn polls_keep_their_distance() {
    let storage = tempfile::tempdir().unwrap();
    let server = Server::new("a");
    let process = Process::start(&server, storage.path());
    cycle(true).await;
    server.calls();
    let began = Instant::now();
    sleep(POLL * 10 - Duration::from_secs(2)).await;
    assert_eq!(server.calls().lines().count(), 9, "{:?}", began.elapsed());
    process.stop().await;
}

#[tokio::test(start_paused = true)]
async fn text_that_does_not_load_leaves_the_last_good_one() {
    let storage = tempfile::tempdir().unwrap();
    let server = Server::new("a");
    let process = Process::start(&server, storage.path());
    cycle(true).await;
    process.loads();
    server.calls();
    server.set("bad");
    cycle(false).await;
    assert_eq!(process.loads(), "load bad, load a");
    check(
        &server.calls(),
        expect![[r#"
            get me "h:a"
            get me "h:bad" Failed(first error; second error)"#]],
    );
    // It is not tried again.
    cycle(false).await;
    assert_eq!(process.loads(), "");
    check(&server.calls(), expect![[r#"get me "h:bad""#]]);
    check(
        &process.numbers(),
        expect![[r#"
            hash050c5d7e 1
            last_load_not_modified 1
            last_load_successful 1
            load_attempts_total 3
            load_failures_total 1
            request_duration_seconds 3"#]],
    );
    server.set("c");
    cycle(false).await;
    assert_eq!(process.loads(), "load c");
    assert_eq!(process.state(), (State::Applied, String::new()));
    process.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_start_without_the_server_uses_the_cache() {
    let storage = tempfile::tempdir().unwrap();
    let server = Server::new("a");
    let process = Process::start(&server, storage.path());
    cycle(true).await;
    process.stop().await;
    server.calls();

    server.http.refuse(true);
    let process = Process::start(&server, storage.path());
    cycle(true).await;
    assert_eq!(process.loads(), "load a");
    let (state, message) = process.state();
    assert_eq!(state, State::Failed);
    assert_eq!(
        message,
        "unavailable: cannot connect to server.test:80: client error (Connect): connection refused"
    );
    check(
        &process.numbers(),
        expect![[r#"
            hash050c5d7e 1
            last_load_not_modified 0
            last_load_successful 0
            load_attempts_total 1
            load_failures_total 1
            request_duration_seconds 0"#]],
    );
    server.http.refuse(false);
    cycle(false).await;
    check(
        &server.calls(),
        expect![[r#"
            register me "one" collector.os=linux,collector.version=v1,team=x
            get me "" Failed(unavailable: cannot connect to server.test:80: client error (Connect): connection refused) runs "" text/plain "a"
            get me "h:a" Applied()"#]],
    );
    assert_eq!(process.loads(), "", "the same text runs already");
    assert_eq!(process.state(), (State::Applied, String::new()));
    process.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_start_with_text_that_does_not_load_uses_the_cache() {
    let storage = tempfile::tempdir().unwrap();
    let server = Server::new("a");
    let process = Process::start(&server, storage.path());
    cycle(true).await;
    process.stop().await;
    server.set("bad");
    let process = Process::start(&server, storage.path());
    cycle(true).await;
    assert_eq!(process.loads(), "load bad, load a");
    assert_eq!(process.state().0, State::Failed);
    process.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_start_without_server_and_cache_waits_for_the_server() {
    let storage = tempfile::tempdir().unwrap();
    let server = Server::new("a");
    server.http.refuse(true);
    let process = Process::start(&server, storage.path());
    cycle(true).await;
    assert_eq!(process.loads(), "");
    server.http.refuse(false);
    cycle(false).await;
    assert_eq!(process.loads(), "load a");
    process.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_forgot_this_process_is_told_again() {
    let storage = tempfile::tempdir().unwrap();
    let server = Server::new("a");
    let process = Process::start(&server, storage.path());
    cycle(true).await;
    server.calls();
    server.book.lock().broken = Some((404, r#"{"code":"not_found","message":"who?"}"#));
    cycle(false).await;
    assert_eq!(process.state(), (State::Failed, "not_found: who?".to_owned()));
    assert!(!process.handle.status().registered);
    server.calls();
    server.book.lock().broken = None;
    cycle(false).await;
    check(
        &server.calls(),
        expect![[r#"
            register me "one" collector.os=linux,collector.version=v1,team=x
            get me "h:a" Failed(not_found: who?) runs "" text/plain "a"
            get me "h:a" Applied()"#]],
    );
    process.stop().await;
}

#[tokio::test(start_paused = true)]
async fn without_settings_everything_stops_and_can_come_back() {
    let storage = tempfile::tempdir().unwrap();
    let server = Server::new("a");
    let process = Process::start(&server, storage.path());
    cycle(true).await;
    process.loads();
    server.calls();
    process.handle.apply(None).unwrap();
    cycle(false).await;
    assert_eq!(process.loads(), "clear");
    check(&server.calls(), expect!["unregister me"]);
    assert_eq!(process.handle.status().loaded_hash, None);
    process.handle.apply(Some(settings())).unwrap();
    cycle(true).await;
    assert_eq!(process.loads(), "load a");
    process.stop().await;
}

#[tokio::test(start_paused = true)]
async fn other_settings_are_used_at_once() {
    let storage = tempfile::tempdir().unwrap();
    let server = Server::new("a");
    let process = Process::start(&server, storage.path());
    cycle(true).await;
    server.calls();
    // Equal settings are no news.
    process.handle.apply(Some(settings())).unwrap();
    cycle(true).await;
    assert_eq!(server.calls(), "");
    process.handle.apply(Some(Settings { id: "you".to_owned(), ..settings() })).unwrap();
    cycle(true).await;
    check(
        &server.calls(),
        expect![[r#"
            unregister me
            register you "one" collector.os=linux,collector.version=v1,team=x
            get you "" Applied() runs "" text/plain "a""#]],
    );
    process.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_cache_of_other_settings_is_filled_without_new_text() {
    let storage = tempfile::tempdir().unwrap();
    let server = Server::new("a");
    let process = Process::start(&server, storage.path());
    cycle(true).await;
    let faster = Settings { poll_frequency: POLL / 2, cache_key: b"other".to_vec(), ..settings() };
    process.handle.apply(Some(faster.clone())).unwrap();
    cycle(true).await;
    assert_eq!(process.loads(), "load a");
    process.stop().await;
    server.http.refuse(true);
    let process = Process::start(&server, storage.path());
    process.handle.apply(Some(faster)).unwrap();
    cycle(true).await;
    assert_eq!(process.loads(), "load a");
    process.stop().await;
    assert_eq!(std::fs::read_dir(storage.path()).unwrap().count(), 2);
}

#[tokio::test(start_paused = true)]
async fn settings_that_cannot_be_used_change_nothing() {
    let storage = tempfile::tempdir().unwrap();
    let server = Server::new("a");
    let process = Process::start(&server, storage.path());
    cycle(true).await;
    let bad = Settings { url: "ftp://x".to_owned(), ..settings() };
    assert_eq!(
        process.handle.apply(Some(bad)).unwrap_err().to_string(),
        "cannot use the remotecfg settings: the url is neither http nor https"
    );
    server.calls();
    cycle(false).await;
    check(&server.calls(), expect![[r#"get me "h:a""#]]);
    process.stop().await;
}

#[test]
fn a_file_that_hangs_holds_up_whoever_applies_it_for_a_moment_only() {
    let storage = tempfile::tempdir().unwrap();
    let pipe = storage.path().join("ca.pem");
    // Nobody writes, so opening it for reading never ends.
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let options = Options {
        data_dir: storage.path().to_owned(),
        version: "v1".to_owned(),
        os: "linux".to_owned(),
        dial: None,
    };
    let target = Arc::new(Recorder::default());
    let (_service, handle) = RemoteConfig::new(options, Metrics::new().unwrap(), target);
    let tls = TlsConfig { ca: Some(Pem::File(pipe)), ..TlsConfig::default() };
    let client = ClientConfig { tls, ..ClientConfig::default() };
    let settings = Settings { url: "https://localhost".to_owned(), client, ..settings() };
    assert_eq!(
        handle.apply(Some(settings)).unwrap_err().to_string(),
        "cannot use the remotecfg settings: the files of the TLS settings could not be read within 1 s"
    );
    assert!(!handle.status().enabled, "the earlier settings stay");
}

#[tokio::test(start_paused = true)]
async fn the_stop_waits_a_second_at_most() {
    let storage = tempfile::tempdir().unwrap();
    let server = Server::new("a");
    let process = Process::start(&server, storage.path());
    cycle(true).await;
    server.book.lock().hangs = Some("UnregisterCollector");
    let began = Instant::now();
    process.stop().await;
    assert_eq!(began.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_stops_neither_settings_nor_the_end() {
    let storage = tempfile::tempdir().unwrap();
    let server = Server::new("a");
    server.book.lock().hangs = Some("GetConfig");
    let process = Process::start(&server, storage.path());
    sleep(Duration::from_secs(5)).await;
    let began = Instant::now();
    timeout(Duration::from_secs(2), process.stop()).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(1));
    // A call ends by itself, too.
    server.book.lock().hangs = Some("RegisterCollector");
    let process = Process::start(&server, storage.path());
    sleep(Duration::from_secs(32)).await;
    assert_eq!(process.loads(), "load a");
    process.stop().await;
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn the_cache_is_one_file_for_owner_and_group() {
    use std::os::unix::fs::PermissionsExt;
    let storage = tempfile::tempdir().unwrap();
    let server = Server::new("a");
    let process = Process::start(&server, storage.path());
    cycle(true).await;
    process.stop().await;
    let files: Vec<_> = std::fs::read_dir(storage.path())
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            let text = std::fs::read_to_string(entry.path()).unwrap();
            format!("{} {mode:o} {text}", entry.file_name().display())
        })
        .collect();
    assert_eq!(files, ["46842e82 750 a"]);
}
