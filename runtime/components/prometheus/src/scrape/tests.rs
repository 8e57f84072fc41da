use std::sync::Arc;
use std::time::Duration;

use alloy_component::{Component, RunContext, Target};
use alloy_telemetry::Labels;
use alloy_value::{ArcArgs, Stability, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::run::Scrape;
use super::{NAME, ScrapeArgs};
use crate::testing::{Context, Recorder};

/// Arguments as decoded from an empty body, but for what has no default.
fn args(recorder: &Arc<Recorder>, addresses: &[String]) -> ScrapeArgs {
    let target = |address: &String| Target(Labels::new([("__address__", address.as_str())]));
    ScrapeArgs {
        targets: addresses.iter().map(target).collect(),
        forward_to: vec![recorder.receiver()],
        scrape_interval: Duration::from_millis(100),
        scrape_timeout: Duration::from_millis(100),
        ..crate::testing::default_args::<ScrapeArgs>(&["targets", "forward_to"])
    }
}

/// Serves `body` to every request. Gives its address and the heads of the requests.
async fn serve(body: &'static str) -> (String, tokio::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (heads, seen) = tokio::sync::mpsc::channel(64);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = vec![0; 4096];
            let Ok(len) = stream.read(&mut head).await else { continue };
            let head = String::from_utf8_lossy(&head[..len]).into_owned();
            let _full = heads.try_send(head);
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let _gone = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, seen)
}

fn member<'v>(value: &'v Value, name: &str) -> &'v Value {
    let Value::Object(object) = value else { panic!("{value:?} is no object") };
    object.get(name).unwrap()
}

fn text(value: &Value) -> String {
    let Value::String(text) = value else { panic!("{value:?} is no text") };
    text.to_lossy().into_owned()
}

fn info(scrape: &Scrape) -> Vec<Value> {
    let info = scrape.debug_info().unwrap();
    let Value::Array(targets) = member(&info, "target") else { panic!("targets are a list") };
    targets.to_vec()
}

/// Looks after every batch that is received whether `done` holds.
async fn eventually(recorder: &Recorder, mut done: impl FnMut() -> bool) {
    let wait = async {
        while !done() {
            recorder.received().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("condition never held");
}

#[tokio::test]
async fn target_is_scraped_and_an_update_leaves_its_loop_alone() {
    let cx = Context::new(NAME);
    let recorder = Recorder::new(cx.series());
    let (address, mut heads) = serve("m 7\n").await;
    let first = args(&recorder, std::slice::from_ref(&address));
    let scrape = Arc::new(Scrape::new(&cx.build, &ArcArgs::new(first), Duration::ZERO).unwrap());
    let cancel = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&scrape).run(RunContext { cancel: cancel.clone() }));

    let head = heads.recv().await.unwrap().to_lowercase();
    assert!(head.starts_with("get /metrics http/1.1\r\n"), "{head}");
    for line in [
        "accept: text/plain;version=1.0.0;escaping=underscores;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.4",
        "accept-encoding: gzip",
        "user-agent: alloy/test (linux; binary)",
        "x-prometheus-scrape-timeout-seconds: 0.1",
    ] {
        assert!(head.contains(&format!("{line}\r\n")), "{line} in {head}");
    }
    let mut sent = String::new();
    eventually(&recorder, || {
        sent += &recorder.take();
        sent.contains("up")
    })
    .await;
    let sample = format!("{{__name__=\"m\", instance=\"{address}\", job=\"{NAME}.test\"}} 7\n");
    assert!(sent.contains(&sample), "{sent}");

    let targets = info(&scrape);
    assert_eq!(targets.len(), 1);
    assert_eq!(text(member(&targets[0], "health")), "up");
    let started = text(member(&targets[0], "loop_started"));

    let second = args(&recorder, &[address, "127.0.0.1:1".to_owned()]);
    scrape.update(ArcArgs::new(second)).await.unwrap();
    eventually(&recorder, || info(&scrape).len() == 2).await;
    let restarted: Vec<_> = info(&scrape)
        .iter()
        .filter(|target| text(member(target, "loop_started")) == started)
        .map(|target| text(member(target, "url")))
        .collect();
    assert_eq!(restarted.len(), 1, "the loop of the first target was not touched");
    cancel.cancel();
    running.await.unwrap().unwrap();
}

#[test]
fn contradictions_are_errors() {
    let cx = Context::new(NAME);
    let recorder = Recorder::new(cx.series());
    let refused = |change: fn(&mut ScrapeArgs)| {
        let mut args = args(&recorder, &[]);
        change(&mut args);
        crate::testing::validate(&args).unwrap_err()
    };
    assert!(
        refused(|a| a.scrape_timeout = Duration::from_secs(5))
            .contains("greater than scrape_interval")
    );
    assert!(
        refused(|a| a.scrape_protocols = vec!["X".into()]).contains("unknown scrape protocol X")
    );
    assert!(refused(|a| a.metric_name_escaping_scheme = "allow-utf-8".into()).contains("utf8"));
    assert!(
        refused(|a| a.scrape_fallback_protocol = String::new())
            .contains("scrape_fallback_protocol")
    );
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let cx = Context::new(NAME);
    let recorder = Recorder::new(cx.series());
    let refused = |change: fn(&mut ScrapeArgs)| {
        let mut args = args(&recorder, &[]);
        change(&mut args);
        args.supported(Stability::GenerallyAvailable).unwrap_err().to_string()
    };
    assert!(refused(|a| a.scrape_native_histograms = true).contains("scrape_native_histograms"));
    assert!(
        refused(|a| a.scrape_failure_log_file = "f".into()).contains("scrape_failure_log_file")
    );
    assert!(
        refused(|a| a.scrape_protocols = vec!["PrometheusProto".into()])
            .contains("scrape_protocols")
    );
    assert!(refused(|a| a.honor_metadata = true).contains("experimental"));
    assert!(args(&recorder, &[]).supported(Stability::GenerallyAvailable).is_ok());
}
