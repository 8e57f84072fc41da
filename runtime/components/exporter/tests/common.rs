//! Builds exporters from configuration text and scrapes them without a server.

use std::sync::Arc;

use alloy_component::testing::context_in;
use alloy_component::{Component, ComponentDef, HttpResponse, MetricsHub};
use alloy_telemetry::SeriesTable;
use alloy_value::{ArcArgs, Value};
use bytes::Bytes;

/// An exporter and what it exported.
pub(crate) struct Built {
    pub(crate) component: Arc<dyn Component>,
    pub(crate) exports: Option<Value>,
}

/// Arguments of the only component of `text`.
pub(crate) fn arguments(definition: &'static ComponentDef, text: &str) -> Result<ArcArgs, String> {
    alloy_queries::testing::arguments(definition.definition, text)
}

/// Builds the only component of `text`. The error is the message that a load would report.
pub(crate) async fn build(definition: &'static ComponentDef, text: &str) -> Result<Built, String> {
    build_in(&MetricsHub::new(), definition, text).await
}

/// As [`build`], with the metrics of a process.
pub(crate) async fn build_in(
    hub: &MetricsHub,
    definition: &'static ComponentDef,
    text: &str,
) -> Result<Built, String> {
    let args = arguments(definition, text)?;
    let id = format!("{}.x", definition.definition.name);
    let (cx, exports) = context_in(&id, hub, &SeriesTable::new());
    let make = definition.build.ok_or("the component can't be built")?;
    let component = make(cx, args).await.map_err(|error| error.to_string())?;
    let exports = Some(exports.borrow().clone()).filter(|value| !matches!(value, Value::Null));
    Ok(Built { component, exports })
}

/// The exporter's answer to a request.
pub(crate) async fn request(
    component: &dyn Component,
    path: &str,
    headers: &[(&'static str, &str)],
) -> HttpResponse {
    let handler = component.http().expect("exporters have a handler");
    let mut request = http::Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    handler(request.body(Bytes::new()).expect("a valid request")).await
}

/// What the exporter answers to a scrape.
pub(crate) async fn scrape(component: &dyn Component) -> Result<String, String> {
    let response = request(component, "/metrics", &[]).await;
    if response.status() != http::StatusCode::OK {
        return Err(format!("status {}", response.status()));
    }
    String::from_utf8(response.into_body().to_vec()).map_err(|error| error.to_string())
}
