//! Carries git's protocol over the HTTP client that everything else uses: the same TLS, the same
//! rules for proxies and credentials.
//!
//! The git library blocks; it runs on a thread for blocking work and waits here for the runtime.

use std::io::{self, BufRead, Cursor, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use alloy_flow_http::{
    Auth, Client, ClientConfig, Dial, ProxyConfig, Redirects, Request, Response, Source,
};
use bytes::Bytes;
use gix_transport::client::blocking_io::http::{GetResponse, Http, PostBodyDataKind, PostResponse};
use http::header::{HeaderName, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Uri};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::options::{GitAuth, Prepared};

/// Most bytes of the answers to one fetch.
pub const MAX_FETCH_BYTES: u64 = 1 << 30;

/// Most bytes of one request: what is asked for is small.
const MAX_REQUEST_BYTES: usize = 64 << 20;

/// Without any byte for so long, a server is given up.
const IDLE: Duration = Duration::from_secs(60);

const MAX_REDIRECTS: usize = 10;

/// The way to one server, for one fetch.
#[derive(Clone)]
struct Wire {
    runtime: Handle,
    client: Client,
    /// For other sites: without the credentials.
    anonymous: Client,
    /// The site that the credentials are for.
    origin: Uri,
    user_agent: Option<HeaderValue>,
    cancel: CancellationToken,
    limit: u64,
    left: Arc<Mutex<u64>>,
}

impl Wire {
    /// Waits for `work`, which makes progress within [`IDLE`].
    fn wait<T>(
        &self,
        work: impl Future<Output = Result<T, alloy_flow_http::RequestError>>,
    ) -> io::Result<T> {
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => Err(io::ErrorKind::Interrupted.into()),
                result = tokio::time::timeout(IDLE, work) => match result {
                    Ok(result) => result.map_err(io::Error::other),
                    Err(_) => Err(io::Error::other(format!("no answer within {IDLE:?}"))),
                },
            }
        })
    }

    fn send(&self, request: Request) -> io::Result<Response> {
        let client = if self.is_trusted(&request.url) { &self.client } else { &self.anonymous };
        self.wait(client.send(request))
    }

    fn is_trusted(&self, url: &Uri) -> bool {
        let to_https = url.scheme_str() == Some("https");
        url.authority() == self.origin.authority()
            && (to_https || url.scheme() == self.origin.scheme())
    }

    fn chunk(&self, response: &mut Response) -> io::Result<Option<Bytes>> {
        let Some(chunk) = self.wait(response.chunk())? else { return Ok(None) };
        let mut left = self.left.lock();
        *left = left.checked_sub(chunk.len() as u64).ok_or_else(|| {
            io::Error::other(format!("the answer is larger than {} bytes", self.limit))
        })?;
        Ok(Some(chunk))
    }
}

/// The git library's HTTP.
pub(crate) struct Carrier {
    wire: Wire,
    redirected: Option<String>,
}

impl Carrier {
    /// # Errors
    /// If the client can't be made.
    pub(crate) fn new(
        prepared: &Prepared,
        dial: Option<Arc<dyn Dial>>,
        runtime: Handle,
        cancel: CancellationToken,
    ) -> Result<Self, String> {
        let anonymous = ClientConfig {
            // A redirect is followed here: the git library must know where it leads.
            redirects: Redirects::None,
            proxy: ProxyConfig { from_environment: true, ..ProxyConfig::default() },
            ..ClientConfig::default()
        };
        let auth = match &prepared.auth {
            GitAuth::Basic { username, password } => Some(Auth::Basic {
                username: username.clone(),
                password: Some(Source::Inline(password.clone())),
            }),
            GitAuth::None | GitAuth::Ssh(_) => None,
        };
        let config = ClientConfig { auth, ..anonymous.clone() };
        let client = |config| Client::new(config, dial.clone()).map_err(|error| error.to_string());
        let origin = prepared.url.to_bstring().to_string();
        Ok(Self {
            wire: Wire {
                runtime,
                client: client(config)?,
                anonymous: client(anonymous)?,
                origin: origin.parse().map_err(|_| "the URL cannot be requested".to_owned())?,
                user_agent: match prepared.options.user_agent.as_str() {
                    "" => None,
                    agent => HeaderValue::from_str(agent).ok(),
                },
                cancel,
                limit: prepared.limits.fetch_bytes,
                left: Arc::new(Mutex::new(prepared.limits.fetch_bytes)),
            },
            redirected: None,
        })
    }

    fn request(
        &self,
        method: Method,
        url: &str,
        lines: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> io::Result<Request> {
        let url = url.parse().map_err(|_| io::Error::other("the URL cannot be requested"))?;
        let mut headers = HeaderMap::new();
        for line in lines {
            let parts = line.as_ref().split_once(':').and_then(|(name, value)| {
                let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
                Some((name, HeaderValue::from_str(value.trim()).ok()?))
            });
            let (name, value) = parts.ok_or_else(|| io::Error::other("a header cannot be sent"))?;
            headers.append(name, value);
        }
        if let Some(agent) = &self.wire.user_agent {
            headers.insert(USER_AGENT, agent.clone());
        }
        Ok(Request { method, url, headers, body: Bytes::new() })
    }

    /// Sends a GET whose URL ends in `tail`, and follows redirects that keep this end.
    fn follow(&mut self, mut request: Request, tail: &str) -> io::Result<Response> {
        for _ in 0..=MAX_REDIRECTS {
            let response = self.wire.send(request.clone())?;
            let location = response.headers.get(LOCATION);
            let Some(location) = location.filter(|_| response.status.is_redirection()) else {
                return Ok(response);
            };
            let target = location
                .to_str()
                .ok()
                .and_then(|location| redirect_target(&request.url, location))
                .ok_or_else(|| io::Error::other("the server redirects to no usable URL"))?;
            let text = target.to_string();
            let Some(base) = text.strip_suffix(tail) else {
                return Err(io::Error::other(
                    "the server redirects to something that is no repository",
                ));
            };
            self.redirected = Some(base.to_owned());
            request.url = target;
        }
        Err(io::Error::other(format!("more than {MAX_REDIRECTS} redirects")))
    }
}

/// Where `location` leads from `url`; nothing if it is no HTTP or gives TLS up.
fn redirect_target(url: &Uri, location: &str) -> Option<Uri> {
    let (scheme, authority) = (url.scheme_str()?, url.authority()?);
    let target: Uri = if location.starts_with("//") {
        format!("{scheme}:{location}").parse().ok()?
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}").parse().ok()?
    } else {
        location.parse().ok()?
    };
    match target.scheme_str() {
        Some("https") => Some(target),
        Some("http") if scheme == "http" => Some(target),
        _ => None,
    }
}

/// A request and its response. The request of a POST is sent when its answer is asked for.
struct Exchange {
    wire: Wire,
    unsent: Option<Request>,
    body: Vec<u8>,
    response: Option<io::Result<Response>>,
}

impl Exchange {
    /// The headers as lines.
    fn head(&mut self) -> io::Result<Vec<u8>> {
        if let Some(mut request) = self.unsent.take() {
            request.body = std::mem::take(&mut self.body).into();
            self.response = Some(self.wire.send(request));
        }
        let response = match self.response.take() {
            Some(response) => self.response.insert(Ok(response?)),
            None => return Err(io::Error::other("the answer was lost")),
        };
        let Ok(response) = response else { return Err(io::Error::other("the answer was lost")) };
        if !response.status.is_success() {
            let hint = match response.status.as_u16() {
                401 | 403 => ": check the credentials",
                _ => "",
            };
            return Err(io::Error::other(format!("HTTP status {}{hint}", response.status)));
        }
        let mut lines = Vec::new();
        for (name, value) in &response.headers {
            lines.extend_from_slice(name.as_str().as_bytes());
            lines.push(b':');
            lines.extend_from_slice(value.as_bytes());
            lines.push(b'\n');
        }
        Ok(lines)
    }

    fn chunk(&mut self) -> io::Result<Bytes> {
        match &mut self.response {
            Some(Ok(response)) => Ok(self.wire.chunk(response)?.unwrap_or_default()),
            _ => Ok(Bytes::new()),
        }
    }
}

type Shared = Arc<Mutex<Exchange>>;

/// The headers of an answer.
pub(crate) struct Headers {
    exchange: Shared,
    lines: Option<Cursor<Vec<u8>>>,
}

impl Read for Headers {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(buf)?;
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Headers {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let lines = match &mut self.lines {
            Some(lines) => lines,
            none => none.insert(Cursor::new(self.exchange.lock().head()?)),
        };
        lines.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Some(lines) = &mut self.lines {
            lines.consume(amount);
        }
    }
}

/// The body of an answer.
pub(crate) struct Body {
    exchange: Shared,
    chunk: Bytes,
}

impl Read for Body {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(buf)?;
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Body {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.chunk.is_empty() {
            self.chunk = self.exchange.lock().chunk()?;
        }
        Ok(&self.chunk)
    }

    fn consume(&mut self, amount: usize) {
        let _consumed = self.chunk.split_to(amount.min(self.chunk.len()));
    }
}

/// The body of a request.
pub(crate) struct PostBody(Shared);

impl Write for PostBody {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let body = &mut self.0.lock().body;
        if body.len() + buf.len() > MAX_REQUEST_BYTES {
            return Err(io::Error::other("the request became too large"));
        }
        body.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Carrier {
    fn exchange(
        &self,
        unsent: Option<Request>,
        response: Option<io::Result<Response>>,
    ) -> (Shared, Headers, Body) {
        let exchange = Exchange { wire: self.wire.clone(), unsent, body: Vec::new(), response };
        let exchange = Arc::new(Mutex::new(exchange));
        let headers = Headers { exchange: Arc::clone(&exchange), lines: None };
        let body = Body { exchange: Arc::clone(&exchange), chunk: Bytes::new() };
        (exchange, headers, body)
    }
}

impl Http for Carrier {
    type Headers = Headers;
    type ResponseBody = Body;
    type PostBody = PostBody;

    fn get(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> gix::Result<GetResponse<Headers, Body>> {
        let tail = url.strip_prefix(base_url).unwrap_or_default().to_owned();
        let request = self.request(Method::GET, url, headers);
        // A failure is told with the headers, where the library expects it.
        let response = request.and_then(|request| self.follow(request, &tail));
        let (_, headers, body) = self.exchange(None, Some(response));
        Ok(GetResponse { headers, body })
    }

    fn post(
        &mut self,
        url: &str,
        _base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _body: PostBodyDataKind,
    ) -> gix::Result<PostResponse<Headers, Body, PostBody>> {
        let (exchange, headers, body) = match self.request(Method::POST, url, headers) {
            Ok(request) => self.exchange(Some(request), None),
            Err(error) => self.exchange(None, Some(Err(error))),
        };
        Ok(PostResponse { post_body: PostBody(exchange), headers, body })
    }

    fn configure(&mut self, _config: &dyn std::any::Any) -> gix::Result {
        // All comes from the options; the library's own configuration is not read.
        Ok(())
    }

    fn redirected_base_url(&self) -> Option<String> {
        self.redirected.clone()
    }
}
