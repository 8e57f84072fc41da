//! A collector server in memory, from the protocol's definition.

use std::io::Write;
use std::sync::Arc;

use alloy_flow_http::testing::MemoryServer;
use bytes::Bytes;
use http::{Request, Response};
use parking_lot::Mutex;
use prost::Message;

use crate::proto::{
    Empty, GetConfigRequest, GetConfigResponse, RegisterCollectorRequest, StatusCode,
    UnregisterCollectorRequest,
};

/// What the server has and what it got.
#[derive(Default)]
pub(super) struct Book {
    /// The configuration to give; its hash is its length and first bytes.
    pub(super) config: String,
    /// Status and body of every answer, if set.
    pub(super) broken: Option<(u16, &'static str)>,
    /// Never answers calls of this name.
    pub(super) hangs: Option<&'static str>,
    /// What was called, in words.
    pub(super) calls: Vec<String>,
}

#[derive(Clone)]
pub(super) struct Server {
    pub(super) http: Arc<MemoryServer>,
    pub(super) book: Arc<Mutex<Book>>,
}

impl Server {
    pub(super) fn new(config: &str) -> Self {
        let book = Arc::new(Mutex::new(Book { config: config.to_owned(), ..Book::default() }));
        let answers = Arc::clone(&book);
        let http = MemoryServer::new(move |request| {
            let book = Arc::clone(&answers);
            async move {
                let hangs =
                    book.lock().hangs.is_some_and(|name| request.uri().path().ends_with(name));
                if hangs {
                    book.lock().calls.push("hangs".to_owned());
                    return std::future::pending().await;
                }
                answer(&mut book.lock(), &request)
            }
        });
        Self { http, book }
    }

    pub(super) fn set(&self, config: &str) {
        config.clone_into(&mut self.book.lock().config);
    }

    /// What was called since the last time.
    pub(super) fn calls(&self) -> String {
        std::mem::take(&mut self.book.lock().calls).join("\n")
    }
}

fn answer(book: &mut Book, request: &Request<Bytes>) -> Response<Bytes> {
    let header = |name: &str| request.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
    assert_eq!(request.method(), "POST");
    assert_eq!(header("content-type").as_deref(), Some("application/proto"));
    assert_eq!(header("connect-protocol-version").as_deref(), Some("1"));
    assert_eq!(header("accept-encoding").as_deref(), Some("gzip"));
    let method = request.uri().path().strip_prefix("/base/collector.v1.CollectorService/").unwrap();
    let body = request.body().clone();
    let (call, reply) = match method {
        "RegisterCollector" => {
            let message = RegisterCollectorRequest::decode(body).unwrap();
            let attributes: Vec<_> =
                message.local_attributes.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let call =
                format!("register {} {:?} {}", message.id, message.name, attributes.join(","));
            (call, Empty {}.encode_to_vec())
        }
        "UnregisterCollector" => {
            let message = UnregisterCollectorRequest::decode(body).unwrap();
            (format!("unregister {}", message.id), Empty {}.encode_to_vec())
        }
        "GetConfig" => {
            let message = GetConfigRequest::decode(body).unwrap();
            let hash = format!("h:{}", book.config);
            let not_modified = message.hash == hash;
            let reply = GetConfigResponse {
                content: if not_modified { String::new() } else { book.config.clone() },
                hash,
                not_modified,
            };
            (describe(&message), reply.encode_to_vec())
        }
        other => panic!("no method {other}"),
    };
    book.calls.push(call);
    if let Some((status, body)) = book.broken {
        let response =
            Response::builder().status(status).header("content-type", "application/json");
        return response.body(Bytes::from_static(body.as_bytes())).unwrap();
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&reply).unwrap();
    Response::builder()
        .header("content-type", "application/proto")
        .header("content-encoding", "gzip")
        .body(Bytes::from(gzip.finish().unwrap()))
        .unwrap()
}

fn describe(message: &GetConfigRequest) -> String {
    let mut text = format!("get {} {:?}", message.id, message.hash);
    if let Some(status) = &message.remote_config_status {
        let code = StatusCode::try_from(status.status).unwrap();
        text.push_str(&format!(" {code:?}({})", status.error_message));
    }
    if let Some(effective) = &message.effective_config {
        for (name, file) in &effective.config_map.as_ref().unwrap().config_map {
            let body = String::from_utf8(file.body.clone()).unwrap();
            text.push_str(&format!(" runs {name:?} {} {body:?}", file.content_type));
        }
    }
    text
}
