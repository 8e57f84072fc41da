//! Tests over real files; waiting is for an export, never for a time.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use alloy_component::testing::context;
use alloy_component::{Component, ComponentError, HealthState, RunContext};
use alloy_value::{ArcArgs, OptionalSecret, Value};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Detector, FileArgs};

struct Running {
    component: Arc<dyn Component>,
    exports: watch::Receiver<Value>,
    cancel: CancellationToken,
    task: tokio::task::JoinHandle<Result<(), ComponentError>>,
}

fn args(path: &Path, detector: Detector) -> FileArgs {
    FileArgs {
        filename: path.display().to_string(),
        detector,
        poll_frequency: Duration::from_millis(if detector == Detector::Poll { 20 } else { 60_000 }),
        is_secret: false,
    }
}

async fn start(args: FileArgs) -> Result<Running, ComponentError> {
    let (cx, exports) = context("local.file.x");
    let component = super::run::build(cx, ArcArgs::new(args)).await?;
    let cancel = CancellationToken::new();
    let task = tokio::spawn(Arc::clone(&component).run(RunContext { cancel: cancel.clone() }));
    Ok(Running { component, exports, cancel, task })
}

fn content(value: &Value) -> String {
    let Value::Object(object) = value else { return String::new() };
    match object.get("content") {
        Some(Value::Capsule(capsule)) => capsule
            .downcast_ref::<OptionalSecret>()
            .map(|s| s.expose().to_owned())
            .unwrap_or_default(),
        other => format!("{other:?}"),
    }
}

impl Running {
    async fn wait_content(&mut self, wanted: &str) {
        let seen = self.exports.wait_for(|value| content(value) == wanted);
        let in_time = tokio::time::timeout(Duration::from_secs(20), seen).await.is_ok();
        assert!(in_time, "never saw {wanted:?}, last {:?}", content(&self.exports.borrow()));
    }

    async fn wait_health(&self, wanted: HealthState) -> String {
        let found = async {
            loop {
                match self.component.health() {
                    Some(health) if health.state == wanted => return health.message,
                    _ => tokio::task::yield_now().await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), found).await.expect("health changes")
    }

    async fn stop(self) {
        self.cancel.cancel();
        self.task.await.expect("no panic").expect("a clean end");
    }
}

fn replace(path: &Path, text: &str) {
    let temporary = path.with_extension("tmp");
    std::fs::write(&temporary, text).expect("write");
    std::fs::rename(&temporary, path).expect("rename");
}

#[tokio::test]
async fn a_missing_file_fails_the_build_and_names_the_file() {
    let path = Path::new("/nonexistent/x.txt");
    let error = start(args(path, Detector::Fsnotify)).await.err().expect("an error");
    assert_eq!(
        error.to_string(),
        "failed to read file: open /nonexistent/x.txt: no such file or directory"
    );
}

#[tokio::test]
async fn both_detectors_follow_writes_renames_and_deletion() {
    for detector in [Detector::Fsnotify, Detector::Poll] {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("a.txt");
        std::fs::write(&path, "one\n").expect("write");
        let mut file = start(args(&path, detector)).await.expect("a component");
        file.wait_content("one\n").await;
        std::fs::write(&path, "two").expect("write");
        file.wait_content("two").await;
        replace(&path, "three");
        file.wait_content("three").await;
        std::fs::remove_file(&path).expect("remove");
        let message = file.wait_health(HealthState::Unhealthy).await;
        assert!(message.starts_with("failed to read file: open "), "{message}");
        assert_eq!(content(&file.exports.borrow()), "three");
        std::fs::write(&path, "four").expect("write");
        file.wait_content("four").await;
        assert_eq!(file.wait_health(HealthState::Healthy).await, "read file");
        file.stop().await;
    }
}

#[tokio::test]
async fn a_thousand_quick_changes_end_with_the_last() {
    let dir = tempfile::tempdir().expect("directory");
    let path = dir.path().join("a.txt");
    std::fs::write(&path, "start").expect("write");
    let mut file = start(args(&path, Detector::Fsnotify)).await.expect("a component");
    for i in 0..1_000 {
        std::fs::write(&path, i.to_string()).expect("write");
    }
    file.wait_content("999").await;
    file.stop().await;
}

#[tokio::test]
async fn a_swapped_symlink_is_a_change() {
    let dir = tempfile::tempdir().expect("directory");
    let link = |to: &str| {
        let temporary = dir.path().join("..data_tmp");
        std::os::unix::fs::symlink(to, &temporary).expect("symlink");
        std::fs::rename(&temporary, dir.path().join("..data")).expect("swap");
    };
    for (version, text) in [("..v1", "first"), ("..v2", "second")] {
        std::fs::create_dir(dir.path().join(version)).expect("directory");
        std::fs::write(dir.path().join(version).join("key"), text).expect("write");
    }
    link("..v1");
    std::os::unix::fs::symlink("..data/key", dir.path().join("key")).expect("symlink");
    let mut file = start(args(&dir.path().join("key"), Detector::Fsnotify)).await.expect("built");
    file.wait_content("first").await;
    link("..v2");
    file.wait_content("second").await;
    file.stop().await;
}

#[tokio::test]
async fn new_arguments_are_read_at_once_and_bad_ones_keep_the_old() {
    let dir = tempfile::tempdir().expect("directory");
    let (a, b) = (dir.path().join("a"), dir.path().join("b"));
    std::fs::write(&a, "from a").expect("write");
    std::fs::write(&b, "from b").expect("write");
    let mut file = start(args(&a, Detector::Fsnotify)).await.expect("a component");
    let missing = args(&dir.path().join("c"), Detector::Fsnotify);
    file.component.update(ArcArgs::new(missing)).await.expect_err("no such file");
    file.component.update(ArcArgs::new(args(&b, Detector::Poll))).await.expect("updated");
    file.wait_content("from b").await;
    std::fs::write(&b, "again").expect("write");
    file.wait_content("again").await;
    file.stop().await;
}
