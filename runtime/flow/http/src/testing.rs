//! An HTTP server in memory for the tests of what uses a [`Client`](crate::Client).
//!
//! It needs no port, so that tests run on virtual time: a clock that is paused goes on only while
//! nothing is under way.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::io::DuplexStream;
use tokio::task::JoinSet;

use crate::Dial;

type Handler =
    dyn Fn(http::Request<Bytes>) -> BoxFuture<'static, http::Response<Bytes>> + Send + Sync;

/// Bytes on their way in one direction.
const PIPE_BYTES: usize = 64 * 1024;

/// Answers the requests to one address; give it to a client as its [`Dial`].
pub struct MemoryServer {
    handler: Arc<Handler>,
    tasks: Mutex<JoinSet<()>>,
    refusing: Mutex<bool>,
}

impl MemoryServer {
    /// Host and port that are served.
    pub const ADDR: &'static str = "server.test:80";

    /// A server that answers with what `handler` gives.
    pub fn new<F>(handler: impl Fn(http::Request<Bytes>) -> F + Send + Sync + 'static) -> Arc<Self>
    where
        F: Future<Output = http::Response<Bytes>> + Send + 'static,
    {
        Arc::new(Self {
            handler: Arc::new(move |request| handler(request).boxed()),
            tasks: Mutex::new(JoinSet::new()),
            refusing: Mutex::new(false),
        })
    }

    /// URL of a path on this server.
    pub fn url(path: &str) -> String {
        format!("http://{}{path}", Self::ADDR)
    }

    /// From now on refuses connections and breaks those it has, or accepts again.
    pub fn refuse(&self, refuse: bool) {
        *self.refusing.lock() = refuse;
        if refuse {
            self.tasks.lock().abort_all();
        }
    }
}

impl Dial for MemoryServer {
    fn addr(&self) -> &str {
        Self::ADDR
    }

    fn dial(&self) -> BoxFuture<'static, std::io::Result<DuplexStream>> {
        if *self.refusing.lock() {
            return std::future::ready(Err(std::io::ErrorKind::ConnectionRefused.into())).boxed();
        }
        let (near, far) = tokio::io::duplex(PIPE_BYTES);
        let handler = Arc::clone(&self.handler);
        let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let handler = Arc::clone(&handler);
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await?.to_bytes();
                let response = handler(http::Request::from_parts(head, body)).await;
                Ok::<_, hyper::Error>(response.map(Full::new))
            }
        });
        let connection = async move {
            // A client that goes away is no failure of the server.
            let _ended = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(far), service)
                .await;
        };
        self.tasks.lock().spawn(connection);
        std::future::ready(Ok(near)).boxed()
    }
}
