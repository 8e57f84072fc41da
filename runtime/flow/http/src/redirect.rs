//! Follows redirects by the rules that Go's client made common.

use http::{HeaderMap, Method, StatusCode, Uri, header};

use crate::Redirects;

/// Redirects after which a request fails.
pub(crate) const MAX_REDIRECTS: usize = 10;

/// What becomes of method and body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Keep,
    Get,
}

/// Where `response` leads to, if it is followed at all.
pub(crate) fn target(
    policy: Redirects,
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
    from: &Uri,
) -> Option<(Uri, Next)> {
    let next = match (status.as_u16(), policy) {
        (_, Redirects::None) => return None,
        (301..=303, Redirects::All) if *method == Method::HEAD => Next::Keep,
        (301..=303, Redirects::All) => Next::Get,
        (307 | 308, _) => Next::Keep,
        _ => return None,
    };
    let location = headers.get(header::LOCATION)?.to_str().ok()?;
    Some((resolve(from, location)?, next))
}

/// True if credentials for `first` may go to `now`: the same host or one below it, and not from an
/// encrypted to a plain connection.
pub(crate) fn same_site(first: &Uri, now: &Uri) -> bool {
    let (Some(a), Some(b)) = (first.host(), now.host()) else { return false };
    if first.scheme_str() == Some("https") && now.scheme_str() != Some("https") {
        return false;
    }
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    a == b || b.strip_suffix(&a).is_some_and(|rest| rest.ends_with('.'))
}

/// Resolves a `Location` against the URL it came from (RFC 3986, section 5).
fn resolve(base: &Uri, location: &str) -> Option<Uri> {
    let location = location.split('#').next().unwrap_or_default();
    if location.contains("://") {
        let url: Uri = location.parse().ok()?;
        return matches!(url.scheme_str(), Some("http" | "https")).then_some(url);
    }
    let scheme = base.scheme_str()?;
    if let Some(rest) = location.strip_prefix("//") {
        return format!("{scheme}://{rest}").parse().ok();
    }
    let (path, query) = match location.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (location, None),
    };
    let (path, query) = match path {
        "" => (base.path().to_owned(), query.or(base.query())),
        path if path.starts_with('/') => (path.to_owned(), query),
        path => {
            let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
            (format!("{folder}/{path}"), query)
        }
    };
    let path = without_dots(&path);
    let authority = base.authority()?;
    match query {
        Some(query) => format!("{scheme}://{authority}{path}?{query}"),
        None => format!("{scheme}://{authority}{path}"),
    }
    .parse()
    .ok()
}

fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut parts = path.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        match part {
            "." => {
                if last {
                    kept.push("");
                }
            }
            ".." => {
                kept.pop();
                if last {
                    kept.push("");
                }
            }
            part => kept.push(part),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_resolve_against_the_url() {
        let base: Uri = "http://h:1/a/b?q".parse().unwrap();
        let cases = [
            ("http://x/y#f", "http://x/y"),
            ("//x/y", "http://x/y"),
            ("/y?z", "http://h:1/y?z"),
            ("c", "http://h:1/a/c"),
            ("../c", "http://h:1/c"),
            ("./../../c/.", "http://h:1/c/"),
            ("?z", "http://h:1/a/b?z"),
            ("", "http://h:1/a/b?q"),
        ];
        for (location, expected) in cases {
            assert_eq!(resolve(&base, location).unwrap().to_string(), expected, "{location}");
        }
        assert_eq!(resolve(&base, "ftp://x/y"), None);
    }

    #[test]
    fn credentials_stay_on_their_site() {
        let same = |a: &str, b: &str| same_site(&a.parse().unwrap(), &b.parse().unwrap());
        assert!(same("http://a.example/", "http://a.example:9/x"));
        assert!(same("http://a.example/", "http://b.a.example/"));
        assert!(!same("http://a.example/", "http://ba.example/"));
        assert!(!same("http://b.a.example/", "http://a.example/"));
        assert!(!same("https://a.example/", "http://a.example/"));
    }

    #[test]
    fn policy_decides_which_statuses_are_followed() {
        let headers = HeaderMap::from_iter([(header::LOCATION, "/y".parse().unwrap())]);
        let from: Uri = "http://h/".parse().unwrap();
        let go = |policy, code| {
            let status = StatusCode::from_u16(code).unwrap();
            target(policy, &Method::POST, status, &headers, &from).map(|(_, next)| next)
        };
        assert_eq!(go(Redirects::All, 302), Some(Next::Get));
        assert_eq!(go(Redirects::All, 308), Some(Next::Keep));
        assert_eq!(go(Redirects::All, 304), None);
        assert_eq!(go(Redirects::KeepMethod, 302), None);
        assert_eq!(go(Redirects::KeepMethod, 307), Some(Next::Keep));
        assert_eq!(go(Redirects::None, 307), None);
    }
}
