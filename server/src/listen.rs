//! Claims the port, accepts connections, limits them.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use alloy_component::DuplexStream;
use http::{HeaderMap, Request, Uri};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{State, routes};

// design/performance.md §8.
const MAX_CONNECTIONS: usize = 4096;
const MAX_HEADER_BYTES: usize = 32 * 1024;
const MAX_STREAMS: u32 = 100;
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const BACKLOG: u32 = 1024;

/// How long a stop waits for requests that are being answered.
pub(crate) const STOP_PATIENCE: Duration = Duration::from_secs(1);

/// The port cannot be claimed or opened.
#[derive(Debug, thiserror::Error)]
#[error("listen tcp{reason}")]
pub struct BindError {
    /// As configured.
    pub address: String,
    reason: String,
}

impl BindError {
    fn new(address: &str, call: &str, error: &io::Error) -> Self {
        let text = error.to_string();
        let reason = text.split_once(" (os error").map_or(text.as_str(), |(reason, _)| reason);
        let reason = format!(" {address}: {call}: {}", reason.to_lowercase());
        Self { address: address.to_owned(), reason }
    }

    fn malformed(address: &str, what: &str) -> Self {
        Self { address: address.to_owned(), reason: format!(": address {address}: {what}") }
    }
}

/// A claimed port that accepts nothing yet.
#[derive(Debug)]
pub struct Port {
    socket: TcpSocket,
    address: String,
    local: SocketAddr,
}

impl Port {
    /// Claims `address` (`host:port`).
    ///
    /// # Errors
    /// It is in use, not local, or no address. Call within a tokio runtime.
    pub fn claim(address: &str) -> Result<Self, BindError> {
        let Some((_, port)) = address.rsplit_once(':') else {
            return Err(BindError::malformed(address, "missing port in address"));
        };
        if port.parse::<u16>().is_err() {
            return Err(BindError::malformed(address, "invalid port"));
        }
        // A missing host stands for every address of this machine.
        let given = match address.strip_prefix(':') {
            Some(port) => format!("[::]:{port}"),
            None => address.to_owned(),
        };
        let mut last = io::Error::new(io::ErrorKind::NotFound, "no such host");
        let resolved =
            given.to_socket_addrs().map_err(|e| BindError::new(address, "lookup", &e))?;
        for candidate in resolved {
            match claim(candidate) {
                Ok((socket, local)) => {
                    let address = match candidate.port() {
                        0 => local.to_string(),
                        _ => address.to_owned(),
                    };
                    return Ok(Self { socket, address, local });
                }
                Err(error) => last = error,
            }
        }
        Err(BindError::new(address, "bind", &last))
    }

    /// The address as configured; with the real port if that was 0.
    pub fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn listen(self) -> Result<TcpListener, BindError> {
        self.socket.listen(BACKLOG).map_err(|e| BindError::new(&self.address, "bind", &e))
    }
}

fn claim(address: SocketAddr) -> io::Result<(TcpSocket, SocketAddr)> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Lets a restarted process have the port although old connections linger.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let local = socket.local_addr()?;
    Ok((socket, local))
}

/// Which `Host` values are answered.
#[derive(Debug)]
pub(crate) enum Hosts {
    Any,
    Listed(Vec<String>),
    /// Names that only mean this machine, so that no web page elsewhere can reach the API by
    /// pointing its own name at a loopback address.
    Loopback,
}

impl Hosts {
    pub(crate) fn new(allowed: &[String], port: &Port) -> Self {
        match (allowed, port.local.ip().is_loopback()) {
            ([], true) => Self::Loopback,
            ([], false) => Self::Any,
            (names, _) => Self::Listed(names.iter().map(|name| name.to_lowercase()).collect()),
        }
    }

    /// Whether a request that names this host is answered.
    pub(crate) fn allow(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let listed = match self {
            Self::Any => return true,
            Self::Loopback => None,
            Self::Listed(names) => Some(names),
        };
        let authority = uri.authority().map(|authority| authority.as_str().to_owned());
        let header = || headers.get(http::header::HOST)?.to_str().ok().map(str::to_owned);
        // HTTP/1.0 clients need not send one, and browsers always do.
        let Some(authority) = authority.or_else(header) else { return true };
        let host = host_of(&authority).to_lowercase();
        match listed {
            Some(names) => names.contains(&host),
            None => {
                host == "localhost"
                    || host.ends_with(".localhost")
                    || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
            }
        }
    }
}

/// The host of `host`, `host:port`, `[v6]` or `[v6]:port`.
fn host_of(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    authority.rsplit_once(':').map_or(authority, |(host, _)| host)
}

/// Where a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Network,
    /// From a component of this process.
    Memory,
}

/// Accepts on the port.
pub(crate) async fn tcp(
    state: Arc<State>,
    listener: TcpListener,
    tasks: TaskTracker,
    cancel: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let permit = tokio::select! {
            () = cancel.cancelled() => return,
            permit = Arc::clone(&room).acquire_owned() => permit,
        };
        // The semaphore is never closed.
        let Ok(permit) = permit else { return };
        let accepted = tokio::select! {
            () = cancel.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection =
                    connection(Arc::clone(&state), stream, Origin::Network, cancel.clone());
                tasks.spawn(async move {
                    connection.await;
                    drop(permit);
                });
            }
            Err(error) => {
                // Out of file descriptors, usually: give others the time to close some.
                tracing::warn!(service = "http", err = %error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Accepts inside the process.
pub(crate) async fn memory(
    state: Arc<State>,
    mut accept: mpsc::Receiver<DuplexStream>,
    tasks: TaskTracker,
    cancel: CancellationToken,
) {
    loop {
        let stream = tokio::select! {
            () = cancel.cancelled() => return,
            stream = accept.recv() => stream,
        };
        let Some(stream) = stream else { return };
        tasks.spawn(connection(Arc::clone(&state), stream, Origin::Memory, cancel.clone()));
    }
}

async fn connection(
    state: Arc<State>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    origin: Origin,
    cancel: CancellationToken,
) {
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let state = Arc::clone(&state);
        async move { Ok::<_, Infallible>(routes::answer(&state, origin, request).await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES)
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_BYTES as u32);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = cancel.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // Clients that hang up are no news.
        tracing::debug!(service = "http", err = %error, "connection ended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_names_only_mean_this_machine() {
        let allow = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(http::header::HOST, host.parse().expect("a header value"));
            Hosts::Loopback.allow(&Uri::from_static("/"), &headers)
        };
        for host in ["localhost", "LOCALHOST:80", "127.0.0.1:12345", "127.9.9.9", "[::1]:80"] {
            assert!(allow(host), "{host}");
        }
        for host in ["example.com", "127.0.0.1.example.com:80", "10.0.0.1", ""] {
            assert!(!allow(host), "{host}");
        }
        assert!(Hosts::Loopback.allow(&Uri::from_static("/"), &HeaderMap::new()));
    }

    #[tokio::test]
    async fn a_taken_port_is_refused_when_it_is_claimed() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("bind");
        let address = taken.local_addr().expect("address").to_string();
        let error = Port::claim(&address).expect_err("taken");
        assert_eq!(
            error.to_string(),
            format!("listen tcp {address}: bind: address already in use")
        );
    }
}
