//! A repository behind an HTTP server: git's own program behind a small server in memory.

use std::io::Write;
use std::process::Stdio;
use std::sync::Arc;

use alloy_flow_http::testing::MemoryServer;
use alloy_flow_http::{Dial, Hidden};
use alloy_flow_module_source::{ModuleSource, Update};
use bytes::Bytes;
use http::{Request, Response};
use parking_lot::Mutex;

use super::{Fixture, failed, fresh, git, updated};
use crate::{GitAuth, GitOptions, GitSource};

/// `user:pass` in Base64.
const CREDENTIALS: &str = "Basic dXNlcjpwYXNz";

#[derive(Clone, Copy, Default)]
struct Rules {
    needs_credentials: bool,
    /// `/old` leads to `/repository`.
    moved: bool,
    /// Answers with a page instead.
    page: bool,
}

struct Server {
    http: Arc<MemoryServer>,
    rules: Arc<Mutex<Rules>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(fixture: &Fixture) -> Self {
        let rules = Arc::new(Mutex::new(Rules::default()));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let repository = fixture.repository();
        let (answers, log) = (Arc::clone(&rules), Arc::clone(&seen));
        let http = MemoryServer::new(move |request| {
            let (rules, repository) = (*answers.lock(), repository.clone());
            let agent = request.headers()["user-agent"].to_str().unwrap().to_owned();
            log.lock().push(format!("{} {} {agent}", request.method(), request.uri()));
            async move {
                tokio::task::spawn_blocking(move || answer(rules, &repository, &request))
                    .await
                    .unwrap()
            }
        });
        Self { http, rules, seen }
    }

    fn source(&self, options: GitOptions) -> GitSource {
        GitSource::new(options, Some(Arc::clone(&self.http) as Arc<dyn Dial>)).unwrap()
    }
}

fn status(code: u16) -> Response<Bytes> {
    Response::builder().status(code).body(Bytes::from_static(b"no")).unwrap()
}

/// Git's smart protocol over HTTP.
fn answer(rules: Rules, repository: &std::path::Path, request: &Request<Bytes>) -> Response<Bytes> {
    let path = request.uri().path();
    if rules.moved && path.starts_with("/old/") {
        let location = request.uri().to_string().replace("/old/", "/repository/");
        return Response::builder()
            .status(301)
            .header("location", location)
            .body(Bytes::new())
            .unwrap();
    }
    if rules.page {
        return Response::builder()
            .header("content-type", "text/html")
            .body(Bytes::from("<html>"))
            .unwrap();
    }
    let authorization = request.headers().get("authorization").map(|v| v.to_str().unwrap());
    if rules.needs_credentials && authorization != Some(CREDENTIALS) {
        return status(401);
    }
    let mut command = git();
    command.args(["upload-pack", "--stateless-rpc"]);
    if let Some(protocol) = request.headers().get("git-protocol") {
        command.env("GIT_PROTOCOL", protocol.to_str().unwrap());
    }
    let (mut body, kind) = match (request.method().as_str(), path) {
        ("GET", "/repository/info/refs") => {
            assert_eq!(request.uri().query(), Some("service=git-upload-pack"));
            command.arg("--http-backend-info-refs");
            (b"001e# service=git-upload-pack\n0000".to_vec(), "advertisement")
        }
        ("POST", "/repository/git-upload-pack") => (Vec::new(), "result"),
        _ => return status(404),
    };
    let mut child =
        command.arg(repository).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(request.body()).unwrap();
    body.extend(child.wait_with_output().unwrap().stdout);
    Response::builder()
        .header("content-type", format!("application/x-git-upload-pack-{kind}"))
        .body(Bytes::from(body))
        .unwrap()
}

fn options(fixture: &Fixture) -> GitOptions {
    GitOptions {
        repository: MemoryServer::url("/repository"),
        user_agent: "Alloy/test".to_owned(),
        ..fixture.options()
    }
}

fn basic(password: &str) -> GitAuth {
    GitAuth::Basic { username: "user".to_owned(), password: Hidden::new(password) }
}

#[tokio::test(start_paused = true)]
async fn a_repository_is_fetched_and_followed() {
    let fixture = Fixture::new();
    let server = Server::new(&fixture);
    let mut source = server.source(options(&fixture));
    assert_eq!(fresh(source.load().await), "m.alloy=one");
    assert_eq!(
        server.seen.lock()[0],
        "GET /repository/info/refs?service=git-upload-pack Alloy/test"
    );
    fixture.commit("m.alloy", "two");
    assert_eq!(updated(source.next().await), "m.alloy=two");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_leaves_the_last_good_clone() {
    let fixture = Fixture::new();
    let server = Server::new(&fixture);
    let mut source = server.source(options(&fixture));
    server.http.refuse(true);
    let text = source.load().await.unwrap_err().to_string();
    assert!(
        text.starts_with("failed to download repository \"http://server.test:80/repository\": "),
        "{text}"
    );
    assert!(text.contains("connection refused"), "{text}");
    server.http.refuse(false);
    assert!(matches!(source.next().await, Update::Content(_)));
    server.http.refuse(true);
    assert!(failed(source.next().await).contains("connection refused"));
    let mut again = server.source(options(&fixture));
    let loaded = again.load().await.unwrap();
    assert_eq!(super::show(&loaded.content), "m.alloy=one");
    assert!(loaded.stale.unwrap().to_string().contains("connection refused"));
}

#[tokio::test(start_paused = true)]
async fn credentials_are_sent_and_never_shown() {
    let fixture = Fixture::new();
    let server = Server::new(&fixture);
    server.rules.lock().needs_credentials = true;
    let load = |options: GitOptions| {
        let mut source = server.source(options);
        async move { source.load().await }
    };
    let text = load(options(&fixture)).await.unwrap_err().to_string();
    assert!(text.contains("HTTP status 401 Unauthorized: check the credentials"), "{text}");
    let wrong = GitOptions { auth: basic("hunter2"), ..options(&fixture) };
    assert!(!format!("{wrong:?}").contains("hunter2"));
    let text = load(wrong).await.unwrap_err().to_string();
    assert!(text.contains("401") && !text.contains("hunter2"), "{text}");
    let right = GitOptions { auth: basic("pass"), ..options(&fixture) };
    assert_eq!(fresh(load(right).await), "m.alloy=one");
    let in_url = "http://user:pass@server.test:80/repository".to_owned();
    let in_url = GitOptions { repository: in_url, ..options(&fixture) };
    assert_eq!(fresh(load(in_url).await), "m.alloy=one");
    let in_url = "http://user:hunter2@server.test:80/repository".to_owned();
    let in_url = GitOptions { repository: in_url, ..options(&fixture) };
    let text = load(in_url).await.unwrap_err().to_string();
    assert!(text.contains("401") && !text.contains("hunter2"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_repository_that_moved_is_found() {
    let fixture = Fixture::new();
    let server = Server::new(&fixture);
    server.rules.lock().moved = true;
    server.rules.lock().needs_credentials = true;
    let options = GitOptions {
        repository: MemoryServer::url("/old"),
        auth: basic("pass"),
        ..options(&fixture)
    };
    assert_eq!(fresh(server.source(options).load().await), "m.alloy=one");
    let seen = server.seen.lock();
    let posts: Vec<_> = seen.iter().filter(|line| line.starts_with("POST")).collect();
    assert!(
        !posts.is_empty() && posts.iter().all(|line| line.starts_with("POST /repository/")),
        "{seen:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn something_that_is_no_repository_is_refused() {
    let fixture = Fixture::new();
    let server = Server::new(&fixture);
    server.rules.lock().page = true;
    let text = server.source(options(&fixture)).load().await.unwrap_err().to_string();
    assert!(text.starts_with("failed to download repository"), "{text}");
    server.rules.lock().page = false;
    let missing = GitOptions { repository: MemoryServer::url("/none"), ..options(&fixture) };
    let text = server.source(missing).load().await.unwrap_err().to_string();
    assert!(text.contains("HTTP status 404 Not Found"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_fetch_is_bounded() {
    let fixture = Fixture::new();
    let server = Server::new(&fixture);
    let mut source = server.source(options(&fixture));
    source.limits().fetch_bytes = 300;
    let text = source.load().await.unwrap_err().to_string();
    assert!(text.contains("the answer is larger than 300 bytes"), "{text}");
}
