//! What a component is.

use std::fmt;
use std::sync::Arc;

use alloy_value::{ArcArgs, Definition, Value};
use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::{BuildContext, Health, RunContext};

/// A live component.
pub trait Component: Send + Sync + 'static {
    /// Applies new arguments while running. On error the component keeps working with the old ones.
    fn update(&self, args: ArcArgs) -> BoxFuture<'_, Result<(), ComponentError>>;

    /// Runs until the context is cancelled. Called again after a reload if it had returned before.
    /// Returns only when all tasks the component started are gone.
    fn run(self: Arc<Self>, cx: RunContext) -> BoxFuture<'static, Result<(), ComponentError>>;

    /// Health the component reports about itself.
    fn health(&self) -> Option<Health> {
        None
    }

    /// Debug information for UI and API.
    fn debug_info(&self) -> Option<Value> {
        None
    }

    /// True if it publishes what flows through it to the live debugging service.
    fn supports_live_debugging(&self) -> bool {
        false
    }

    /// Serves `/api/v0/component/{id}/…`.
    fn http(&self) -> Option<HttpHandler> {
        None
    }
}

/// Creates a component from its first arguments. Exports that are known at once are reported
/// through the context before it returns.
pub type BuildFn =
    fn(BuildContext, ArcArgs) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>>;

/// A component type: what is known statically, and how to build one.
#[derive(Debug)]
pub struct ComponentDef {
    /// Name, stability, schemas.
    pub definition: &'static Definition,
    /// `None` while the component can be checked but not run.
    pub build: Option<BuildFn>,
}

/// Why building, updating or running failed. Becomes a health message.
#[derive(Debug)]
pub struct ComponentError {
    /// What was attempted, with what, lower case, without a trailing period.
    pub message: String,
    /// Cause.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// True if the same arguments may succeed later.
    pub retryable: bool,
}

impl ComponentError {
    /// An error that the same arguments will meet again.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None, retryable: false }
    }

    /// An error that may go away by itself.
    pub fn retryable(message: impl Into<String>) -> Self {
        Self { retryable: true, ..Self::new(message) }
    }

    /// The arguments set something that this version does not support yet.
    pub fn unsupported(component: &str, what: &str) -> Self {
        Self::new(format!("{component}: {what} is not supported by this version; remove it"))
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for ComponentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let mut source = self.source.as_deref().map(|s| s as &dyn std::error::Error);
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl std::error::Error for ComponentError {}

/// Request to a component's HTTP handler. The path is what follows the component id.
pub type HttpRequest = http::Request<Bytes>;
/// Its response.
pub type HttpResponse = http::Response<Bytes>;
/// Serves requests to one component.
pub type HttpHandler = Arc<dyn Fn(HttpRequest) -> BoxFuture<'static, HttpResponse> + Send + Sync>;
