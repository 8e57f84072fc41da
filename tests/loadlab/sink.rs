//! A remote-write receiver that counts what it decodes.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::remote_write::series;

#[derive(Default)]
struct Counts {
    samples: AtomicU64,
    bytes: AtomicU64,
}

/// Listening sink; lives as long as the process.
pub(crate) struct Sink {
    /// Its port.
    pub(crate) port: u16,
    counts: Arc<Counts>,
}

impl Sink {
    /// Starts it.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bind the sink");
        let port = listener.local_addr().expect("address").port();
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counts = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &counts));
            }
        });
        Self { port, counts }
    }

    /// Samples decoded so far.
    pub(crate) fn samples(&self) -> u64 {
        self.counts.samples.load(Ordering::Relaxed)
    }

    /// Compressed body bytes so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.counts.bytes.load(Ordering::Relaxed)
    }
}

fn serve(mut stream: TcpStream, counts: &Counts) {
    let mut pending = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let head = loop {
            if let Some(at) = pending.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            match stream.read(&mut chunk) {
                Ok(0) | Err(_) => return,
                Ok(n) => pending.extend_from_slice(&chunk[..n]),
            }
        };
        let length: usize = String::from_utf8_lossy(&pending[..head])
            .lines()
            .find_map(|l| {
                let (name, value) = l.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
            })
            .unwrap_or(0);
        while pending.len() < head + length {
            match stream.read(&mut chunk) {
                Ok(0) | Err(_) => return,
                Ok(n) => pending.extend_from_slice(&chunk[..n]),
            }
        }
        let raw = snap::raw::Decoder::new()
            .decompress_vec(&pending[head..head + length])
            .expect("snappy body");
        let samples: usize = series(&raw).map(|series| series.samples.len()).sum();
        counts.samples.fetch_add(samples as u64, Ordering::Relaxed);
        counts.bytes.fetch_add(length as u64, Ordering::Relaxed);
        pending.drain(..head + length);
        if stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").is_err() {
            return;
        }
    }
}
