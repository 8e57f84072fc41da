//! A scrape target whose samples are numbered, so that a test sees each one that is lost or twice.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

struct Shared {
    served: AtomicU64,
    stopped: AtomicBool,
}

/// Serves `test_scrapes_total <n>` where `n` counts the answers, from 1.
pub(crate) struct CountingTarget {
    /// Its port.
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

impl CountingTarget {
    /// Starts serving.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bind a target");
        let port = listener.local_addr().expect("address of a bound listener").port();
        let shared =
            Arc::new(Shared { served: AtomicU64::new(0), stopped: AtomicBool::new(false) });
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

    /// Number of answers so far.
    pub(crate) fn served(&self) -> u64 {
        self.shared.served.load(Ordering::SeqCst)
    }

    /// Refuses every further scrape.
    pub(crate) fn stop(&self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
    }
}

impl Drop for CountingTarget {
    fn drop(&mut self) {
        self.stop();
        // Wakes the accepting thread so that it ends.
        let _woken = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) {
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("set a timeout");
    let mut pending = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        while !pending.windows(4).any(|w| w == b"\r\n\r\n") {
            match stream.read(&mut chunk) {
                Ok(0) | Err(_) => return,
                Ok(n) => pending.extend_from_slice(&chunk[..n]),
            }
        }
        pending.clear();
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let n = shared.served.fetch_add(1, Ordering::SeqCst) + 1;
        let body = format!("# TYPE test_scrapes_total counter\ntest_scrapes_total {n}\n");
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
