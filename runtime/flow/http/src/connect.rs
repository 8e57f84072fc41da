//! Opens connections: directly, through a proxy, or to the listener inside the process.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;

use crate::proxy::{Proxy, ProxyRules};

/// Most bytes of a proxy's answer to `CONNECT`.
const MAX_CONNECT_ANSWER_BYTES: usize = 16 * 1024;

/// Dials a listener inside the process.
pub trait Dial: Send + Sync + 'static {
    /// The address that it answers to, `host:port`.
    fn addr(&self) -> &str;

    /// Opens a connection. Cancel safe.
    fn dial(&self) -> BoxFuture<'static, io::Result<DuplexStream>>;
}

trait Io: Read + Write + Send + Unpin {}
impl<T: Read + Write + Send + Unpin> Io for T {}

/// A connection.
pub(crate) struct Stream {
    io: Box<dyn Io>,
    /// Requests carry the whole URL, since a proxy reads them.
    proxied: bool,
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new().proxy(self.proxied)
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.io).poll_read(cx, buf)
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

/// Opens the connection for a URL.
#[derive(Clone)]
pub(crate) struct Connector {
    tcp: HttpConnector,
    dial: Option<Arc<dyn Dial>>,
    proxies: Arc<ProxyRules>,
}

impl Connector {
    pub(crate) fn new(dial: Option<Arc<dyn Dial>>, proxies: Arc<ProxyRules>) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(Duration::from_secs(30)));
        Self { tcp, dial, proxies }
    }

    async fn connect(mut self, url: Uri) -> Result<Stream, tower::BoxError> {
        if let Some(dial) = &self.dial
            && url.authority().is_some_and(|a| a.as_str() == dial.addr())
        {
            return Ok(Stream { io: Box::new(TokioIo::new(dial.dial().await?)), proxied: false });
        }
        let proxies = Arc::clone(&self.proxies);
        let Some(proxy) = proxies.choose(&url) else {
            let tcp = tower::Service::call(&mut self.tcp, url).await?;
            return Ok(Stream { io: Box::new(tcp), proxied: false });
        };
        let tcp = tower::Service::call(&mut self.tcp, proxy.url.clone()).await?;
        if url.scheme_str() == Some("https") {
            let tcp = open_tunnel(tcp.into_inner(), proxy, &proxies, &url).await?;
            return Ok(Stream { io: Box::new(TokioIo::new(tcp)), proxied: false });
        }
        Ok(Stream { io: Box::new(tcp), proxied: true })
    }
}

impl tower::Service<Uri> for Connector {
    type Response = Stream;
    type Error = tower::BoxError;
    type Future = BoxFuture<'static, Result<Stream, tower::BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        Box::pin(self.clone().connect(url))
    }
}

async fn open_tunnel(
    mut tcp: TcpStream,
    proxy: &Proxy,
    rules: &ProxyRules,
    url: &Uri,
) -> io::Result<TcpStream> {
    let host = url.host().unwrap_or_default();
    let port = url.port_u16().unwrap_or(443);
    let mut request =
        format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n").into_bytes();
    let mut header = |name: &str, value: &[u8]| {
        request.extend_from_slice(name.as_bytes());
        request.extend_from_slice(b": ");
        // A line break in a secret must not become a header of its own.
        request.extend(value.iter().filter(|b| !matches!(b, b'\r' | b'\n' | 0)));
        request.extend_from_slice(b"\r\n");
    };
    for (name, values) in &rules.connect_headers {
        values.iter().for_each(|value| header(name, value.expose().as_bytes()));
    }
    if let Some(value) = &proxy.authorization {
        header("Proxy-Authorization", value.as_bytes());
    }
    request.extend_from_slice(b"\r\n");
    tcp.write_all(&request).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        // Byte by byte at the end of the head only matters for a server that speaks first, which
        // TLS servers do not: what is read belongs to the proxy's answer.
        if answer.len() >= MAX_CONNECT_ANSWER_BYTES {
            return Err(io::Error::other("the proxy's answer to CONNECT is too long"));
        }
        if tcp.read_buf(&mut answer).await? == 0 {
            return Err(io::Error::other("the proxy closed the connection during CONNECT"));
        }
    }
    let line = answer.split(|b| *b == b'\r').next().unwrap_or_default();
    match line.split(|b| *b == b' ').nth(1) {
        Some([b'2', _, _]) => Ok(tcp),
        _ => {
            let line = String::from_utf8_lossy(line).into_owned();
            Err(io::Error::other(format!("the proxy refused CONNECT: {line}")))
        }
    }
}
