//! A remote-write receiver that remembers every sample, so that a test sees each one that is lost
//! or comes twice.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::remote_write::series;

#[derive(Default)]
struct Shared {
    /// How often each value arrived, by series and time.
    samples: Mutex<BTreeMap<String, BTreeMap<i64, Vec<f64>>>>,
    stopped: AtomicBool,
}

/// Listens until dropped.
pub(crate) struct Sink {
    port: u16,
    shared: Arc<Shared>,
}

impl Sink {
    /// Starts listening.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bind the sink");
        let port = listener.local_addr().expect("address of a bound listener").port();
        let shared = Arc::<Shared>::default();
        let server = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if server.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let server = Arc::clone(&server);
                std::thread::spawn(move || serve(stream, &server));
            }
        });
        Self { port, shared }
    }

    /// Its remote-write endpoint.
    pub(crate) fn write_url(&self) -> String {
        format!("http://127.0.0.1:{}/api/v1/write", self.port)
    }

    /// How often each value of the series whose text contains all of `parts` arrived. Staleness
    /// markers are no values.
    pub(crate) fn values(&self, parts: &[&str]) -> BTreeMap<u64, u32> {
        let samples = self.shared.samples.lock();
        let mut values = BTreeMap::new();
        let wanted =
            samples.iter().filter(|(name, _)| parts.iter().all(|part| name.contains(part)));
        for value in wanted.flat_map(|(_, times)| times.values().flatten()) {
            if !value.is_nan() {
                *values.entry(*value as u64).or_default() += 1;
            }
        }
        values
    }

    /// Samples that arrived more than once for their series and time, and how many there are at all.
    pub(crate) fn repeated(&self) -> (Vec<String>, usize) {
        let samples = self.shared.samples.lock();
        let all =
            || samples.iter().flat_map(|(name, times)| times.iter().map(move |at| (name, at)));
        let twice = all().filter(|(_, (_, values))| values.len() > 1);
        let shown = twice.map(|(name, (time, values))| format!("{name} at {time}: {values:?}"));
        (shown.collect(), all().count())
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the accepting thread so that it ends.
        let _woken = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) {
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("set a timeout");
    let mut pending = Vec::new();
    while let Some(head) = read_until(&mut stream, &mut pending, |bytes| {
        bytes.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4)
    }) {
        let length = content_length(&pending[..head]);
        let end = head + length;
        if read_until(&mut stream, &mut pending, |bytes| (bytes.len() >= end).then_some(()))
            .is_none()
        {
            return;
        }
        let body =
            snap::raw::Decoder::new().decompress_vec(&pending[head..end]).expect("a snappy body");
        shared.take(&body);
        pending.drain(..end);
        if stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").is_err() {
            return;
        }
    }
}

impl Shared {
    fn take(&self, message: &[u8]) {
        let mut samples = self.samples.lock();
        for series in series(message) {
            let pairs: Vec<String> =
                series.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
            let times = samples.entry(pairs.join(",")).or_default();
            for (time, value) in series.samples {
                times.entry(time).or_default().push(value);
            }
        }
    }
}

/// Reads on until `complete` gives something; `None` at the end of the stream.
fn read_until<T>(
    stream: &mut TcpStream,
    pending: &mut Vec<u8>,
    complete: impl Fn(&[u8]) -> Option<T>,
) -> Option<T> {
    let mut chunk = vec![0; 64 * 1024];
    loop {
        if let Some(found) = complete(pending) {
            return Some(found);
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(n) => pending.extend_from_slice(&chunk[..n]),
        }
    }
}

fn content_length(head: &[u8]) -> usize {
    String::from_utf8_lossy(head)
        .lines()
        .find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        })
        .unwrap_or(0)
}
