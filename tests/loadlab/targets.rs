//! Scrape targets with many series whose values change.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

/// Listening targets; they live as long as the process.
pub(crate) struct Targets {
    /// One port a target.
    pub(crate) ports: Vec<u16>,
}

impl Targets {
    /// Starts `count` targets of `series` series each.
    pub(crate) fn start(count: usize, series: usize) -> Self {
        let ports = (0..count)
            .map(|_| {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bind a target");
                let port = listener.local_addr().expect("address").port();
                std::thread::Builder::new()
                    .stack_size(128 * 1024)
                    .spawn(move || {
                        let mut scrapes = 0;
                        for stream in listener.incoming().flatten() {
                            serve(stream, series, &mut scrapes);
                        }
                    })
                    .expect("start a target thread");
                port
            })
            .collect();
        Self { ports }
    }
}

fn body(series: usize, scrape: u64) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(series * 110);
    for i in 0..series {
        if i % 20 == 0 {
            writeln!(text, "# TYPE load_requests_{}_total counter", i / 20).expect("write");
        }
        writeln!(
            text,
            "load_requests_{}_total{{method=\"get\",path=\"/api/v1/items/{}\",code=\"200\"}} {}",
            i / 20,
            i % 20,
            scrape * 7 + i as u64
        )
        .expect("write");
    }
    text
}

fn serve(mut stream: TcpStream, series: usize, scrapes: &mut u64) {
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
        *scrapes += 1;
        let body = body(series, *scrapes);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        if stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()))
            .is_err()
        {
            return;
        }
    }
}
