//! `/api/v0/web/debug/ID` and `/api/v0/web/graph[/MODULE]`: what flows through components, as it
//! flows (spec/http.md §5.3, §5.4).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use alloy_component::{Items, Rates};
use alloy_runtime::GraphSnapshot;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
use http::StatusCode;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::State;
use crate::response::{Answer, text, with_type};
use crate::web_api::runs;

/// What ends an item.
const DELIMITER: &str = "|;|";
/// How often items are sent.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
const DEFAULT_WINDOW_SECONDS: u64 = 5;
const OFF: &str = "the live debugging service is disabled. Check the documentation to find out how to enable it\n";

/// Answers what follows `/api/v0/web/`, if it is one of the streams.
pub(crate) fn answer(state: &Arc<State>, path: &str, query: Option<&str>) -> Option<Answer> {
    let path = percent_decode_str(path).decode_utf8_lossy();
    if let Some(id) = path.strip_prefix("debug/") {
        return Some(debug(state, id, query));
    }
    match path.strip_prefix("graph")? {
        "" => Some(graph(state, "", query)),
        rest => rest.strip_prefix('/').map(|module| graph(state, module, query)),
    }
}

/// The graph that a global id or the id of a module belongs to.
fn snapshot_of(state: &State, id: &str) -> Arc<GraphSnapshot> {
    match id.starts_with("remotecfg/") {
        true => state.options.remote.snapshot(),
        false => state.options.runtime.snapshot(),
    }
}

fn refuse(reason: impl Into<Bytes>) -> Answer {
    text(StatusCode::INTERNAL_SERVER_ERROR, reason)
}

/// Value of a parameter; of a repeated one the first.
fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
    let value = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()?;
    Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
}

fn debug(state: &Arc<State>, id: &str, query: Option<&str>) -> Answer {
    let probability = match parameter(query, "sampleProb").filter(|text| !text.is_empty()) {
        None => Some(1.0),
        Some(text) => text.parse().ok().filter(|p| (0.0..=1.0).contains(p)),
    };
    let Some(probability) = probability else {
        return text(StatusCode::BAD_REQUEST, "Invalid sample probability\n");
    };
    let service = &state.options.live_debugging;
    if !service.is_enabled() {
        return refuse(OFF);
    }
    let snapshot = snapshot_of(state, id);
    let Some(cell) = snapshot.get(id).filter(|cell| cell.is_component()) else {
        return refuse("component not found\n");
    };
    if !cell.supports_live_debugging() {
        let name = &cell.info.name;
        return refuse(format!("the component \"{name}\" does not support live debugging\n"));
    }
    let Some(items) = service.watch(&cell.info.id, probability) else { return refuse(OFF) };
    let watch = Debug { state: Arc::clone(state), items, ticks: ticks(FLUSH_EVERY), warned: false };
    streamed(stream::unfold(watch, |mut watch| async {
        let chunk = watch.next().await?;
        Some((chunk, watch))
    }))
}

fn graph(state: &Arc<State>, module: &str, query: Option<&str>) -> Answer {
    let window = match parameter(query, "window").filter(|text| !text.is_empty()) {
        None => Some(DEFAULT_WINDOW_SECONDS),
        Some(text) => text.parse().ok().filter(|seconds| (1..=60).contains(seconds)),
    };
    let Some(window) = window else {
        let reason = "Invalid window: must be an integer between 1 and 60\n";
        return text(StatusCode::BAD_REQUEST, reason);
    };
    let snapshot = snapshot_of(state, module);
    if !module.is_empty() && !runs(&snapshot, module) {
        return refuse("module not found\n");
    }
    let ids = snapshot.components().map(|(cell, _)| &cell.info).filter(|i| *i.module_id == *module);
    let rates = state.options.live_debugging.count(ids.map(|info| &info.id));
    let ticks = ticks(Duration::from_secs(window));
    let watch = Graph { state: Arc::clone(state), rates, window, ticks };
    streamed(stream::unfold(watch, |mut watch| async {
        let chunk = watch.next().await?;
        Some((chunk, watch))
    }))
}

fn ticks(every: Duration) -> Interval {
    let mut ticks = tokio::time::interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

fn streamed(chunks: impl Stream<Item = Bytes> + Send + 'static) -> Answer {
    use futures_util::StreamExt;
    let frames = chunks.map(|chunk| Ok::<_, Infallible>(Frame::data(chunk)));
    let mut answer = with_type(StatusCode::OK, "text/plain; charset=utf-8", Bytes::new());
    *answer.body_mut() = StreamBody::new(frames).boxed_unsync();
    answer
}

/// The stream of one component. A slow reader is asked for less often than it flushes, so what waits
/// is bounded by the service.
struct Debug {
    state: Arc<State>,
    items: Items,
    ticks: Interval,
    warned: bool,
}

impl Debug {
    /// The items of the next moment that has any; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            tokio::select! {
                _ = self.ticks.tick() => {}
                () = self.state.cancel.cancelled() => return None,
            }
            let batch = self.items.take()?;
            let mut text = String::new();
            for item in &batch.items {
                text.push_str(item);
                text.push_str(DELIMITER);
            }
            if batch.dropped > 0 {
                text.push_str(&format!(
                    "[{} items dropped: they come faster than they are read]{DELIMITER}",
                    batch.dropped
                ));
                if !std::mem::replace(&mut self.warned, true) {
                    tracing::warn!(
                        service = "http",
                        "a live debugging stream is read too slowly and loses items"
                    );
                }
            }
            if !text.is_empty() {
                return Some(text.into());
            }
        }
    }
}

/// The stream of what flows along the edges of a module.
struct Graph {
    state: Arc<State>,
    rates: Rates,
    window: u64,
    ticks: Interval,
}

#[derive(Serialize)]
struct Rate<'a> {
    #[serde(rename = "componentID")]
    component_id: &'a str,
    /// None stands for all edges that leave the component.
    #[serde(rename = "targetComponentIDs")]
    target_component_ids: Option<&'a [&'a str]>,
    r#type: &'static str,
    rate: serde_json::Number,
}

impl Graph {
    async fn next(&mut self) -> Option<Bytes> {
        tokio::select! {
            _ = self.ticks.tick() => {}
            () = self.state.cancel.cancelled() => return None,
        }
        let counted = self.rates.take();
        let frame: Vec<Rate<'_>> = counted
            .iter()
            .map(|((id, data), count)| Rate {
                component_id: id,
                target_component_ids: None,
                r#type: data.as_str(),
                rate: rate(*count, self.window),
            })
            .collect();
        // A list of texts and numbers is always JSON.
        let json = serde_json::to_string(&frame).unwrap_or_else(|_| "[]".to_owned());
        Some(format!("{json}{DELIMITER}").into())
    }
}

/// A whole number without a point.
fn rate(count: u64, window: u64) -> serde_json::Number {
    if count.is_multiple_of(window) {
        return (count / window).into();
    }
    serde_json::Number::from_f64(count as f64 / window as f64).unwrap_or_else(|| 0.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_and_decoded() {
        let query = Some("a=1&window=%35&window=6&b");
        assert_eq!(parameter(query, "window").as_deref(), Some("5"));
        assert_eq!(parameter(query, "b"), None);
        assert_eq!(parameter(None, "a"), None);
    }

    #[test]
    fn rates_are_numbers_per_second() {
        assert_eq!(rate(10, 5).to_string(), "2");
        assert_eq!(rate(6, 5).to_string(), "1.2");
    }
}
