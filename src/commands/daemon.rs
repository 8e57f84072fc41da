//! Asks a running Alloy through its web API: the flags, and one request.

use std::path::PathBuf;
use std::time::Duration;

use alloy_flow_http::{
    Auth, Client, ClientConfig, Decode, Hidden, Pem, ProxyConfig, Request, Source as Secret,
    TlsConfig,
};
use alloy_queries::Source;
use anyhow::{Context, Result, anyhow, bail};
use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};

use crate::cli::flags::{Flag, Kind, Parsed};

/// Longest answer that is read.
const BODY_LIMIT: usize = 64 << 20;
/// Where an Alloy listens that was told nothing else.
const DEFAULT_ADDRESS: &str = "http://127.0.0.1:12345";
/// Names the address where no flag does.
const ADDRESS_VARIABLE: &str = "ALLOY_ADDR";

pub(crate) const ADDR: Flag =
    Flag::new("addr", Kind::Text, "", "URL of a running Alloy; default: the variable ALLOY_ADDR");
pub(crate) const PREFIX: Flag =
    Flag::new("ui-path-prefix", Kind::Text, "/", "Path below which its UI and web API are");
pub(crate) const HEADER: Flag =
    Flag::new("header", Kind::List, "", "Header of each request, as NAME=VALUE");
pub(crate) const CA_FILE: Flag =
    Flag::new("ca-file", Kind::Text, "", "Certificate authorities to trust");
pub(crate) const INSECURE: Flag =
    Flag::new("insecure-skip-verify", Kind::Bool, "false", "Accept any certificate");
pub(crate) const BEARER: Flag =
    Flag::new("bearer-token-file", Kind::Text, "", "File with the token of each request");
pub(crate) const TIMEOUT: Flag =
    Flag::new("timeout", Kind::Duration, "10s", "How long to wait for an answer");

/// A running Alloy.
pub(crate) struct Daemon {
    /// URL without a slash at its end.
    address: String,
    prefix: String,
    client: Client,
    runtime: tokio::runtime::Runtime,
    timeout: Duration,
}

impl Daemon {
    /// The one that the command line or the environment names, if one does.
    pub(crate) fn named(parsed: &Parsed) -> Result<Option<Self>> {
        let address = match parsed.text(ADDR.long) {
            "" => std::env::var(ADDRESS_VARIABLE).unwrap_or_default(),
            address => address.to_owned(),
        };
        if address.is_empty() { Ok(None) } else { Self::at(address, parsed).map(Some) }
    }

    /// As [`Self::named`]; the one of this host if none is named.
    pub(crate) fn named_or_local(parsed: &Parsed) -> Result<Self> {
        match Self::named(parsed)? {
            Some(daemon) => Ok(daemon),
            None => Self::at(DEFAULT_ADDRESS.to_owned(), parsed),
        }
    }

    fn at(address: String, parsed: &Parsed) -> Result<Self> {
        let address = match address.contains("://") {
            true => address,
            false => format!("http://{address}"),
        };
        let client = Client::new(config(parsed)?, None)
            .with_context(|| format!("cannot prepare requests to {address}"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let prefix = parsed.text(PREFIX.long).trim_matches('/');
        Ok(Self {
            address: address.trim_end_matches('/').to_owned(),
            prefix: if prefix.is_empty() { String::new() } else { format!("/{prefix}") },
            client,
            runtime,
            timeout: parsed.duration(TIMEOUT.long),
        })
    }

    /// Where it is.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// A component's details; `None` if there is no such component.
    pub(crate) fn component(&self, id: &str) -> Result<Option<Json>> {
        self.get(&format!("/api/v0/web/components/{id}"))
    }

    /// What the configuration `sources` would do to it.
    pub(crate) fn plan(&self, sources: &[Source]) -> Result<Json> {
        let source = |source: &Source| json!({ "name": &*source.name, "text": &*source.text });
        let sources: Vec<Json> = sources.iter().map(source).collect();
        let body = json!({ "sources": sources }).to_string();
        let headers =
            HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let answer = self.exchange(Method::POST, "/api/v1/plan", headers, body.into())?;
        answer.ok_or_else(|| anyhow!("{} makes no plans: it is another version", self.address))
    }

    /// Why a node was evaluated; `None` if there is no such node.
    pub(crate) fn trace(&self, id: &str, last: usize) -> Result<Option<Json>> {
        self.get(&format!("/api/v1/trace/{}?last={last}", encoded(id)))
    }

    /// What is at `path` below the prefix; `None` if nothing is.
    fn get(&self, path: &str) -> Result<Option<Json>> {
        self.exchange(Method::GET, path, HeaderMap::new(), Bytes::new())
    }

    fn exchange(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Option<Json>> {
        let url = format!("{}{}{path}", self.address, self.prefix);
        let what = format!("{method} {url}");
        let uri = url.parse().with_context(|| format!("{url} is not a URL"))?;
        let request = Request { method, url: uri, headers, body };
        let exchange = async {
            let mut response = self.client.send(request).await?;
            let mut body: Vec<u8> = Vec::new();
            response.read_body(&mut body, BODY_LIMIT, Decode::Gzip).await?;
            anyhow::Ok((response.status.as_u16(), body))
        };
        let answer = self.runtime.block_on(async {
            match tokio::time::timeout(self.timeout, exchange).await {
                Ok(answer) => answer,
                Err(_) => Err(anyhow!("no answer within {:?}", self.timeout)),
            }
        });
        let (status, body): (u16, Vec<u8>) = answer.with_context(|| what.clone())?;
        let json = serde_json::from_slice::<Json>(&body);
        match status {
            200 => Ok(Some(json.with_context(|| format!("{what}: the answer is not JSON"))?)),
            404 => Ok(None),
            _ => match json.as_ref().ok().and_then(|json| json["error"].as_str()) {
                Some(error) => bail!("{what}: status {status}: {error}"),
                None => bail!("{what}: status {status}"),
            },
        }
    }
}

/// `id` as a part of a path; slashes stay, they are part of it.
fn encoded(id: &str) -> String {
    id.split('/')
        .map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC).to_string())
        .collect::<Vec<_>>()
        .join("/")
}

fn config(parsed: &Parsed) -> Result<ClientConfig> {
    let mut config = ClientConfig {
        proxy: ProxyConfig { from_environment: true, ..ProxyConfig::default() },
        user_agent: format!("alloy/{}", alloy::host::VERSION),
        ..ClientConfig::default()
    };
    config.tls = TlsConfig {
        insecure_skip_verify: parsed.bool(INSECURE.long),
        ca: Some(parsed.text(CA_FILE.long))
            .filter(|path| !path.is_empty())
            .map(|path| Pem::File(PathBuf::from(path))),
        ..TlsConfig::default()
    };
    if let path @ [_, ..] = parsed.text(BEARER.long).as_bytes() {
        let path = String::from_utf8_lossy(path).into_owned();
        let credentials = Some(Secret::File(PathBuf::from(path)));
        config.auth = Some(Auth::Authorization { scheme: "Bearer".to_owned(), credentials });
    }
    for header in parsed.list(HEADER.long) {
        let (name, value) = header
            .split_once('=')
            .ok_or_else(|| anyhow!("--header takes NAME=VALUE, got a text without ="))?;
        config.http_headers.push((name.to_owned(), vec![Hidden::new(value)]));
    }
    Ok(config)
}
