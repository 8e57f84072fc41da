//! `/api/v0/component/ID/…`: what components serve themselves (spec/http.md §4).

use std::sync::Arc;

use alloy_component::{HttpHandler, HttpRequest};
use alloy_runtime::GraphSnapshot;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;

use crate::State;
use crate::response::{Answer, empty, text};

/// Largest request body (design/performance.md §8).
const MAX_BODY_BYTES: usize = 20 * 1024 * 1024;

/// Where a path below the prefix leads.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    /// Index of the node, and the path within it.
    Node(usize, String),
    Nowhere,
}

/// The longest cut of `path` (without the prefix) that is the id of a node.
fn find(path: &str, index_of: impl Fn(&str) -> Option<usize>) -> Target {
    let (whole, trailing) = match path.strip_suffix('/') {
        Some(path) => (path, "/"),
        None => (path, ""),
    };
    let whole = whole.strip_prefix('/').unwrap_or(whole);
    let mut end = whole.len();
    loop {
        if let Some(node) = index_of(&whole[..end]) {
            return Target::Node(node, format!("{}{trailing}", &whole[end..]));
        }
        match whole[..end].rfind('/') {
            Some(cut) => end = cut,
            None => return Target::Nowhere,
        }
    }
}

pub(crate) async fn answer(state: &Arc<State>, request: Request<Incoming>) -> Answer {
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy().into_owned();
    let refuse = |reason: &str| {
        let path = alloy_value::quote(&path);
        text(StatusCode::BAD_REQUEST, format!("failed to parse URL path {path}: {reason}\n"))
    };
    let rest = path.strip_prefix("/api/v0/component/").unwrap_or(&path);
    // The ids of the remote configuration tell themselves from all others.
    let is_remote = rest.split('/').find(|part| !part.is_empty()) == Some("remotecfg");
    let runtime = if is_remote { &state.options.remote } else { &state.options.runtime };
    let snapshot: Arc<GraphSnapshot> = runtime.snapshot();
    let (node, rest) = match find(rest, |id| snapshot.index_of(id)) {
        Target::Node(node, rest) => (&snapshot.nodes[node], rest),
        Target::Nowhere => return refuse("invalid path"),
    };
    if !node.is_component() {
        return refuse(&format!("{} is not a component", alloy_value::quote(&node.info.id)));
    }
    let Some(handler) = node.http() else { return empty(StatusCode::NOT_FOUND) };
    let uri = match uri_of(&rest, request.uri().query()) {
        Some(uri) => uri,
        None => return refuse("invalid path"),
    };
    let (mut parts, body) = request.into_parts();
    parts.uri = uri;
    let body = match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return text(StatusCode::PAYLOAD_TOO_LARGE, "request body too large\n");
        }
        Err(error) => return text(StatusCode::BAD_REQUEST, format!("{error}\n")),
    };
    call(state, handler, Request::from_parts(parts, body)).await
}

fn uri_of(path: &str, query: Option<&str>) -> Option<Uri> {
    let path = if path.starts_with('/') { path } else { "/" };
    match query {
        Some(query) => format!("{path}?{query}").parse().ok(),
        None => path.parse().ok(),
    }
}

/// Runs the handler on the data plane; a panic in it is this request's own problem.
async fn call(state: &State, handler: HttpHandler, request: HttpRequest) -> Answer {
    match state.options.data_plane.spawn(async move { handler(request).await }).await {
        Ok(response) => response.map(|body| Full::new(body).boxed_unsync()),
        Err(error) => {
            tracing::error!(service = "http", err = %error, "component failed to answer a request");
            text(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: Target) {
        let ids = ["a.b", "a.b/c.d", "a.b/c.d/x"];
        assert_eq!(find(path, |id| ids.iter().position(|known| *known == id)), expected, "{path}");
    }

    #[test]
    fn the_longest_id_wins_and_the_rest_is_the_path() {
        check("a.b/metrics", Target::Node(0, "/metrics".to_owned()));
        check("a.b", Target::Node(0, String::new()));
        check("a.b/", Target::Node(0, "/".to_owned()));
        check("/a.b/m/n/", Target::Node(0, "/m/n/".to_owned()));
        check("a.b/c.d/metrics", Target::Node(1, "/metrics".to_owned()));
        check("a.b/c.d/x", Target::Node(2, String::new()));
        check("nope/metrics", Target::Nowhere);
        check("", Target::Nowhere);
    }
}
