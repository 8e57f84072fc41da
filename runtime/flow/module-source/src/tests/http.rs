use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ::http::{Request, Response};
use alloy_flow_http::testing::MemoryServer;
use alloy_flow_http::{ClientConfig, Dial};
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::time::{Instant, timeout};

use super::{fresh, show};
use crate::{HttpOptions, HttpSource, ModuleSource, SourceError, Update};

/// Answers with a status and a body that the test sets.
struct Fixture {
    server: Arc<MemoryServer>,
    answer: Arc<Mutex<(u16, String)>>,
    seen: Arc<Mutex<Vec<Request<Bytes>>>>,
}

impl Fixture {
    fn new(body: &str) -> Self {
        let answer = Arc::new(Mutex::new((200, body.to_owned())));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (answers, log) = (Arc::clone(&answer), Arc::clone(&seen));
        let server = MemoryServer::new(move |request| {
            log.lock().push(request);
            let (status, body) = answers.lock().clone();
            let mut response = Response::new(Bytes::from(body));
            *response.status_mut() = status.try_into().unwrap();
            std::future::ready(response)
        });
        Self { server, answer, seen }
    }

    fn set(&self, status: u16, body: &str) {
        *self.answer.lock() = (status, body.to_owned());
    }

    fn source(&self, options: HttpOptions) -> Result<HttpSource, SourceError> {
        HttpSource::new(options, Some(Arc::clone(&self.server) as Arc<dyn Dial>))
    }
}

fn options() -> HttpOptions {
    HttpOptions {
        url: MemoryServer::url("/lib/m.alloy"),
        method: "GET".to_owned(),
        headers: BTreeMap::new(),
        body: String::new(),
        poll_frequency: Duration::from_secs(60),
        poll_timeout: Duration::from_secs(10),
        client: ClientConfig { user_agent: "Alloy/test".to_owned(), ..ClientConfig::default() },
    }
}

#[tokio::test(start_paused = true)]
async fn the_body_is_trimmed_and_the_path_is_the_url_up_to_the_last_slash() {
    let fixture = Fixture::new("\n  declare \"a\" { }\n\t");
    let content = fresh(fixture.source(options()).unwrap().load().await);
    assert_eq!(show(&content), "import_http=declare \"a\" { } in http://server.test:80/lib/");
    let seen = fixture.seen.lock();
    assert_eq!(seen[0].headers()["user-agent"], "Alloy/test");
}

#[tokio::test(start_paused = true)]
async fn method_headers_and_body_are_sent() {
    let fixture = Fixture::new("");
    let headers = BTreeMap::from([
        ("X-One".to_owned(), "1".to_owned()),
        ("User-Agent".to_owned(), "mine".to_owned()),
    ]);
    let options =
        HttpOptions { method: "POST".to_owned(), headers, body: "ask".to_owned(), ..options() };
    fixture.source(options).unwrap().load().await.unwrap();
    let seen = fixture.seen.lock();
    assert_eq!(seen[0].method(), "POST");
    assert_eq!(seen[0].headers()["x-one"], "1");
    assert_eq!(seen[0].headers()["user-agent"], "mine");
    assert_eq!(seen[0].body(), "ask");
}

#[tokio::test(start_paused = true)]
async fn new_content_comes_with_the_next_poll_and_unchanged_is_ignored() {
    let fixture = Fixture::new("one");
    let mut source = fixture.source(options()).unwrap();
    source.load().await.unwrap();
    let began = Instant::now();
    let none = timeout(Duration::from_secs(150), source.next()).await;
    assert!(none.is_err());
    assert_eq!(fixture.seen.lock().len(), 3);
    fixture.set(200, "two");
    match source.next().await {
        Update::Content(content) => assert_eq!(&*content.files["import_http"], "two"),
        other => panic!("{other:?}"),
    }
    assert_eq!(began.elapsed().as_secs(), 180);
}

#[tokio::test(start_paused = true)]
async fn only_status_200_is_content() {
    let fixture = Fixture::new("one");
    fixture.set(204, "");
    let mut source = fixture.source(options()).unwrap();
    assert_eq!(source.load().await.unwrap_err().to_string(), "unexpected status code 204");
    fixture.set(200, "one");
    source.load().await.unwrap();
    fixture.set(500, "broken");
    assert_eq!(source.next().await, Update::Failed(SourceError::Status(500)));
    fixture.set(200, "one");
    assert_eq!(source.next().await, Update::Recovered);
}

#[tokio::test(start_paused = true)]
async fn a_first_failure_is_followed_by_the_first_content() {
    let fixture = Fixture::new("one");
    fixture.server.refuse(true);
    let mut source = fixture.source(options()).unwrap();
    let error = source.load().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to get module from http://server.test:80/lib/m.alloy: cannot connect to \
         server.test:80: client error (Connect): connection refused"
    );
    fixture.server.refuse(false);
    assert!(matches!(source.next().await, Update::Content(_)));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_given_up() {
    let server = MemoryServer::new(|_| std::future::pending::<Response<Bytes>>());
    let mut source = HttpSource::new(
        HttpOptions { url: MemoryServer::url("/m?token=secret"), ..options() },
        Some(server as Arc<dyn Dial>),
    )
    .unwrap();
    let began = Instant::now();
    let error = source.load().await.unwrap_err();
    assert_eq!(began.elapsed().as_secs(), 10);
    assert_eq!(
        error.to_string(),
        "failed to get module from http://server.test:80/m: no answer within 10s"
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_is_bounded() {
    let fixture = Fixture::new("");
    fixture.set(200, &"x".repeat(crate::MAX_BYTES + 1));
    let error = fixture.source(options()).unwrap().load().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to get module from http://server.test:80/lib/m.alloy: body exceeds the limit of \
         67108864 bytes"
    );
}

#[tokio::test(start_paused = true)]
async fn options_that_cannot_be_used_are_named() {
    let fixture = Fixture::new("");
    let check = |options: HttpOptions, expected: &str| {
        assert_eq!(fixture.source(options).unwrap_err().to_string(), expected);
    };
    check(HttpOptions { url: "::".to_owned(), ..options() }, "the url cannot be parsed");
    check(HttpOptions { url: "/only/path".to_owned(), ..options() }, "the url has no host");
    check(
        HttpOptions { method: "G T".to_owned(), ..options() },
        "\"G T\" is not a valid HTTP method",
    );
    let headers = BTreeMap::from([("bad name".to_owned(), String::new())]);
    check(HttpOptions { headers, ..options() }, "header \"bad name\" cannot be sent");
}
