//! Chooses the proxy of a request.

use std::net::IpAddr;

use base64::Engine as _;
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;

use crate::client::ClientError;
use crate::{Hidden, ProxyConfig};

/// A proxy to connect through.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    /// Its URL without user info.
    pub(crate) url: Uri,
    /// `Proxy-Authorization`.
    pub(crate) authorization: Option<HeaderValue>,
}

/// Which proxy serves which URL.
#[derive(Debug, Default)]
pub(crate) struct ProxyRules {
    http: Option<Proxy>,
    https: Option<Proxy>,
    exceptions: NoProxy,
    /// Loopback addresses are dialled directly.
    spare_loopback: bool,
    pub(crate) connect_headers: Vec<(String, Vec<Hidden>)>,
}

impl ProxyRules {
    pub(crate) fn new(config: &ProxyConfig) -> Result<Self, ClientError> {
        let env = |upper: &str| {
            let value = std::env::var(upper).or_else(|_| std::env::var(upper.to_lowercase()));
            value.ok().filter(|v| !v.is_empty())
        };
        let mut rules = Self { connect_headers: config.connect_headers.clone(), ..Self::default() };
        if config.from_environment {
            rules.http = env("HTTP_PROXY").map(|url| parse(&url)).transpose()?;
            rules.https = env("HTTPS_PROXY").map(|url| parse(&url)).transpose()?;
            rules.exceptions = NoProxy::parse(&env("NO_PROXY").unwrap_or_default());
            rules.spare_loopback = true;
        } else if let Some(url) = &config.url {
            let proxy = parse(url.expose())?;
            rules.http = Some(proxy.clone());
            rules.https = Some(proxy);
            rules.exceptions = NoProxy::parse(&config.no_proxy);
            rules.spare_loopback = !config.no_proxy.is_empty();
        }
        Ok(rules)
    }

    /// The proxy of `url`, if it has one.
    pub(crate) fn choose(&self, url: &Uri) -> Option<&Proxy> {
        let https = url.scheme_str() == Some("https");
        let proxy = if https { &self.https } else { &self.http }.as_ref()?;
        let host = url.host()?.trim_start_matches('[').trim_end_matches(']');
        let port = url.port_u16().unwrap_or(if https { 443 } else { 80 });
        let ip: Option<IpAddr> = host.parse().ok();
        let loopback = host == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
        if (self.spare_loopback && loopback) || self.exceptions.contains(host, ip, port) {
            return None;
        }
        Some(proxy)
    }
}

fn parse(text: &str) -> Result<Proxy, ClientError> {
    // A proxy without a scheme is an HTTP proxy, as in the usual environment variables.
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url: Uri = text.parse().map_err(|_| ClientError::ProxyUrl)?;
    match url.scheme_str() {
        Some("http") => {}
        Some(scheme @ ("https" | "socks5" | "socks5h")) => {
            return Err(ClientError::Unsupported(format!("proxy_url with the scheme {scheme}")));
        }
        _ => return Err(ClientError::ProxyUrl),
    }
    let (url, authorization) = split_userinfo(url);
    if url.host().is_none_or(str::is_empty) {
        return Err(ClientError::ProxyUrl);
    }
    Ok(Proxy { url, authorization })
}

/// Takes the user info out of a URL and turns it into a basic authentication value.
pub(crate) fn split_userinfo(url: Uri) -> (Uri, Option<HeaderValue>) {
    let Some(authority) = url.authority() else { return (url, None) };
    let Some((userinfo, host)) = authority.as_str().rsplit_once('@') else { return (url, None) };
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    let user = percent_decode_str(user).collect::<Vec<u8>>();
    let password = percent_decode_str(password).collect::<Vec<u8>>();
    let value = basic(&user, &password);
    let Ok(host) = host.parse::<http::uri::Authority>() else { return (url, Some(value)) };
    let mut parts = url.clone().into_parts();
    parts.authority = Some(host);
    (Uri::from_parts(parts).unwrap_or(url), Some(value))
}

/// `Basic` credentials.
pub(crate) fn basic(user: &[u8], password: &[u8]) -> HeaderValue {
    let text = [user, b":", password].concat();
    let text = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text));
    let mut value =
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("Basic"));
    value.set_sensitive(true);
    value
}

#[derive(Debug, Default)]
struct NoProxy {
    all: bool,
    rules: Vec<(Exception, Option<u16>)>,
}

#[derive(Debug)]
enum Exception {
    Ip(IpAddr),
    Network(IpAddr, u8),
    /// The domain and what is below it.
    Domain(String),
    /// Only what is below the domain.
    Below(String),
}

impl NoProxy {
    fn parse(list: &str) -> Self {
        let mut found = Self::default();
        for item in list.split(',').map(|i| i.trim().to_lowercase()).filter(|i| !i.is_empty()) {
            if item == "*" {
                found.all = true;
            } else if let Some((ip, bits)) = item.split_once('/') {
                if let (Ok(ip), Ok(bits)) = (ip.parse(), bits.parse()) {
                    found.rules.push((Exception::Network(ip, bits), None));
                }
            } else {
                let (host, port) = split_port(&item);
                let rule = if let Ok(ip) = host.parse() {
                    Exception::Ip(ip)
                } else if let Some(domain) = host.strip_prefix("*.").or(host.strip_prefix('.')) {
                    Exception::Below(domain.to_owned())
                } else {
                    Exception::Domain(host.to_owned())
                };
                found.rules.push((rule, port));
            }
        }
        found
    }

    fn contains(&self, host: &str, ip: Option<IpAddr>, port: u16) -> bool {
        let host = host.to_lowercase();
        self.all
            || self.rules.iter().any(|(rule, only)| {
                only.is_none_or(|only| only == port)
                    && match rule {
                        Exception::Ip(known) => ip == Some(*known),
                        Exception::Network(net, bits) => {
                            ip.is_some_and(|ip| in_network(ip, *net, *bits))
                        }
                        Exception::Domain(domain) => host == *domain || is_below(&host, domain),
                        Exception::Below(domain) => is_below(&host, domain),
                    }
            })
    }
}

fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}

fn split_port(item: &str) -> (&str, Option<u16>) {
    if item.parse::<IpAddr>().is_ok() {
        return (item, None);
    }
    match item.rsplit_once(':') {
        Some((host, port)) => match port.parse() {
            Ok(port) => (host.trim_start_matches('[').trim_end_matches(']'), Some(port)),
            Err(_) => (item, None),
        },
        None => (item, None),
    }
}

fn in_network(ip: IpAddr, net: IpAddr, bits: u8) -> bool {
    let same = |a: &[u8], b: &[u8]| {
        let bits = usize::from(bits).min(a.len() * 8);
        let (whole, rest) = (bits / 8, bits % 8);
        a[..whole] == b[..whole] && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0)
    };
    match (ip, net) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(&a.octets(), &b.octets()),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(&a.octets(), &b.octets()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(no_proxy: &str) -> ProxyRules {
        ProxyRules::new(&ProxyConfig {
            url: Some(Hidden::new("http://u:p%40@proxy.example:3128")),
            no_proxy: no_proxy.to_owned(),
            ..ProxyConfig::default()
        })
        .unwrap()
    }

    #[test]
    fn exceptions_match_names_addresses_networks_and_ports() {
        let cases = [
            ("", "http://localhost/", true),
            ("x.example", "http://localhost/", false),
            ("x.example", "http://127.0.0.1:9/", false),
            ("a.example", "http://a.example/", false),
            ("a.example", "http://b.a.example/", false),
            ("a.example", "http://ba.example/", true),
            (".a.example", "http://a.example/", true),
            (".a.example", "http://b.a.example/", false),
            ("10.0.0.0/9", "http://10.127.0.1/", false),
            ("10.0.0.0/9", "http://10.128.0.1/", true),
            ("10.0.0.1", "http://10.0.0.1:81/", false),
            ("10.0.0.1:80", "http://10.0.0.1:81/", true),
            ("*", "https://anything/", false),
            ("::1/128,fd00::/8", "http://[fd00::2]/", false),
        ];
        for (no_proxy, url, proxied) in cases {
            let chosen = rules(no_proxy).choose(&url.parse().unwrap()).is_some();
            assert_eq!(chosen, proxied, "{no_proxy} {url}");
        }
    }

    #[test]
    fn user_info_becomes_an_authorization_and_is_not_shown() {
        let rules = rules("");
        let proxy = rules.choose(&"http://x/".parse().unwrap()).unwrap();
        assert_eq!(proxy.url, "http://proxy.example:3128/");
        assert_eq!(proxy.authorization.as_ref().unwrap(), "Basic dTpwQA==");
        assert!(!format!("{rules:?}").contains("dTpwQA"), "{rules:?}");
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_by_name() {
        let config =
            ProxyConfig { url: Some(Hidden::new("socks5://x:1")), ..ProxyConfig::default() };
        let error = ProxyRules::new(&config).unwrap_err().to_string();
        assert!(error.contains("socks5"), "{error}");
    }
}
