//! The client against servers on the loopback.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::sync::Arc;

use alloy_flow_http::{
    Auth, Client, ClientConfig, Decode, Dial, Hidden, OAuth2Config, Pem, ProxyConfig, Redirects,
    Request, RequestError, Source, TlsConfig,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

type Answer = Arc<dyn Fn(&str) -> Vec<u8> + Send + Sync>;

/// Answers requests by their text; keeps what it got.
struct Server {
    addr: String,
    seen: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Server {
    async fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::raw(Arc::new(move |r: &str| answer(r).into_bytes()), None).await
    }

    async fn raw(answer: Answer, tls: Option<tokio_rustls::TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        let log = Arc::clone(&seen);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, log, tls) = (Arc::clone(&answer), Arc::clone(&log), tls.clone());
                connections.spawn(async move {
                    match tls {
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, answer, log).await;
                            }
                        }
                        None => serve(stream, answer, log).await,
                    }
                });
            }
        });
        Self { addr, seen, _tasks: tasks }
    }

    fn url(&self, path: &str) -> http::Uri {
        format!("http://{}{path}", self.addr).parse().unwrap()
    }

    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock())
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: Answer,
    log: Arc<Mutex<Vec<String>>>,
) {
    let mut buffer = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&buffer).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|l| l.strip_prefix("Content-Length: "));
            if body.len() >= length.map_or(0, |n| n.parse().unwrap()) {
                let answer = answer(&text);
                log.lock().push(text);
                if stream.write_all(&answer).await.is_err() {
                    return;
                }
                buffer.clear();
                continue;
            }
        }
        if !matches!(stream.read_buf(&mut buffer).await, Ok(1..)) {
            return;
        }
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn redirect(status: u16, to: &str) -> String {
    format!("HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
}

async fn get(client: &Client, url: http::Uri) -> Result<(u16, String), RequestError> {
    let mut response = client.send(Request::get(url)).await?;
    let mut body = Vec::new();
    response.read_body(&mut body, 0, Decode::Gzip).await?;
    Ok((response.status.as_u16(), String::from_utf8(body).unwrap()))
}

fn client(config: ClientConfig) -> Client {
    Client::new(config, None).unwrap()
}

fn hidden(text: &str) -> Source {
    Source::Inline(Hidden::new(text))
}

fn bearer(token: Source) -> Option<Auth> {
    Some(Auth::Authorization { scheme: "Bearer".to_owned(), credentials: Some(token) })
}

#[tokio::test]
async fn headers_and_credentials_are_sent() {
    let server = Server::start(|_| ok("x")).await;
    let client = client(ClientConfig {
        auth: Some(Auth::Basic { username: "u".into(), password: Some(hidden("p:w")) }),
        http_headers: vec![("X-Two".into(), vec![Hidden::new("a"), Hidden::new("b")])],
        user_agent: "Alloy/test".into(),
        ..ClientConfig::default()
    });
    assert_eq!(get(&client, server.url("/p?q=1")).await.unwrap(), (200, "x".into()));
    let with_userinfo = format!("http://x:y%40@{}/", server.addr).parse().unwrap();
    get(&client, with_userinfo).await.unwrap();
    let seen = server.seen();
    assert!(seen[0].starts_with("GET /p?q=1 HTTP/1.1\r\n"), "{}", seen[0]);
    for line in ["Authorization: Basic dTpwOnc=", "X-Two: a", "X-Two: b", "User-Agent: Alloy/test"]
    {
        assert!(seen[0].contains(line), "{line}: {}", seen[0]);
    }
    assert!(seen[1].contains("Authorization: Basic eDp5QA=="), "{}", seen[1]);
    let shown = format!("{client:?}");
    assert!(!shown.contains("p:w") && !shown.contains("\"a\""), "{shown}");
}

#[tokio::test]
async fn credential_files_are_read_for_each_request() {
    let server = Server::start(|_| ok("")).await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, " one").unwrap();
    let auth = bearer(Source::File(file.path().to_owned()));
    let client = client(ClientConfig { auth, ..ClientConfig::default() });
    get(&client, server.url("/")).await.unwrap();
    std::fs::write(file.path(), "two").unwrap();
    get(&client, server.url("/")).await.unwrap();
    let seen = server.seen();
    assert!(seen[0].contains("Bearer one\r\n") && seen[1].contains("Bearer two\r\n"));
    std::fs::remove_file(file.path()).unwrap();
    let error = get(&client, server.url("/")).await.unwrap_err();
    assert!(matches!(error, RequestError::Credentials { .. }), "{error}");
}

#[tokio::test]
async fn redirects_follow_the_policy_and_credentials_stay() {
    let other = Server::start(|_| ok("other")).await;
    let elsewhere = other.url("/there").to_string().replace("127.0.0.1", "localhost");
    let server = Server::start(move |request| {
        let path = request.split(' ').nth(1).unwrap();
        match path {
            "/302" | "/307" => redirect(path[1..].parse().unwrap(), "/end"),
            "/loop" => redirect(301, "/loop"),
            "/away" => redirect(307, &elsewhere),
            _ => ok("end"),
        }
    })
    .await;
    let auth = bearer(hidden("token"));
    let all = client(ClientConfig { auth: auth.clone(), ..ClientConfig::default() });
    let post = |path: &str| Request {
        method: http::Method::POST,
        body: "body".into(),
        ..Request::get(server.url(path))
    };
    assert_eq!(all.send(post("/302")).await.unwrap().status, 200);
    assert_eq!(all.send(post("/307")).await.unwrap().status, 200);
    let seen = server.seen();
    assert!(seen[1].starts_with("GET /end ") && !seen[1].contains("body"), "{}", seen[1]);
    assert!(seen[3].starts_with("POST /end ") && seen[3].ends_with("body"), "{}", seen[3]);
    assert!(seen[3].contains("Bearer token"));
    assert!(matches!(all.send(post("/loop")).await.unwrap_err(), RequestError::Redirect));
    assert_eq!(server.seen().len(), 11);
    all.send(post("/away")).await.unwrap();
    assert!(!other.seen()[0].contains("token"), "another host gets no credentials");
    let with = |redirects| client(ClientConfig { redirects, ..ClientConfig::default() });
    assert_eq!(with(Redirects::None).send(post("/307")).await.unwrap().status, 307);
    assert_eq!(with(Redirects::KeepMethod).send(post("/307")).await.unwrap().status, 200);
    assert_eq!(with(Redirects::KeepMethod).send(post("/302")).await.unwrap().status, 302);
}

#[tokio::test]
async fn bodies_are_decoded_within_their_limit() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&vec![b'a'; 1 << 20]).unwrap();
    let packed = packed.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        packed.len()
    );
    let answer = [head.as_bytes(), &packed].concat();
    let server = Server::raw(Arc::new(move |_| answer.clone()), None).await;
    let client = client(ClientConfig::default());
    let read = async |limit, decode| {
        let mut response = client.send(Request::get(server.url("/"))).await.unwrap();
        let mut body = Vec::new();
        response.read_body(&mut body, limit, decode).await.map(|()| body.len())
    };
    assert_eq!(read(0, Decode::Gzip).await.unwrap(), 1 << 20);
    assert_eq!(read(1 << 20, Decode::Gzip).await.unwrap(), 1 << 20);
    let error = read((1 << 20) - 1, Decode::Gzip).await.unwrap_err();
    assert!(matches!(error, RequestError::TooLarge { .. }), "{error}");
    assert_eq!(read(0, Decode::Identity).await.unwrap(), packed.len());
}

struct Inside(tokio::sync::mpsc::Sender<DuplexStream>);

impl Dial for Inside {
    fn addr(&self) -> &str {
        "alloy.internal:12345"
    }

    fn dial(&self) -> BoxFuture<'static, std::io::Result<DuplexStream>> {
        let accept = self.0.clone();
        async move {
            let (ours, theirs) = tokio::io::duplex(1024);
            accept.send(theirs).await.expect("accepted");
            Ok(ours)
        }
        .boxed()
    }
}

#[tokio::test]
async fn the_address_inside_the_process_never_reaches_the_network() {
    let (accept, mut accepted) = tokio::sync::mpsc::channel(1);
    let proxy =
        ProxyConfig { url: Some(Hidden::new("http://127.0.0.1:1")), ..ProxyConfig::default() };
    let config = ClientConfig { proxy, ..ClientConfig::default() };
    let client = Client::new(config, Some(Arc::new(Inside(accept)))).unwrap();
    let log = Arc::new(Mutex::new(Vec::new()));
    let serving = async {
        let stream = accepted.recv().await.unwrap();
        serve(stream, Arc::new(|_: &str| ok("inside").into_bytes()), Arc::clone(&log)).await;
    };
    let asking = get(&client, "http://alloy.internal:12345/metrics".parse().unwrap());
    let answer = tokio::select! { answer = asking => answer, () = serving => panic!("closed") };
    assert_eq!(answer.unwrap(), (200, "inside".into()));
    assert!(log.lock()[0].contains("Host: alloy.internal:12345"), "{}", log.lock()[0]);
}

#[tokio::test]
async fn a_proxy_gets_whole_urls() {
    let proxy = Server::start(|_| ok("by proxy")).await;
    let url = Hidden::new(format!("http://u:p@{}", proxy.addr));
    let client = client(ClientConfig {
        proxy: ProxyConfig { url: Some(url), ..ProxyConfig::default() },
        ..ClientConfig::default()
    });
    let answer = get(&client, "http://nowhere.invalid/x".parse().unwrap()).await.unwrap();
    assert_eq!(answer, (200, "by proxy".into()));
    let seen = proxy.seen();
    assert!(seen[0].starts_with("GET http://nowhere.invalid/x HTTP/1.1"), "{}", seen[0]);
    assert!(seen[0].contains("Proxy-Authorization: Basic dTpw"), "{}", seen[0]);
}

#[tokio::test]
async fn oauth2_tokens_are_fetched_once_and_kept() {
    let tokens = Server::start(|request| match request.contains("Authorization: Basic ") {
        // Wants the client's secret in the body.
        true => "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n".to_owned(),
        false => ok(r#"{"access_token":"t1","token_type":"bearer","expires_in":3600}"#),
    })
    .await;
    let server = Server::start(|_| ok("")).await;
    let client = client(ClientConfig {
        auth: Some(Auth::OAuth2(Box::new(OAuth2Config {
            client_id: "id".into(),
            client_secret: hidden("s&"),
            scopes: vec!["a".into(), "b".into()],
            token_url: tokens.url("/token").to_string(),
            endpoint_params: vec![("audience".into(), "x y".into())],
            tls: TlsConfig::default(),
            proxy: ProxyConfig::default(),
        }))),
        ..ClientConfig::default()
    });
    for _ in 0..3 {
        get(&client, server.url("/")).await.unwrap();
    }
    assert!(server.seen().iter().all(|r| r.contains("Authorization: Bearer t1")));
    let asked = tokens.seen();
    assert_eq!(asked.len(), 2);
    let form =
        "grant_type=client_credentials&scope=a+b&audience=x+y&client_id=id&client_secret=s%26";
    assert!(asked[1].ends_with(form), "{}", asked[1]);
}

#[tokio::test]
async fn tls_is_verified_unless_told_otherwise() {
    let made = rcgen::generate_simple_self_signed(vec!["alloy.test".to_owned()]).unwrap();
    let key =
        tokio_rustls::rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der())
            .unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = tokio_rustls::rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let server = Server::raw(Arc::new(|_| ok("safe").into_bytes()), Some(acceptor)).await;
    let url: http::Uri = format!("https://{}/", server.addr).parse().unwrap();
    let with = |tls| client(ClientConfig { tls, ..ClientConfig::default() });
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, made.cert.pem()).unwrap();
    let trusted = TlsConfig {
        ca: Some(Pem::File(ca_file.clone())),
        server_name: "alloy.test".into(),
        ..TlsConfig::default()
    };
    let client_of_file = with(trusted.clone());
    assert_eq!(get(&client_of_file, url.clone()).await.unwrap().1, "safe");
    let skip = TlsConfig { insecure_skip_verify: true, ..TlsConfig::default() };
    assert_eq!(get(&with(skip), url.clone()).await.unwrap().1, "safe");
    let wrong_name = TlsConfig { server_name: "other.test".into(), ..trusted.clone() };
    for tls in [TlsConfig::default(), wrong_name] {
        let error = get(&with(tls), url.clone()).await.unwrap_err();
        assert!(matches!(error, RequestError::Connect { .. }), "{error}");
    }
    // The file is read again when it changes.
    std::fs::write(&ca_file, "no certificate").unwrap();
    let error = get(&client_of_file, url).await.unwrap_err();
    assert!(matches!(error, RequestError::Tls { .. }), "{error}");
    let missing = TlsConfig { ca: Some(Pem::File("/does/not/exist".into())), ..trusted };
    let config = ClientConfig { tls: missing, ..ClientConfig::default() };
    assert!(Client::new(config, None).is_err());
}
