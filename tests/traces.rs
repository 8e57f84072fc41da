//! The trace that outgoing requests carry.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use crate::support::alloy::Alloy;
use crate::support::{SOON, wait_for};

/// Answers every request on the port with no samples; gives their heads.
fn target() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bind a target");
    let port = listener.local_addr().expect("address of a bound listener").port();
    let (heads, received) = sync_channel(8);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = Vec::new();
            let mut chunk = [0; 4096];
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read(&mut chunk) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => head.extend_from_slice(&chunk[..read]),
                }
            }
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let head = String::from_utf8_lossy(&head).to_lowercase();
            // A client that has gone, or a test that has ended, ends the thread.
            if stream.write_all(answer).is_err() || heads.send(head).is_err() {
                return;
            }
        }
    });
    (port, received)
}

#[test]
fn requests_carry_a_trace_while_the_configuration_says_so() {
    let (port, heads) = target();
    let scrape = format!(
        "prometheus.scrape \"t\" {{\n  targets = [{{\"__address__\" = \"127.0.0.1:{port}\"}}]\n  \
         forward_to = []\n  scrape_interval = \"1s\"\n  scrape_timeout = \"900ms\"\n}}\n"
    );
    let on = "tracing {\n  send_traceparent = true\n  sampling_fraction = 1\n}\n";
    let alloy = Alloy::start(&format!("{scrape}{on}"));
    let traced = |head: &str| {
        let value = head.lines().find_map(|line| line.strip_prefix("traceparent: "));
        value.is_some_and(|value| value.starts_with("00-") && value.ends_with("-01"))
    };
    let next = |expected: bool| {
        wait_for("a scrape", SOON, || {
            let head = heads.recv_timeout(Duration::from_secs(5)).map_err(|e| e.to_string())?;
            if traced(&head) == expected { Ok(()) } else { Err(head) }
        });
    };
    next(true);
    alloy.write("config.alloy", &scrape);
    assert_eq!(alloy.reload().0, 200);
    next(false);
    alloy.write("config.alloy", &format!("{scrape}{on}"));
    assert_eq!(alloy.reload().0, 200);
    next(true);
}
