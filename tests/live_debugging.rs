//! What flows through components, over HTTP while it flows.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::alloy::Alloy;
use crate::support::{SOON, http, wait_for};

const PIPELINE: &str = r#"
prometheus.exporter.self "own" { }

discovery.relabel "kept" {
  targets = prometheus.exporter.self.own.targets
}

prometheus.scrape "own" {
  targets         = discovery.relabel.kept.output
  forward_to      = [prometheus.relabel.one.receiver]
  scrape_interval = "1s"
  scrape_timeout  = "900ms"
}

prometheus.relabel "one" {
  forward_to = [prometheus.echo.out.receiver]
  rule {
    source_labels = ["__name__"]
    regex         = "alloy_build_info"
    action        = "keep"
  }
  rule {
    target_label = "z"
    replacement  = "1"
  }
}

prometheus.echo "out" { }

declare "empty" { }
empty "module" { }
"#;

const ON: &str = "livedebugging {\n  enabled = true\n}\n";

/// An answer that goes on.
struct Stream(TcpStream, String);

impl Stream {
    fn open(alloy: &Alloy, path: &str) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", alloy.port)).expect("connect");
        let port = alloy.port;
        write!(stream, "GET /api/v0/web/{path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n")
            .expect("send a request");
        stream.set_read_timeout(Some(Duration::from_millis(100))).expect("set a timeout");
        Self(stream, String::new())
    }

    /// Reads until `done` says so of everything that has come. True if the answer has ended.
    fn read_until(&mut self, what: &str, done: impl Fn(&str) -> bool) -> bool {
        let limit = Instant::now() + SOON;
        let mut bytes = [0; 64 * 1024];
        loop {
            // The last chunk of an answer has no bytes.
            let ended = self.1.ends_with("\r\n0\r\n\r\n");
            if done(&self.1) || ended {
                return ended;
            }
            assert!(Instant::now() < limit, "waited for {what}; came: {}", self.1);
            if let Ok(read) = self.0.read(&mut bytes) {
                self.1.push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
        }
    }
}

#[test]
fn items_of_a_component_are_streamed_until_the_service_is_turned_off() {
    let alloy = Alloy::start(&format!("{PIPELINE}{ON}"));
    let mut relabel = Stream::open(&alloy, "debug/prometheus.relabel.one");
    let mut scrape = Stream::open(&alloy, "debug/prometheus.scrape.own?sampleProb=1");
    let mut nothing = Stream::open(&alloy, "debug/prometheus.scrape.own?sampleProb=0");
    let kept = r#"{__name__="alloy_build_info","#;
    relabel.read_until("a kept and a dropped series", |text| {
        let item = |item: &str| item.contains(kept) && item.contains(r#"z="1"} "#.trim_end());
        text.split("|;|").any(item) && text.contains("} => {}|;|")
    });
    let head = relabel.1.to_lowercase();
    assert!(head.starts_with("http/1.1 200 ok"), "{head}");
    assert!(head.contains("content-type: text/plain; charset=utf-8"), "{head}");
    scrape.read_until("a sample", |text| {
        text.contains("sample: ts=")
            && text.contains(r#"{__name__="up","#)
            && text.contains("value=1.000000|;|")
    });
    nothing.read_until("the head", |text| text.contains("\r\n\r\n"));
    assert!(!nothing.1.contains("sample:"), "{}", nothing.1);
    alloy.write("config.alloy", PIPELINE);
    assert_eq!(alloy.reload().0, 200);
    assert!(relabel.read_until("the end", |_| false), "off ends the stream");
    let off = http::get(&alloy.url("/api/v0/web/debug/prometheus.relabel.one")).expect("an answer");
    assert_eq!(off.0, 500);
}

#[test]
fn wrong_requests_are_refused_before_the_stream() {
    let alloy = Alloy::start(&format!("{PIPELINE}livedebugging {{ }}\n"));
    let get =
        |path: &str| http::get(&alloy.url(&format!("/api/v0/web/{path}"))).expect("an answer");
    let off = "the live debugging service is disabled. Check the documentation to find out how to enable it\n";
    assert_eq!(get("debug/nosuch.a.b"), (500, off.to_owned()), "off wins over an unknown id");
    alloy.write("config.alloy", &format!("{PIPELINE}{ON}"));
    assert_eq!(alloy.reload().0, 200);
    for (path, status, body) in [
        ("debug/nosuch.a.b", 500, "component not found\n"),
        ("debug/livedebugging", 500, "component not found\n"),
        (
            "debug/prometheus.echo.out",
            500,
            "the component \"prometheus.echo\" does not support live debugging\n",
        ),
        ("debug/prometheus.scrape.own?sampleProb=2", 400, "Invalid sample probability\n"),
        ("debug/prometheus.scrape.own?sampleProb=-0.1", 400, "Invalid sample probability\n"),
        ("debug/prometheus.scrape.own?sampleProb=NaN", 400, "Invalid sample probability\n"),
        ("debug/prometheus.scrape.own?sampleProb=x", 400, "Invalid sample probability\n"),
        ("graph?window=0", 400, "Invalid window: must be an integer between 1 and 60\n"),
        ("graph?window=61", 400, "Invalid window: must be an integer between 1 and 60\n"),
        ("graph?window=x", 400, "Invalid window: must be an integer between 1 and 60\n"),
        ("graph/nosuch?window=1", 500, "module not found\n"),
        ("graph/remotecfg/nosuch?window=1", 500, "module not found\n"),
        ("debug/remotecfg/nosuch.a.b", 500, "component not found\n"),
        // The first of several counts, and what is empty is not given.
        ("debug/nosuch.a.b?sampleProb=&x=2", 500, "component not found\n"),
        ("debug/nosuch.a.b?sampleProb=1&sampleProb=2", 500, "component not found\n"),
        ("debug/nosuch.a.b?sampleProb=2&sampleProb=1", 400, "Invalid sample probability\n"),
    ] {
        assert_eq!(get(path), (status, body.to_owned()), "{path}");
    }
    for (id, expected) in [("prometheus.scrape.own", true), ("prometheus.echo.out", false)] {
        assert_eq!(alloy.component(id)["liveDebuggingEnabled"], expected, "{id}");
    }
}

#[test]
fn rates_are_counted_per_module_without_the_block() {
    let mut alloy = Alloy::start(PIPELINE);
    let mut root = Stream::open(&alloy, "graph?window=1");
    let mut module = Stream::open(&alloy, "graph/empty.module?window=1");
    root.read_until("rates of both components", |text| {
        let rate = |id: &str| {
            let start = format!(
                r#"{{"componentID":"{id}","targetComponentIDs":null,"type":"prometheus_metric","rate":"#
            );
            text.contains(&start)
        };
        rate("prometheus.relabel.one") && rate("prometheus.scrape.own")
    });
    module.read_until("a window without anything", |text| text.contains("[]|;|"));
    assert!(!module.1.contains("componentID"), "{}", module.1);
    wait_for("series of the process", SOON, || {
        match alloy.metrics("alloy_labelstore_global_ids_count").first() {
            Some((_, ids)) if *ids > 0.0 => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    // An open stream holds up neither the end of the process nor its exit code.
    alloy.process().signal(rustix::process::Signal::TERM);
    assert_eq!(alloy.process().wait(SOON), Some(0));
    assert!(!alloy.log().contains("connections did not end in time"), "{}", alloy.log());
}
