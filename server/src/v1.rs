//! `/api/v1/…`: what Alloy adds to the reference (spec/http.md §9).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use alloy_runtime::{Diagnostic, Evaluation, Plan, Problem, Reload, Source};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use crate::State;
use crate::response::{Answer, api_error, json, method_not_allowed};

/// Version of all forms.
const VERSION: u32 = 1;
/// What ids of the remote configuration start with.
const REMOTE: &str = "remotecfg/";
/// What the id of a node follows.
const TRACE: &str = "/api/v1/trace/";
/// Evaluations that are shown unless `?last=` says how many.
const LAST: usize = 10;
/// Longest configuration that a plan is asked for.
const MAX_PLAN_BYTES: usize = 16 * 1024 * 1024;
/// How long sending one may take.
const BODY_PATIENCE: Duration = Duration::from_secs(30);

/// True for paths that [`answer`] knows.
pub(crate) fn takes(path: &str) -> bool {
    matches!(path, "/api/v1/reloads" | "/api/v1/plan") || path.starts_with(TRACE)
}

/// Answers a path that [`takes`] accepts.
pub(crate) async fn answer(state: &Arc<State>, path: &str, request: Request<Incoming>) -> Answer {
    match (path, request.method()) {
        ("/api/v1/reloads", &Method::GET | &Method::HEAD) => reloads(state, request.headers()),
        ("/api/v1/reloads", _) => method_not_allowed("GET"),
        ("/api/v1/plan", &Method::POST) => plan(state, request).await,
        (path, &Method::GET | &Method::HEAD) if path.starts_with(TRACE) => {
            trace(state, &path[TRACE.len()..], &request)
        }
        (path, _) if path.starts_with(TRACE) => method_not_allowed("GET"),
        _ => method_not_allowed("POST"),
    }
}

#[derive(Serialize)]
struct Reloads<'a> {
    version: u32,
    /// Older loads that are not in the list any more.
    forgotten: u64,
    /// Newest first.
    reloads: Vec<&'a Reload>,
    /// The same of the remote configuration.
    remotecfg: Vec<&'a Reload>,
}

fn reloads(state: &State, headers: &HeaderMap) -> Answer {
    let snapshot = state.options.runtime.snapshot();
    let remote = state.options.remote.snapshot();
    let all = |of: &'_ alloy_runtime::Reloads| of.entries.to_vec();
    let (own, remote) = (all(&snapshot.reloads), all(&remote.reloads));
    json(
        headers,
        &Reloads {
            version: VERSION,
            forgotten: snapshot.reloads.forgotten,
            reloads: own.iter().map(|reload| &**reload).collect(),
            remotecfg: remote.iter().map(|reload| &**reload).collect(),
        },
    )
}

#[derive(Serialize)]
struct Trace<'a> {
    version: u32,
    id: &'a str,
    /// Newest first.
    evaluations: Vec<Evaluation>,
}

fn trace(state: &State, id: &str, request: &Request<Incoming>) -> Answer {
    let id = percent_decode_str(id).decode_utf8_lossy();
    let parameters = request.uri().query().unwrap_or_default().split('&');
    let last = parameters.rev().find_map(|parameter| parameter.strip_prefix("last="));
    let Ok(last) = last.map_or(Ok(LAST), str::parse) else {
        return api_error(StatusCode::BAD_REQUEST, "last must be a whole number");
    };
    let runtime = match id.starts_with(REMOTE) {
        true => &state.options.remote,
        false => &state.options.runtime,
    };
    match runtime.evaluations(&id, last) {
        Some(evaluations) => {
            json(request.headers(), &Trace { version: VERSION, id: &id, evaluations })
        }
        None => api_error(StatusCode::NOT_FOUND, "there is no such component"),
    }
}

#[derive(Deserialize)]
struct PlanRequest {
    sources: Vec<Text>,
}

#[derive(Deserialize)]
struct Text {
    name: String,
    text: String,
}

#[derive(Serialize)]
struct PlanAnswer {
    version: u32,
    outcome: &'static str,
    error: Option<String>,
    plan: Option<Plan>,
    diagnostics: Vec<Problem>,
}

async fn plan(state: &State, request: Request<Incoming>) -> Answer {
    // Pages of other sites can send forms and plain text without asking, but no JSON.
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_json = |value: &str| value.split(';').next().map(str::trim) == Some("application/json");
    if !content_type.is_some_and(is_json) {
        let message = "the configuration must be sent as application/json";
        return api_error(StatusCode::UNSUPPORTED_MEDIA_TYPE, message);
    }
    let Ok(_turn) = state.plans.try_acquire() else {
        let message = "other plans are being made; try again in a moment";
        return api_error(StatusCode::SERVICE_UNAVAILABLE, message);
    };
    let body = Limited::new(request.into_body(), MAX_PLAN_BYTES).collect();
    let body = match tokio::time::timeout(BODY_PATIENCE, body).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let message = format!("the configuration has more than {MAX_PLAN_BYTES} bytes");
            return api_error(StatusCode::PAYLOAD_TOO_LARGE, &message);
        }
        Ok(Err(error)) => return api_error(StatusCode::BAD_REQUEST, &error.to_string()),
        Err(_) => return api_error(StatusCode::REQUEST_TIMEOUT, "the request did not end in time"),
    };
    let request: PlanRequest = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => {
            let message = format!("the body is not the expected JSON: {error}");
            return api_error(StatusCode::BAD_REQUEST, &message);
        }
    };
    drop(body);
    let names: BTreeSet<&str> = request.sources.iter().map(|source| source.name.as_str()).collect();
    if names.len() < request.sources.len() {
        return api_error(StatusCode::BAD_REQUEST, "two sources have the same name");
    }
    let source = |text: Text| Source { name: text.name.into(), text: text.text.into() };
    let mut sources: Vec<Source> = request.sources.into_iter().map(source).collect();
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    let problems = |found: &[Diagnostic]| found.iter().map(Problem::from).collect();
    let answer = match state.options.loader.plan(sources).await {
        Ok(planned) => PlanAnswer {
            version: VERSION,
            outcome: "accepted",
            error: None,
            diagnostics: problems(&planned.diagnostics),
            plan: Some(planned.plan),
        },
        Err(error) => PlanAnswer {
            version: VERSION,
            outcome: "refused",
            error: Some(error.to_string()),
            plan: None,
            diagnostics: problems(&error.diagnostics),
        },
    };
    json(&HeaderMap::new(), &answer)
}
