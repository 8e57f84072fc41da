//! The `Authorization` header of a request.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::client::ClientError;
use crate::proxy::basic;
use crate::{
    Auth, Client, ClientConfig, Decode, Dial, OAuth2Config, Redirects, Request, RequestError,
    Source,
};

/// A token is renewed this long before it expires, as common clients do.
const EXPIRY_MARGIN: Duration = Duration::from_secs(10);
/// Most bytes of a token endpoint's answer.
const MAX_TOKEN_ANSWER_BYTES: usize = 1 << 20;
/// What `application/x-www-form-urlencoded` leaves as it is.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Makes `Authorization` values.
pub(crate) enum Authenticator {
    Basic { username: String, password: Option<Source> },
    Authorization { scheme: String, credentials: Option<Source> },
    OAuth2(Box<OAuth2>),
}

impl Authenticator {
    pub(crate) fn new(
        auth: &Auth,
        user_agent: &str,
        dial: Option<Arc<dyn Dial>>,
    ) -> Result<Self, ClientError> {
        Ok(match auth.clone() {
            Auth::Basic { username, password } => Self::Basic { username, password },
            Auth::Authorization { scheme, credentials } => {
                Self::Authorization { scheme, credentials }
            }
            Auth::OAuth2(config) => {
                let client = ClientConfig {
                    tls: config.tls.clone(),
                    proxy: config.proxy.clone(),
                    redirects: Redirects::All,
                    user_agent: user_agent.to_owned(),
                    ..ClientConfig::default()
                };
                let url = config.token_url.parse().map_err(|_| ClientError::TokenUrl)?;
                Self::OAuth2(Box::new(OAuth2 {
                    client: Client::new(client, dial)?,
                    url,
                    config: *config,
                    token: tokio::sync::Mutex::new(None),
                }))
            }
        })
    }

    pub(crate) async fn value(&self) -> Result<HeaderValue, RequestError> {
        match self {
            Self::Basic { username, password } => {
                let password = read(password.as_ref()).await?;
                Ok(basic(username.as_bytes(), password.as_bytes()))
            }
            Self::Authorization { scheme, credentials } => {
                let credentials = read(credentials.as_ref()).await?;
                sensitive(&format!("{scheme} {credentials}"))
            }
            Self::OAuth2(oauth2) => oauth2.value().await,
        }
    }
}

fn sensitive(text: &str) -> Result<HeaderValue, RequestError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| RequestError::Credentials {
        reason: "they contain characters that a header cannot carry".to_owned(),
    })?;
    value.set_sensitive(true);
    Ok(value)
}

async fn read(source: Option<&Source>) -> Result<String, RequestError> {
    match source {
        None => Ok(String::new()),
        Some(Source::Inline(secret)) => Ok(secret.expose().to_owned()),
        Some(Source::File(path)) => {
            let text = tokio::fs::read_to_string(path).await.map_err(|error| {
                let reason = format!("cannot read {}: {error}", path.display());
                RequestError::Credentials { reason }
            })?;
            Ok(text.trim().to_owned())
        }
    }
}

pub(crate) struct OAuth2 {
    client: Client,
    url: Uri,
    config: OAuth2Config,
    /// Held while a token is fetched, so that one request fetches for all.
    token: tokio::sync::Mutex<Option<Token>>,
}

struct Token {
    value: HeaderValue,
    /// The secret that it was fetched with: another one fetches anew.
    secret: String,
    expires: Option<Instant>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    #[serde(default)]
    token_type: String,
    #[serde(default)]
    expires_in: serde_json::Value,
}

impl OAuth2 {
    async fn value(&self) -> Result<HeaderValue, RequestError> {
        let secret = read(Some(&self.config.client_secret)).await?;
        let mut token = self.token.lock().await;
        if let Some(known) = &*token
            && known.secret == secret
            && known.expires.is_none_or(|at| Instant::now() + EXPIRY_MARGIN < at)
        {
            return Ok(known.value.clone());
        }
        let fetched = self.fetch(secret).await?;
        let value = fetched.value.clone();
        *token = Some(fetched);
        Ok(value)
    }

    async fn fetch(&self, secret: String) -> Result<Token, RequestError> {
        // The client id and secret go in the header first; servers that want them in the body
        // answer with an error, and are asked again that way.
        let mut answer = self.ask(&secret, Style::Header).await?;
        if answer.is_none() {
            answer = self.ask(&secret, Style::Body).await?;
        }
        let failed = |reason: &str| RequestError::Credentials {
            reason: format!("the token endpoint {reason}"),
        };
        let answer = answer.ok_or_else(|| failed("refused the client credentials"))?;
        let answer: TokenAnswer = serde_json::from_slice(&answer)
            .map_err(|_| failed("answered with something that is not a token"))?;
        if answer.access_token.is_empty() {
            return Err(failed("answered without an access token"));
        }
        let scheme = match answer.token_type.to_lowercase().as_str() {
            "" | "bearer" => "Bearer".to_owned(),
            "mac" => "MAC".to_owned(),
            "basic" => "Basic".to_owned(),
            _ => answer.token_type,
        };
        let seconds = match &answer.expires_in {
            serde_json::Value::Number(n) => n.as_u64(),
            serde_json::Value::String(s) => s.parse().ok(),
            _ => None,
        };
        let expires = seconds
            .filter(|s| *s > 0)
            .and_then(|s| Instant::now().checked_add(Duration::from_secs(s)));
        let value = sensitive(&format!("{scheme} {}", answer.access_token))?;
        Ok(Token { value, secret, expires })
    }

    async fn ask(&self, secret: &str, style: Style) -> Result<Option<Vec<u8>>, RequestError> {
        let encode = |text: &str| utf8_percent_encode(text, FORM).to_string().replace("%20", "+");
        let mut form = "grant_type=client_credentials".to_owned();
        let mut add = |name: &str, value: &str| {
            form.push_str(&format!("&{}={}", encode(name), encode(value)));
        };
        if !self.config.scopes.is_empty() {
            add("scope", &self.config.scopes.join(" "));
        }
        for (name, value) in &self.config.endpoint_params {
            add(name, value);
        }
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        match style {
            Style::Header => {
                let (id, secret) = (encode(&self.config.client_id), encode(secret));
                headers.insert(header::AUTHORIZATION, basic(id.as_bytes(), secret.as_bytes()));
            }
            Style::Body => {
                add("client_id", &self.config.client_id);
                add("client_secret", secret);
            }
        }
        let request = Request {
            method: Method::POST,
            url: self.url.clone(),
            headers,
            body: Bytes::from(form),
        };
        // Boxed, since a client sends requests to get the token of its requests.
        let mut response = Box::pin(self.client.send(request)).await?;
        if !response.status.is_success() {
            return Ok(None);
        }
        let mut body = Vec::new();
        response.read_body(&mut body, MAX_TOKEN_ANSWER_BYTES, Decode::Gzip).await?;
        Ok(Some(body))
    }
}

#[derive(Clone, Copy)]
enum Style {
    Header,
    Body,
}
