//! The running `prometheus.echo`.

use std::io::Write;
use std::sync::Arc;

use alloy_component::{BuildContext, Component, ComponentError, MetricsReceiver, RunContext};
use alloy_telemetry::{MetricsConsumer, SampleBatch, SendError, SeriesTable};
use alloy_value::ArcArgs;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;

use super::render::render;
use super::{EchoArgs, EchoExports, NAME};
use crate::liveness::Liveness;

/// Where the text goes.
pub(super) type Output = Arc<Mutex<dyn Write + Send>>;

pub(super) struct Echo {
    printer: Arc<Printer>,
}

/// The receiving end.
struct Printer {
    liveness: Liveness,
    series: SeriesTable,
    output: Output,
}

pub(super) fn build(
    cx: BuildContext,
    args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    async move {
        let echo = Echo::new(&cx, &args, Arc::new(Mutex::new(std::io::stdout())))?;
        Ok(Arc::new(echo) as Arc<dyn Component>)
    }
    .boxed()
}

fn check(args: &ArcArgs) -> Result<(), ComponentError> {
    let args = args.downcast_ref::<EchoArgs>().ok_or_else(|| crate::wrong_arguments(NAME))?;
    args.supported()
}

impl Echo {
    pub(super) fn new(
        cx: &BuildContext,
        args: &ArcArgs,
        output: Output,
    ) -> Result<Self, ComponentError> {
        check(args)?;
        let printer = Arc::new(Printer {
            liveness: Liveness::new(&cx.id),
            series: cx.services.series.clone(),
            output,
        });
        let receiver = MetricsReceiver(Arc::clone(&printer) as Arc<dyn MetricsConsumer>);
        cx.exports.export(&EchoExports { receiver });
        Ok(Self { printer })
    }
}

impl Component for Echo {
    fn update(&self, args: ArcArgs) -> BoxFuture<'_, Result<(), ComponentError>> {
        async move { check(&args) }.boxed()
    }

    fn run(self: Arc<Self>, cx: RunContext) -> BoxFuture<'static, Result<(), ComponentError>> {
        async move {
            let _running = self.printer.liveness.running();
            cx.cancel.cancelled().await;
            Ok(())
        }
        .boxed()
    }
}

impl MetricsConsumer for Printer {
    fn send(&self, batch: Arc<SampleBatch>) -> BoxFuture<'_, Result<(), SendError>> {
        async move {
            self.liveness.check()?;
            let mut text = String::new();
            render(&batch, &self.series, &mut text);
            let output = Arc::clone(&self.output);
            // Standard output may block for as long as its reader likes.
            let written = tokio::task::spawn_blocking(move || {
                let mut output = output.lock();
                output.write_all(text.as_bytes()).and_then(|()| output.flush())
            });
            let error = match written.await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            };
            tracing::debug!(component = self.component_id(), %error, "cannot print samples");
            Ok(())
        }
        .boxed()
    }

    fn component_id(&self) -> &str {
        self.liveness.component_id()
    }
}
