//! What all exporters have in common: target, life cycle and HTTP handler.

mod handler;
mod target;

use std::sync::Arc;

use alloy_component::{BuildContext, Component, ComponentError, HttpHandler, RunContext, Target};
use alloy_value::{ArcArgs, Exports};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use prometheus::proto::MetricFamily;

pub use target::default_instance;

/// Exports of every exporter.
#[derive(Exports, Clone, Debug)]
pub struct ExporterExports {
    /// What to scrape to get the exporter's metrics.
    pub targets: Vec<Target>,
}

/// Where an exporter's metrics come from. Made anew for new arguments.
pub trait Source: Send + Sync + 'static {
    /// The families by name. Blocking.
    fn collect(&self) -> Vec<MetricFamily>;
}

/// Makes a source from arguments. Blocking; also validates.
pub type MakeSource =
    Arc<dyn Fn(&ArcArgs) -> Result<Arc<dyn Source>, ComponentError> + Send + Sync>;

/// What differs between exporters.
pub struct Plan {
    /// Component name.
    pub component: &'static str,
    /// `job` of the target.
    pub job: &'static str,
    /// `instance` of the target.
    pub instance: String,
    /// Makes the source.
    pub make: MakeSource,
}

/// A running exporter.
pub struct Exporter {
    make: MakeSource,
    source: Arc<Mutex<Arc<dyn Source>>>,
}

impl Exporter {
    /// Builds the exporter of `plan` and exports its target.
    ///
    /// # Errors
    /// Those of [`Plan::make`].
    pub async fn build(
        cx: BuildContext,
        args: ArcArgs,
        plan: Plan,
    ) -> Result<Arc<dyn Component>, ComponentError> {
        let source = make(Arc::clone(&plan.make), args, cx.span.clone()).await?;
        let target = target::target(cx.services.dialer.addr(), &cx.id, &plan);
        cx.exports.export(&ExporterExports { targets: vec![target] });
        Ok(Arc::new(Self { make: plan.make, source: Arc::new(Mutex::new(source)) }))
    }
}

/// Making a source stats files and compiles expressions: not on the runtime's threads.
async fn make(
    make: MakeSource,
    args: ArcArgs,
    span: tracing::Span,
) -> Result<Arc<dyn Source>, ComponentError> {
    tokio::task::spawn_blocking(move || span.in_scope(|| make(&args)))
        .await
        .unwrap_or_else(|_| Err(ComponentError::new("making the exporter was interrupted")))
}

impl Component for Exporter {
    fn update(&self, args: ArcArgs) -> BoxFuture<'_, Result<(), ComponentError>> {
        async move {
            let span = tracing::Span::current();
            let source = make(Arc::clone(&self.make), args, span).await?;
            *self.source.lock() = source;
            Ok(())
        }
        .boxed()
    }

    fn run(self: Arc<Self>, cx: RunContext) -> BoxFuture<'static, Result<(), ComponentError>> {
        async move {
            cx.cancel.cancelled().await;
            Ok(())
        }
        .boxed()
    }

    fn http(&self) -> Option<HttpHandler> {
        let source = Arc::clone(&self.source);
        Some(Arc::new(move |request| {
            let source = Arc::clone(&source.lock());
            handler::serve(source, request).boxed()
        }))
    }
}
