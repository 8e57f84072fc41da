//! From a request to an answer (spec/http.md §1, §2).

use std::sync::Arc;

use alloy_component::HealthState;
use alloy_runtime::Trigger;
use http::header::LOCATION;
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use hyper::body::Incoming;
use tracing::Instrument;

use crate::listen::Origin;
use crate::response::{Answer, api_error, empty, method_not_allowed, not_found, text, with_type};
use crate::{State, component, live, metrics, v1, web_api};

const COMPONENT: &str = "/api/v0/component/";
const WEB_API: &str = "/api/v0/web/";

/// Answers `request`. For the traces of the process it is one span.
pub(crate) async fn answer(
    state: &Arc<State>,
    origin: Origin,
    request: Request<Incoming>,
) -> Answer {
    let span = tracing::info_span!(
        target: "trace",
        "HTTP",
        otel.name = route(&state.prefix, request.uri().path()),
        otel.kind = "server",
        http.request.method = request.method().as_str(),
        http.response.status_code = tracing::field::Empty,
    );
    alloy_tracing::set_parent(&span, request.headers());
    let answer = routed(state, origin, request).instrument(span.clone()).await;
    span.record("http.response.status_code", answer.status().as_u16());
    answer
}

/// Name of the route that a path takes: of these there are few, of paths any number.
fn route(prefix: &str, path: &str) -> &'static str {
    const FIXED: [&str; 5] = ["/-/ready", "/-/healthy", "/-/reload", "/-/support", "/metrics"];
    const PREFIXES: [(&str, &str); 5] = [
        (COMPONENT, "/api/v0/component/{id}"),
        ("/debug/pprof", "/debug/pprof"),
        ("/api/v1/ckit/transport/", "/api/v1/ckit/transport/"),
        (WEB_API, "/api/v0/web/{path}"),
        ("/api/v1/", "/api/v1/{path}"),
    ];
    if let Some(fixed) = FIXED.into_iter().find(|fixed| *fixed == path) {
        return fixed;
    }
    let below = path.strip_prefix(prefix).unwrap_or(path);
    let known =
        PREFIXES.iter().find(|(start, _)| path.starts_with(start) || below.starts_with(start));
    known.map_or("/", |(_, name)| name)
}

async fn routed(state: &Arc<State>, origin: Origin, request: Request<Incoming>) -> Answer {
    if origin == Origin::Network && !state.hosts.allow(request.uri(), request.headers()) {
        return text(
            StatusCode::FORBIDDEN,
            "this host name is not allowed; see --server.http.allowed-hosts\n",
        );
    }
    let path = request.uri().path();
    if let Some(clean) = cleaned(path) {
        let to = match request.uri().query() {
            Some(query) => format!("{clean}?{query}"),
            None => clean,
        };
        return located(empty(StatusCode::MOVED_PERMANENTLY), &to);
    }
    if path.starts_with(COMPONENT) {
        return component::answer(state, request).await;
    }
    // Fixed as the operational endpoints are, and also where the web API is.
    let own = path.strip_prefix(state.prefix.as_str()).unwrap_or(path);
    let added = [path, own].into_iter().find(|path| v1::takes(path)).map(str::to_owned);
    if let Some(path) = added {
        return v1::answer(state, &path, request).await;
    }
    match path {
        "/-/ready" => ready(state),
        "/-/healthy" => healthy(state),
        "/-/reload" => match *request.method() {
            Method::GET | Method::POST => reload(state).await,
            _ => method_not_allowed("GET, POST"),
        },
        "/-/support" => match *request.method() {
            Method::GET => support(state),
            _ => method_not_allowed("GET"),
        },
        "/metrics" => metrics::answer(state, request.headers().clone()).await,
        _ if path.starts_with("/debug/pprof") => pprof(state),
        _ if path.starts_with("/api/v1/ckit/transport/") => {
            text(StatusCode::NOT_FOUND, "clustering is disabled\n")
        }
        _ => below_prefix(state, request.uri(), request.headers()).await,
    }
}

/// Routes that move with `--server.http.ui-path-prefix`.
async fn below_prefix(state: &Arc<State>, uri: &Uri, headers: &HeaderMap) -> Answer {
    let Some(path) = uri.path().strip_prefix(state.prefix.as_str()) else { return not_found() };
    match path {
        "/" => with_type(StatusCode::OK, "text/html; charset=utf-8", page(&state.prefix)),
        "" => found(&format!("{}/", state.prefix)),
        _ if path.starts_with(WEB_API) => {
            let path = path[WEB_API.len()..].to_owned();
            if let Some(stream) = live::answer(state, &path, uri.query()) {
                return stream;
            }
            compute(state, headers.clone(), move |state, headers| {
                web_api::answer(state, &path, headers)
            })
            .await
        }
        "/graphql" | "/graphql/playground" => {
            api_error(StatusCode::NOT_FOUND, "GraphQL is not in this version yet")
        }
        _ if path.starts_with("/api/") => api_error(StatusCode::NOT_FOUND, "no such endpoint"),
        _ => not_found(),
    }
}

/// The path without empty and dot segments; `None` if it has none.
fn cleaned(path: &str) -> Option<String> {
    let dirty = |segment: &str| matches!(segment, "" | "." | "..");
    let inner = path.strip_prefix('/')?;
    let (segments, trailing) = match inner.strip_suffix('/') {
        Some(segments) => (segments, "/"),
        None => (inner, ""),
    };
    if segments.is_empty() && trailing.is_empty() || !segments.split('/').any(dirty) {
        return None;
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in segments.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let trailing = if kept.is_empty() { "" } else { trailing };
    Some(format!("/{}{trailing}", kept.join("/")))
}

fn found(to: &str) -> Answer {
    let body = format!("<a href=\"{to}\">Found</a>.\n\n");
    located(with_type(StatusCode::FOUND, "text/html; charset=utf-8", body), to)
}

fn located(mut response: Answer, to: &str) -> Answer {
    if let Ok(value) = to.parse() {
        response.headers_mut().insert(LOCATION, value);
    }
    response
}

fn ready(state: &State) -> Answer {
    match state.options.runtime.is_ready() {
        true => text(StatusCode::OK, "Alloy is ready.\n"),
        false => text(StatusCode::SERVICE_UNAVAILABLE, "Alloy is not ready.\n"),
    }
}

fn healthy(state: &State) -> Answer {
    let snapshot = state.options.runtime.snapshot();
    let unhealthy: Vec<&str> = snapshot
        .components()
        .filter(|(cell, _)| {
            cell.info.module_id.is_empty()
                && cell.health().is_some_and(|health| health.state == HealthState::Unhealthy)
        })
        .map(|(cell, _)| &*cell.info.name)
        .collect();
    match unhealthy.is_empty() {
        true => text(StatusCode::OK, "All Alloy components are healthy.\n"),
        false => text(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("unhealthy components: {}\n", unhealthy.join(", ")),
        ),
    }
}

async fn reload(state: &State) -> Answer {
    match state.options.loader.reload(Trigger::Http).await {
        Ok(()) => {
            tracing::info!(service = "http", "config reloaded");
            text(StatusCode::OK, "config reloaded\n")
        }
        Err(error) => {
            tracing::error!(service = "http", err = %error, "failed to reload config");
            text(StatusCode::BAD_REQUEST, format!("{error}\n"))
        }
    }
}

/// Runs CPU work outside of the thread that accepts and answers.
pub(crate) async fn compute(
    state: &Arc<State>,
    headers: HeaderMap,
    work: impl FnOnce(&State, &HeaderMap) -> Answer + Send + 'static,
) -> Answer {
    let state = Arc::clone(state);
    tokio::task::spawn_blocking(move || work(&state, &headers)).await.unwrap_or_else(|error| {
        tracing::error!(service = "http", err = %error, "request failed");
        text(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n")
    })
}

fn pprof(state: &State) -> Answer {
    match state.options.pprof {
        true => text(StatusCode::NOT_FOUND, "profiles are not in this version yet\n"),
        false => not_found(),
    }
}

fn support(state: &State) -> Answer {
    match state.options.support_bundle {
        true => text(StatusCode::NOT_FOUND, "support bundles are not in this version yet\n"),
        false => {
            let body = "support bundle generation is disabled; it can be re-enabled by removing \
                        the --server.http.disable-support-bundle flag";
            with_type(StatusCode::FORBIDDEN, "text/plain; charset=utf-8", body)
        }
    }
}

/// Names the endpoints, until there is a user interface.
fn page(prefix: &str) -> String {
    let base = |path: &str| format!("{prefix}{path}");
    let rows = [
        ("/metrics".to_owned(), "own metrics in the Prometheus text format"),
        ("/-/ready".to_owned(), "200 once the first load has succeeded"),
        ("/-/healthy".to_owned(), "200 while no component is unhealthy"),
        (base("/api/v0/web/components"), "all components with their health"),
        ("/api/v1/reloads".to_owned(), "which configurations were loaded, and what that changed"),
    ];
    let mut html = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Alloy</title></head>\n\
         <body>\n<h1>Alloy</h1>\n<ul>\n",
    );
    for (path, what) in rows {
        html.push_str(&format!("<li><a href=\"{path}\">{path}</a>: {what}</li>\n"));
    }
    html.push_str(&format!(
        "<li>{}: one component with its arguments, exports and debug information</li>\n\
         <li>/api/v0/component/ID/…: what the component itself serves, such as an exporter's /metrics</li>\n\
         <li>POST /-/reload: read the configuration again</li>\n</ul>\n</body>\n</html>\n",
        base("/api/v0/web/components/ID")
    ));
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_named_by_the_route() {
        for (path, expected) in [
            ("/-/ready", "/-/ready"),
            ("/metrics", "/metrics"),
            ("/api/v0/component/a.b/metrics", "/api/v0/component/{id}"),
            ("/ui/api/v0/web/components", "/api/v0/web/{path}"),
            ("/ui/", "/"),
            ("/anything?x", "/"),
        ] {
            assert_eq!(route("/ui", path), expected, "{path}");
        }
    }

    #[test]
    fn paths_lose_empty_and_dot_segments() {
        for (path, expected) in [
            ("/", None),
            ("/metrics", None),
            ("/ui/", None),
            ("//", Some("/")),
            ("/a//b", Some("/a/b")),
            ("/a/./b/", Some("/a/b/")),
            ("/a/../../b", Some("/b")),
            ("/a/..", Some("/")),
            ("*", None),
        ] {
            assert_eq!(cleaned(path).as_deref(), expected, "{path}");
        }
    }
}
