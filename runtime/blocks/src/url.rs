//! URLs as attribute values.

use std::fmt;

use alloy_value::{DecodeError, FromValue, ToValue, TypeSchema, Value, quote, text_of};

/// What stands for a password where a URL is shown.
const REDACTED: &str = "xxxxx";
/// Characters that a host may hold besides letters, digits and those beyond ASCII.
const HOST_CHARACTERS: &str = "-_.~!$&'()*+,;=:[]<>\"%";

/// Text of a URL, checked when it is decoded: its scheme, host, port and escapes can be told apart.
/// It may be relative or empty; who uses it decides what it needs. Its password is not shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// The URL `text`.
    ///
    /// # Errors
    /// What is wrong with it, without its password.
    pub fn parse(text: &str) -> Result<Self, String> {
        match check(text) {
            Ok(()) => Ok(Self(text.to_owned())),
            Err(reason) => Err(format!("parse {}: {reason}", quote(&redacted(text)))),
        }
    }

    /// The URL with its password.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True if none is given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The URL with its password replaced.
    pub fn redacted(&self) -> String {
        redacted(&self.0)
    }
}

/// Text that its user takes as a URL: it is not checked when it is decoded. Its password is not
/// shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UrlText(String);

impl std::ops::Deref for UrlText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for UrlText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for UrlText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&redacted(&self.0), f)
    }
}

impl FromValue for UrlText {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        String::from_value(value).map(Self)
    }
}

impl ToValue for UrlText {
    const TYPE: TypeSchema = TypeSchema::String;

    fn to_value(&self) -> Value {
        Value::from(self.0.as_str())
    }
}

/// The URL `text` with its password replaced.
fn redacted(text: &str) -> String {
    let hidden = || {
        let (scheme, rest) = text.split_once("//")?;
        let (authority, path) = split_authority(rest);
        let (userinfo, host) = authority.rsplit_once('@')?;
        let (user, _) = userinfo.split_once(':')?;
        Some(format!("{scheme}//{user}:{REDACTED}@{host}{path}"))
    };
    hidden().unwrap_or_else(|| text.to_owned())
}

fn split_authority(rest: &str) -> (&str, &str) {
    rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()))
}

/// Why `text` is no URL.
fn check(text: &str) -> Result<(), String> {
    if text.chars().any(|c| c.is_ascii_control()) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let rest = match scheme_len(text)? {
        0 => text,
        len => &text[len + 1..],
    };
    let has_scheme = rest.len() < text.len();
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    // After the scheme either a path follows or something that only the scheme understands.
    if has_scheme && !rest.starts_with('/') {
        return Ok(());
    }
    let path = match rest.strip_prefix("//") {
        Some(rest) => {
            let (authority, path) = split_authority(rest);
            check_authority(authority)?;
            path
        }
        None => rest,
    };
    let first = path.split('/').next().unwrap_or_default();
    if !has_scheme && first.contains(':') {
        return Err("first path segment in URL cannot contain colon".to_owned());
    }
    check_escapes(path)?;
    check_escapes(fragment)
}

/// Length of the scheme in front of the first colon; 0 if there is none.
fn scheme_len(text: &str) -> Result<usize, String> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok(at),
            _ => return Ok(0),
        }
    }
    Ok(0)
}

fn check_authority(authority: &str) -> Result<(), String> {
    let (userinfo, host) = match authority.rsplit_once('@') {
        Some((userinfo, host)) => (Some(userinfo), host),
        None => (None, authority),
    };
    check_host(host)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    match userinfo {
        Some(userinfo) if !userinfo.chars().all(plain) => {
            Err("net/url: invalid userinfo".to_owned())
        }
        Some(userinfo) => check_escapes(userinfo),
        None => Ok(()),
    }
}

fn check_host(host: &str) -> Result<(), String> {
    let port = match host.strip_prefix('[') {
        Some(inner) => match inner.rsplit_once(']') {
            Some((_, port)) => port,
            None => return Err("missing ']' in host".to_owned()),
        },
        None => host.rfind(':').map_or("", |colon| &host[colon..]),
    };
    let is_port = port.is_empty()
        || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
    if !is_port {
        return Err(format!("invalid port {} after host", quote(port)));
    }
    let fits =
        |c: &char| !c.is_ascii() || c.is_ascii_alphanumeric() || HOST_CHARACTERS.contains(*c);
    match host.chars().find(|c| !fits(c)) {
        Some(wrong) => Err(format!("invalid character {} in host name", quote(&wrong.to_string()))),
        None => check_escapes(host),
    }
}

/// Every `%` begins an escape of two hexadecimal digits.
fn check_escapes(text: &str) -> Result<(), String> {
    for (at, _) in text.match_indices('%') {
        let escape: String = text[at..].chars().take(3).collect();
        let digits = &escape[1..];
        if digits.len() != 2 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(format!("invalid URL escape {}", quote(&escape)));
        }
    }
    Ok(())
}

impl From<&str> for Url {
    /// Unchecked, for defaults and for callers that parse the URL themselves.
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.redacted())
    }
}

impl FromValue for Url {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        Self::parse(&text_of(value)?).map_err(DecodeError::value)
    }
}

impl ToValue for Url {
    const TYPE: TypeSchema = TypeSchema::Text("url");

    fn to_value(&self) -> Value {
        Value::from(self.redacted())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn what_is_no_url_is_refused_with_its_reason() {
        let refused = [
            ":8080",
            "127.0.0.1:8080",
            "http://host:port/",
            "http://[::1",
            "http://a b/",
            "http://host/%zz",
            "http://host/%4",
            "http://us er:pass@host/",
            "http://host/\n",
        ];
        let reasons: String = refused
            .iter()
            .map(|text| format!("{}\n", Url::from_value(&Value::from(*text)).unwrap_err().message))
            .collect();
        expect![[r#"
            parse ":8080": missing protocol scheme
            parse "127.0.0.1:8080": first path segment in URL cannot contain colon
            parse "http://host:port/": invalid port ":port" after host
            parse "http://[::1": missing ']' in host
            parse "http://a b/": invalid character " " in host name
            parse "http://host/%zz": invalid URL escape "%zz"
            parse "http://host/%4": invalid URL escape "%4"
            parse "http://us er:xxxxx@host/": net/url: invalid userinfo
            parse "http://host/\n": net/url: invalid control character in URL
        "#]]
        .assert_eq(&reasons);
    }

    #[test]
    fn everything_else_is_kept_as_written() {
        let accepted = [
            "",
            "zz",
            "/path",
            "//host/path",
            "http://",
            "http://host:/x?y=%zz#z",
            "https://[::1]:10250/a%20b",
            "http://user:p%40ss@host",
            "http://höst/ä",
            "unix:///var/run/docker.sock",
            "localhost:8080",
            "mailto:a b",
        ];
        for text in accepted {
            let url = Url::from_value(&Value::from(text)).unwrap();
            assert_eq!(url.as_str(), text);
        }
        assert!(Url::from_value(&Value::Null).unwrap().is_empty());
    }

    #[test]
    fn passwords_are_not_shown() {
        let url = Url::from("http://u:canary@h:1/x?y");
        let shown = format!("{url:?} {:?}", url.to_value());
        assert!(!shown.contains("canary"), "{shown}");
        assert_eq!(url.redacted(), "http://u:xxxxx@h:1/x?y");
        assert_eq!(Url::from("http://h/x@y:z").redacted(), "http://h/x@y:z");
        assert_eq!(Url::from("nonsense").redacted(), "nonsense");
    }
}
