//! The listener: connections, limits, TLS, and the one route.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use alloy_blocks::{HttpServerBlock, ServerTlsBlock};
use alloy_component::{ComponentError, Handover, Listener};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use parking_lot::Mutex;
use prometheus::{HistogramOpts, HistogramVec, IntGaugeVec, Opts};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::run::Receiver;

/// Compressed body of a push (design/performance.md §8).
const MAX_BODY: usize = 20 << 20;
/// Connections when `conn_limit` sets none.
const MAX_CONNECTIONS: usize = 4096;
/// How long a connection without a request waits for one while the component stops.
const FIRST_REQUEST: Duration = Duration::from_secs(1);
/// Headers of a request.
const MAX_HEADERS: usize = 32 << 10;
const ROUTE: &str = "/api/v1/metrics/write";
const SIZE_BUCKETS: [f64; 8] = [1e6, 2.5e6, 5e6, 10e6, 25e6, 50e6, 100e6, 250e6];

/// A listener and how to serve it. The socket outlives a change of settings.
#[derive(Clone)]
pub(super) struct Bound {
    /// `None` between two runs: a component that does not run keeps nobody waiting.
    listener: Option<Listener>,
    block: HttpServerBlock,
    tls: Option<Arc<Tls>>,
}

impl Bound {
    /// Binds what `block` asks for.
    pub(super) async fn bind(cx: &Binder, block: &HttpServerBlock) -> Result<Self, ComponentError> {
        let tls = block.options.tls.as_ref().map(Tls::new).transpose()?.map(Arc::new);
        let listener = Some(cx.listen(block, None).await?);
        Ok(Self { listener, block: block.clone(), tls })
    }

    /// Follows new settings; keeps the socket if the address is the same.
    pub(super) async fn change(
        &self,
        cx: &Binder,
        block: &HttpServerBlock,
    ) -> Result<Self, ComponentError> {
        let tls = block.options.tls.as_ref().map(Tls::new).transpose()?.map(Arc::new);
        let same_address = self.block.listen_address == block.listen_address
            && self.block.listen_port == block.listen_port;
        let listener = match &self.listener {
            Some(old) if !same_address => Some(cx.listen(block, Some(old)).await?),
            old => old.clone(),
        };
        Ok(Self { listener, block: block.clone(), tls })
    }

    /// Binds again what was closed.
    pub(super) async fn reopen(&self, cx: &Binder) -> Result<Option<Self>, ComponentError> {
        if self.listener.is_some() {
            return Ok(None);
        }
        Ok(Some(Self { listener: Some(cx.listen(&self.block, None).await?), ..self.clone() }))
    }

    /// Stops listening, unless another component takes over.
    pub(super) fn close(&mut self) {
        self.listener = None;
    }

    /// Where it listens.
    pub(super) fn addr(&self) -> Option<SocketAddr> {
        self.listener.as_ref()?.local_addr().ok()
    }
}

/// Binds sockets for one component.
pub(super) struct Binder {
    pub(super) owner: Arc<str>,
    pub(super) handover: Handover,
}

impl Binder {
    async fn listen(
        &self,
        block: &HttpServerBlock,
        old: Option<&Listener>,
    ) -> Result<Listener, ComponentError> {
        let host = block.listen_address.as_str();
        let port = u16::try_from(block.listen_port).map_err(|_| {
            ComponentError::new(format!(
                "cannot listen on port {}: ports are 0 to 65535",
                block.listen_port
            ))
        })?;
        let listener = match old {
            Some(old) => old.moved(&self.owner, host, port).await,
            None => self.handover.listen(&self.owner, host, port).await,
        };
        listener.map_err(|error| {
            ComponentError::retryable(format!("cannot listen on {host}:{port}")).with_source(error)
        })
    }
}

/// TLS of new connections, from the files as they are now.
pub(super) struct Tls {
    block: ServerTlsBlock,
    current: Mutex<(Versions, TlsAcceptor)>,
}

/// Times and sizes of the files.
type Versions = [Option<(SystemTime, u64)>; 2];

impl Tls {
    pub(super) fn new(block: &ServerTlsBlock) -> Result<Self, ComponentError> {
        let current = Mutex::new((versions(block), acceptor(block)?));
        Ok(Self { block: block.clone(), current })
    }

    /// Reads the files again if they have changed. What cannot be used does not replace what can.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let versions = versions(&self.block);
        let mut current = self.current.lock();
        if current.0 != versions {
            match acceptor(&self.block) {
                Ok(acceptor) => current.1 = acceptor,
                Err(error) => tracing::error!(
                    err = %error,
                    "cannot use the changed certificate or key; new connections get the old one"
                ),
            }
            current.0 = versions;
        }
        current.1.clone()
    }
}

fn versions(block: &ServerTlsBlock) -> Versions {
    [&block.cert_file, &block.key_file].map(|file| {
        let about = std::fs::metadata(file).ok()?;
        Some((about.modified().ok()?, about.len()))
    })
}

fn acceptor(tls: &ServerTlsBlock) -> Result<TlsAcceptor, ComponentError> {
    let failed = |what: &str, error: String| {
        ComponentError::new(format!("http > tls: cannot use the {what}: {error}"))
    };
    let pem = |what: &str, inline: &str, file: &str| match (inline.is_empty(), file.is_empty()) {
        (false, true) => Ok(inline.as_bytes().to_vec()),
        (true, false) => {
            std::fs::read(file).map_err(|error| failed(what, format!("{file}: {error}")))
        }
        (true, true) => Err(failed(what, format!("set {what}_pem or {what}_file"))),
        (false, false) => Err(failed(what, format!("{what}_pem and {what}_file are both set"))),
    };
    let cert = pem("cert", &tls.cert_pem, &tls.cert_file)?;
    let inline_key = tls.key_pem.as_ref().map(|key| key.expose()).unwrap_or_default();
    let key = pem("key", inline_key, &tls.key_file)?;
    let chain = CertificateDer::pem_slice_iter(&cert)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| failed("cert", error.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|e| failed("key", e.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed("cert", error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| failed("cert", error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The metrics of the server.
pub(super) struct ServerMetrics {
    duration: Option<HistogramVec>,
    request_bytes: Option<HistogramVec>,
    response_bytes: Option<HistogramVec>,
    connections: Option<IntGaugeVec>,
}

impl ServerMetrics {
    /// Registers them.
    pub(super) fn new(metrics: &alloy_component::ComponentMetrics) -> Self {
        let histogram = |name: &str, help: &str, labels: &[&str], buckets: Vec<f64>| {
            let name = format!("prometheus_receive_http_{name}");
            HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets), labels)
                .ok()
                .map(|h| metrics.register(h))
        };
        let seconds =
            vec![0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1., 2.5, 5., 10., 25., 50., 100.];
        let request = ["method", "route"];
        Self {
            duration: histogram(
                "request_duration_seconds",
                "Time (in seconds) spent serving HTTP requests.",
                &["method", "route", "status_code", "ws"],
                seconds,
            ),
            request_bytes: histogram(
                "request_message_bytes",
                "Size (in bytes) of messages received in the request.",
                &request,
                SIZE_BUCKETS.to_vec(),
            ),
            response_bytes: histogram(
                "response_message_bytes",
                "Size (in bytes) of messages sent in response.",
                &request,
                SIZE_BUCKETS.to_vec(),
            ),
            connections: IntGaugeVec::new(
                Opts::new(
                    "prometheus_receive_http_tcp_connections",
                    "Current number of accepted TCP connections.",
                ),
                &["protocol"],
            )
            .ok()
            .map(|g| metrics.register(g)),
        }
    }

    fn observe(
        &self,
        route: &str,
        method: &Method,
        status: StatusCode,
        took: Duration,
        size: [usize; 2],
    ) {
        // Methods are the client's text: a fixed set keeps the label bounded.
        let method = match *method {
            Method::GET | Method::POST | Method::PUT | Method::DELETE | Method::HEAD => {
                method.as_str()
            }
            _ => "other",
        };
        if let Some(h) = &self.duration {
            h.with_label_values(&[method, route, status.as_str(), "false"])
                .observe(took.as_secs_f64());
        }
        for (histogram, size) in [&self.request_bytes, &self.response_bytes].into_iter().zip(size) {
            if let Some(h) = histogram {
                h.with_label_values(&[method, route]).observe(size as f64);
            }
        }
    }
}

/// Serves until cancelled, then closes the listener and gives requests in flight `grace` to end.
/// Follows changes of `bound`.
pub(super) async fn serve(
    mut bound: watch::Receiver<Bound>,
    receiver: Arc<Receiver>,
    metrics: Arc<ServerMetrics>,
    cancel: CancellationToken,
    close: impl Fn(),
    grace: impl Fn() -> Duration,
) {
    let mut connections = JoinSet::new();
    let stopping = CancellationToken::new();
    'bound: loop {
        let now = bound.borrow_and_update().clone();
        let addr = now.addr();
        let Bound { listener: Some(listener), block, tls } = now else { break };
        let limit = match usize::try_from(block.conn_limit) {
            Ok(0) | Err(_) => MAX_CONNECTIONS,
            Ok(n) => n.min(MAX_CONNECTIONS),
        };
        let permits = Arc::new(Semaphore::new(limit));
        tracing::info!(?addr, "listening for remote write requests");
        loop {
            let permit = Arc::clone(&permits).acquire_owned();
            // Every arm is cancel safe.
            let stream = tokio::select! {
                () = cancel.cancelled() => break 'bound,
                changed = bound.changed() => match changed {
                    Ok(()) => continue 'bound,
                    Err(_) => break 'bound,
                },
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
                (Ok(permit), accepted) = async { (permit.await, listener.accept().await) } => {
                    accepted.map(|(stream, _)| (stream, permit))
                }
            };
            let Ok((stream, permit)) = stream else { continue };
            let (receiver, metrics) = (Arc::clone(&receiver), Arc::clone(&metrics));
            let tls = tls.as_ref().map(|tls| tls.acceptor());
            let (block, stopping) = (block.clone(), stopping.clone());
            connections.spawn(async move {
                connection(stream, (block, tls), receiver, metrics, stopping).await;
                drop(permit);
            });
        }
    }
    close();
    stopping.cancel();
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(grace(), all).await.is_err() {
        tracing::warn!("closed connections that did not end within graceful_shutdown_timeout");
    }
}

async fn connection(
    stream: TcpStream,
    (block, tls): (HttpServerBlock, Option<TlsAcceptor>),
    receiver: Arc<Receiver>,
    metrics: Arc<ServerMetrics>,
    stopping: CancellationToken,
) {
    let connections = metrics.connections.as_ref().map(|g| g.with_label_values(&["tcp"]));
    if let Some(gauge) = &connections {
        gauge.inc();
    }
    let read_timeout = block.options.server_read_timeout;
    let mut builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(read_timeout)
        .max_buf_size(MAX_HEADERS.max(16 << 10));
    builder.http2().timer(TokioTimer::new()).max_header_list_size(MAX_HEADERS as u32);
    let (begun, mut has_begun) = watch::channel(false);
    let service = service_fn(move |request: Request<Incoming>| {
        begun.send_replace(true);
        let (receiver, metrics, block) =
            (Arc::clone(&receiver), Arc::clone(&metrics), block.clone());
        async move {
            Ok::<_, std::convert::Infallible>(handle(request, &receiver, &metrics, &block).await)
        }
    });
    let serve = async {
        match &tls {
            Some(tls) => {
                let handshake = tokio::time::timeout(read_timeout, tls.accept(stream));
                let Ok(Ok(stream)) = handshake.await else { return };
                let connection = builder.serve_connection(TokioIo::new(stream), service);
                drive(connection, &mut has_begun, &stopping).await;
            }
            None => {
                let connection = builder.serve_connection(TokioIo::new(stream), service);
                drive(connection, &mut has_begun, &stopping).await;
            }
        }
    };
    serve.await;
    if let Some(gauge) = &connections {
        gauge.dec();
    }
}

/// Drives a connection to its end; once stopping, lets the request in flight end. A client that has
/// only just connected gets its answer as well.
async fn drive<C>(connection: C, begun: &mut watch::Receiver<bool>, stopping: &CancellationToken)
where
    C: hyper_util::server::graceful::GracefulConnection,
{
    let mut connection = std::pin::pin!(connection);
    // A connection that the client breaks off is not worth a line.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stopping.cancelled() => {}
    }
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = tokio::time::timeout(FIRST_REQUEST, begun.wait_for(|begun| *begun)) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _broken_off = connection.await;
}

async fn handle(
    request: Request<Incoming>,
    receiver: &Receiver,
    metrics: &ServerMetrics,
    block: &HttpServerBlock,
) -> Response<Full<Bytes>> {
    let start = Instant::now();
    let method = request.method().clone();
    let known = request.uri().path() == ROUTE;
    let mut size = 0;
    let (status, text) = match (known, &method) {
        (false, _) => (StatusCode::NOT_FOUND, "404 page not found\n".to_owned()),
        (true, &Method::POST) => {
            let (head, body) = request.into_parts();
            let read = Limited::new(body, MAX_BODY).collect();
            match tokio::time::timeout(block.options.server_read_timeout, read).await {
                Ok(Ok(body)) => {
                    let body = body.to_bytes();
                    size = body.len();
                    let write = receiver.write(&head.headers, body);
                    tokio::time::timeout(block.options.server_write_timeout, write)
                        .await
                        .unwrap_or_else(|_| {
                            (
                                StatusCode::SERVICE_UNAVAILABLE,
                                "the samples could not be passed on in time\n".to_owned(),
                            )
                        })
                }
                Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => (
                    StatusCode::PAYLOAD_TOO_LARGE,
                    format!("the body is larger than {MAX_BODY} bytes\n"),
                ),
                Ok(Err(error)) => (StatusCode::BAD_REQUEST, format!("reading the body: {error}\n")),
                Err(_) => {
                    (StatusCode::REQUEST_TIMEOUT, "reading the body took too long\n".to_owned())
                }
            }
        }
        (true, _) => (StatusCode::METHOD_NOT_ALLOWED, String::new()),
    };
    let route = if known { "api_v1_metrics_write" } else { "notfound" };
    metrics.observe(route, &method, status, start.elapsed(), [size, text.len()]);
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(http::header::ALLOW, http::HeaderValue::from_static("POST"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(file: &std::path::Path, text: &str, seconds: u64) {
        std::fs::write(file, text).expect("write a file");
        let file = std::fs::File::options().write(true).open(file).expect("open it");
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).expect("age it");
    }

    #[test]
    fn changed_certificates_are_read_again_unless_they_are_of_no_use() {
        let dir = tempfile::tempdir().expect("a directory");
        let [cert_file, key_file] = ["cert", "key"].map(|name| dir.path().join(name));
        let publish = |at: u64| {
            let pair =
                rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a pair");
            write(&cert_file, &pair.cert.pem(), at);
            write(&key_file, &pair.signing_key.serialize_pem(), at);
        };
        publish(1);
        let shown = |path: &std::path::Path| path.display().to_string();
        let tls = Tls::new(&ServerTlsBlock {
            cert_file: shown(&cert_file),
            key_file: shown(&key_file),
            ..ServerTlsBlock::default()
        })
        .expect("the pair is of use");
        let config = || Arc::clone(tls.acceptor().config());
        let first = config();
        assert!(Arc::ptr_eq(&first, &config()));
        publish(2);
        let second = config();
        assert!(!Arc::ptr_eq(&first, &second));
        write(&cert_file, "half of a cert", 3);
        assert!(Arc::ptr_eq(&second, &config()));
        publish(4);
        assert!(!Arc::ptr_eq(&second, &config()));
    }
}
