//! What runs outside the controller thread: builds, updates, runs and stops of components.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use alloy_component::{
    BuildContext, BuildFn, Component, ComponentError, ComponentMetrics, RunContext,
};
use alloy_queries::NodeId;
use alloy_value::ArcArgs;
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::event::{Epoch, Event, EventSender, Exit};

/// How often a slow stop is reported.
const STOP_WARNING: Duration = Duration::from_secs(60);

/// How long before their common deadline nodes are asked to stop whose turn has not come: whoever is
/// late must not cost the others the chance to end in order.
const LAST_CALL: Duration = Duration::from_secs(1);

/// The message of a panic.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&'static str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panicked: {}", text.as_deref().unwrap_or("without a message"))
}

/// Runs a component's code; a panic is its error.
async fn caught<T>(
    code: impl Future<Output = Result<T, ComponentError>>,
) -> Result<T, ComponentError> {
    AssertUnwindSafe(code)
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| Err(ComponentError::new(panic_text(&*panic))))
}

/// Where a task reports to.
pub(super) struct Report {
    pub(super) node: NodeId,
    pub(super) epoch: Epoch,
    pub(super) events: EventSender,
}

impl Report {
    fn send(&self, event: Event) {
        // Nobody listens any more once the controller has ended.
        drop(self.events.send(event));
    }
}

/// Builds a component. Silent if cancelled: then nobody waits for it.
pub(super) async fn build(
    report: Report,
    cancel: CancellationToken,
    build: BuildFn,
    cx: BuildContext,
    args: ArcArgs,
) {
    // The call itself may panic as well, so it happens inside.
    let code = caught(async move { build(cx, args).await });
    if let Some(result) = cancel.run_until_cancelled(code).await {
        report.send(Event::Built { node: report.node, epoch: report.epoch, result });
    }
}

/// Hands new arguments to a component. Silent if cancelled.
pub(super) async fn update(
    report: Report,
    cancel: CancellationToken,
    component: Arc<dyn Component>,
    args: ArcArgs,
) {
    let given = args.clone();
    let code = caught(async move { component.update(given).await });
    if let Some(result) = cancel.run_until_cancelled(code).await {
        report.send(Event::Applied { node: report.node, epoch: report.epoch, args, result });
    }
}

/// Runs a component until it returns; `cancel` asks it to.
pub(super) async fn run(
    report: Report,
    cancel: CancellationToken,
    component: Arc<dyn Component>,
    id: Arc<str>,
) {
    let begin = Instant::now();
    let run = async move { component.run(RunContext { cancel }).await };
    let exit = match AssertUnwindSafe(run).catch_unwind().await {
        Ok(result) => {
            log_exit(&id, result.as_ref().err().map(ToString::to_string).as_deref());
            Exit::Returned(result)
        }
        Err(panic) => Exit::Panicked { reason: panic_text(&*panic), ran: begin.elapsed() },
    };
    report.send(Event::Exited { node: report.node, epoch: report.epoch, exit });
}

/// Asks for a restart after `wait`. Silent if cancelled.
pub(super) async fn restart(report: Report, cancel: CancellationToken, wait: Sleep) {
    if cancel.run_until_cancelled(wait).await.is_some() {
        report.send(Event::Restart { node: report.node, epoch: report.epoch });
    }
}

/// The module and the local id of a global one.
pub(super) fn place(id: &str) -> (&str, &str) {
    id.rsplit_once('/').unwrap_or(("", id))
}

fn log_exit(id: &str, error: Option<&str>) {
    let (controller_id, node) = place(id);
    match error {
        None => tracing::info!(controller_id, node, "node exited without error"),
        Some(err) => tracing::error!(controller_id, node, err, "node exited with error"),
    }
}

/// A node on its way out.
pub(super) struct StopUnit {
    id: Arc<str>,
    cancel: CancellationToken,
    tasks: JoinSet<()>,
    /// Dropped after the tasks have ended, so that whatever they log or count still has a place.
    kept: (Option<Arc<dyn Component>>, Option<ComponentMetrics>),
}

impl StopUnit {
    pub(super) fn new(
        id: Arc<str>,
        cancel: CancellationToken,
        tasks: JoinSet<()>,
        kept: (Option<Arc<dyn Component>>, Option<ComponentMetrics>),
    ) -> Self {
        Self { id, cancel, tasks, kept }
    }

    pub(super) fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// Cancels the tasks of the node and waits for their end. Tasks that have not ended by `limit`
    /// are aborted.
    async fn stop(mut self, limit: Option<Instant>) {
        self.cancel.cancel();
        let mut warn_at = Instant::now() + STOP_WARNING;
        loop {
            let until = limit.map_or(warn_at, |limit| limit.min(warn_at));
            let ended = async { while self.tasks.join_next().await.is_some() {} };
            if timeout_at(until, ended).await.is_ok() {
                break;
            }
            if limit == Some(until) {
                log_exit(&self.id, Some("task shutdown deadline exceeded"));
                self.tasks.abort_all();
                break;
            }
            tracing::warn!(
                controller_id = place(&self.id).0,
                taskID = place(&self.id).1,
                "task shutdown is taking longer than expected"
            );
            warn_at += STOP_WARNING;
        }
        drop(self.kept);
    }
}

/// Stops the nodes of a part one after the other, all of them within `deadline` unless that is zero.
async fn stop_part(part: Vec<StopUnit>, deadline: Duration) {
    let limit = (!deadline.is_zero()).then(|| Instant::now() + deadline);
    let everybody: Vec<_> = part.iter().map(|unit| unit.cancel.clone()).collect();
    let stop = async move {
        for unit in part {
            unit.stop(limit).await;
        }
    };
    let Some(limit) = limit else { return stop.await };
    let mut stop = pin!(stop);
    let last_call = limit - LAST_CALL.min(deadline / 10);
    if timeout_at(last_call, stop.as_mut()).await.is_err() {
        everybody.iter().for_each(CancellationToken::cancel);
        stop.await;
    }
}

/// Stops groups side by side, the parts of a group one after the other.
pub(super) async fn stop_groups(groups: Vec<Vec<Vec<StopUnit>>>, deadline: Duration) {
    let stops = groups.into_iter().map(|group| async move {
        for part in group {
            stop_part(part, deadline).await;
        }
    });
    join_all(stops).await;
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use parking_lot::Mutex;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is logged while `code` runs, without times.
    async fn logged(code: impl Future<Output = ()>) -> String {
        let written = Written::default();
        let (layer, log) = alloy_logging::log_to(Box::new(written.clone()));
        log.open(alloy_logging::Level::Info, alloy_logging::Format::Logfmt);
        let subscriber = tracing_subscriber::registry().with(layer);
        let guard = tracing::subscriber::set_default(subscriber);
        code.await;
        drop(guard);
        let text = String::from_utf8(written.0.lock().clone()).unwrap();
        let line = |line: &str| line.split_once(' ').map(|(_, rest)| format!("{rest}\n"));
        text.lines().filter_map(line).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_stop_is_reported_until_the_deadline() {
        let mut tasks = JoinSet::new();
        tasks.spawn(std::future::pending());
        let id = Arc::from("pipe.eu/test.node.a");
        let unit = StopUnit::new(id, CancellationToken::new(), tasks, (None, None));
        let text = logged(stop_part(vec![unit], Duration::from_secs(150))).await;
        expect_test::expect![[r#"
            level=warn msg="task shutdown is taking longer than expected" controller_id=pipe.eu taskID=test.node.a
            level=warn msg="task shutdown is taking longer than expected" controller_id=pipe.eu taskID=test.node.a
            level=error msg="node exited with error" controller_id=pipe.eu node=test.node.a err="task shutdown deadline exceeded"
        "#]].assert_eq(&text);
    }

    #[tokio::test]
    async fn ends_are_reported() {
        let text = logged(async {
            log_exit("test.node.a", None);
            log_exit("pipe.eu/test.node.a", Some("boom"));
        })
        .await;
        expect_test::expect![[r#"
            level=info msg="node exited without error" controller_id="" node=test.node.a
            level=error msg="node exited with error" controller_id=pipe.eu node=test.node.a err=boom
        "#]]
        .assert_eq(&text);
    }
}
