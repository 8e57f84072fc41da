use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use notify::event::{CreateKind, DataChange, ModifyKind};
use notify::{Event, EventKind};
use tokio::time::{Instant, timeout};

use crate::resolve::resolve;
use crate::{Detector, Watch, WatchOptions};

/// Only a broken watch takes so long.
const BROKEN: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Replaces `name` the way editors do.
    fn replace(&self, name: &str, text: &str) {
        let new = self.write(&format!("{name}.new"), text);
        std::fs::rename(new, self.path(name)).unwrap();
    }
}

/// What was there before the watch is not news.
fn later() -> SystemTime {
    SystemTime::now() + HOUR
}

fn by_events(paths: &[&Path]) -> Watch {
    watch(Detector::Events, HOUR * 24, Duration::from_millis(1), paths)
}

fn by_polls(paths: &[&Path]) -> Watch {
    watch(Detector::Poll, Duration::from_secs(10), Duration::from_millis(30), paths)
}

fn watch(detector: Detector, poll: Duration, settle: Duration, paths: &[&Path]) -> Watch {
    let mut watch = Watch::new(WatchOptions { detector, poll, settle, suffix: ".alloy" });
    watch.set(paths.iter().map(|path| path.to_path_buf()), later());
    watch
}

/// Lets the watch take its first look, then does `act` and waits for the answer.
async fn after(watch: &mut Watch, act: impl FnOnce()) -> Vec<PathBuf> {
    ready(watch).await;
    act();
    timeout(BROKEN, watch.changed()).await.expect("the change was not seen")
}

/// Drives the watch until it waits for events. Gives what it reported on the way.
async fn ready(watch: &mut Watch) -> Vec<PathBuf> {
    let mut reported = Vec::new();
    while !watch.waits() {
        let changed = watch.changed();
        tokio::pin!(changed);
        // One step at a time: usually there is nothing to report.
        tokio::select! {
            biased;
            paths = &mut changed => reported.extend(paths),
            () = tokio::task::yield_now() => {}
        }
    }
    reported
}

#[cfg(target_os = "linux")]
mod events {
    use std::os::unix::fs::symlink;

    use super::*;

    #[tokio::test]
    async fn a_file_that_is_written_is_reported_each_time() {
        let files = Files::new();
        let file = files.write("a.alloy", "1");
        let mut watch = by_events(&[&file]);
        for _ in 0..3 {
            let changed = after(&mut watch, || {
                files.write("a.alloy", "2");
            });
            assert_eq!(changed.await, [file.as_path()]);
            drain(&mut watch).await;
        }
    }

    #[tokio::test]
    async fn a_file_that_is_replaced_by_rename_is_followed() {
        let files = Files::new();
        let file = files.write("a.alloy", "1");
        let mut watch = by_events(&[&file]);
        for text in ["2", "3"] {
            let changed = after(&mut watch, || files.replace("a.alloy", text));
            assert_eq!(changed.await, [file.as_path()]);
            drain(&mut watch).await;
        }
        let changed = after(&mut watch, || {
            files.write("a.alloy", "4");
        });
        assert_eq!(changed.await, [file.as_path()]);
    }

    #[tokio::test]
    async fn a_swapped_config_map_is_followed() {
        let files = Files::new();
        files.write("..1/a.alloy", "1");
        symlink("..1", files.path("..data")).unwrap();
        symlink("..data/a.alloy", files.path("a.alloy")).unwrap();
        let file = files.path("a.alloy");
        let directory = files.path("");
        let mut watch = by_events(&[&file, &directory]);
        for version in 2..4 {
            let changed = after(&mut watch, || {
                files.write(&format!("..{version}/a.alloy"), "2");
                symlink(format!("..{version}"), files.path("..tmp")).unwrap();
                std::fs::rename(files.path("..tmp"), files.path("..data")).unwrap();
                std::fs::remove_dir_all(files.path(&format!("..{}", version - 1))).unwrap();
            });
            let changed = changed.await;
            assert!(changed.contains(&file), "{changed:?}");
            drain(&mut watch).await;
        }
    }

    #[tokio::test]
    async fn a_link_above_the_file_is_followed() {
        let files = Files::new();
        files.write("one/sub/a.alloy", "1");
        files.write("two/sub/a.alloy", "2");
        symlink("one", files.path("current")).unwrap();
        let file = files.path("current/sub/a.alloy");
        let mut watch = by_events(&[&file]);
        let changed = after(&mut watch, || {
            symlink("two", files.path("next")).unwrap();
            std::fs::rename(files.path("next"), files.path("current")).unwrap();
        });
        assert_eq!(changed.await, [file.as_path()]);
        drain(&mut watch).await;
        let changed = after(&mut watch, || {
            files.write("two/sub/a.alloy", "3");
        });
        assert_eq!(changed.await, [file.as_path()]);
    }

    #[tokio::test]
    async fn a_directory_that_is_deleted_and_made_again_is_followed() {
        let files = Files::new();
        let file = files.write("conf/sub/a.alloy", "1");
        let mut watch = by_events(&[&file]);
        for text in ["2", "3"] {
            let gone = after(&mut watch, || {
                std::fs::remove_dir_all(files.path("conf")).unwrap();
            });
            assert_eq!(gone.await, [file.as_path()]);
            drain(&mut watch).await;
            let back = after(&mut watch, || {
                files.write("conf/sub/a.alloy", text);
            });
            assert_eq!(back.await, [file.as_path()]);
            drain(&mut watch).await;
        }
    }

    #[tokio::test]
    async fn entries_of_a_directory_are_followed() {
        let files = Files::new();
        files.write("conf/a.alloy", "1");
        let directory = files.path("conf");
        let mut watch = by_events(&[&directory]);
        let added = after(&mut watch, || {
            files.write("conf/b.alloy", "1");
        });
        assert_eq!(added.await, [directory.as_path()]);
        drain(&mut watch).await;
        let removed = after(&mut watch, || {
            std::fs::remove_file(files.path("conf/a.alloy")).unwrap();
        });
        assert_eq!(removed.await, [directory.as_path()]);
    }

    #[tokio::test]
    async fn the_set_of_paths_can_be_replaced() {
        let files = Files::new();
        let a = files.write("a.alloy", "1");
        let b = files.write("b.alloy", "1");
        let mut watch = by_events(&[&a]);
        ready(&mut watch).await;
        watch.set([b.clone()], later());
        let changed = after(&mut watch, || {
            files.write("a.alloy", "2");
            files.write("b.alloy", "2");
        });
        assert_eq!(changed.await, [b]);
    }

    /// Late events of the last change may still come: lets them pass.
    async fn drain(watch: &mut Watch) {
        let mut quiet = 0;
        while quiet < 3 {
            match timeout(Duration::from_millis(20), watch.changed()).await {
                Ok(_) => quiet = 0,
                Err(_) => quiet += 1,
            }
        }
    }
}

fn written(path: &Path) -> notify::Result<Event> {
    Ok(Event::new(EventKind::Modify(ModifyKind::Data(DataChange::Any))).add_path(path.to_owned()))
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_one_answer() {
    let files = Files::new();
    let a = files.write("a.alloy", "1");
    let b = files.write("b.alloy", "1");
    // The events are given by hand; polls never come.
    let mut watch = watch(Detector::Poll, HOUR * 24 * 365, Duration::from_millis(200), &[&a, &b]);
    ready(&mut watch).await;
    let began = Instant::now();
    for _ in 0..100 {
        watch.shared.on(written(&a));
    }
    watch.shared.on(written(&files.path("other.alloy")));
    assert_eq!(watch.changed().await, [a]);
    assert_eq!(began.elapsed().as_millis(), 200);
    watch.shared.on(written(&b));
    assert_eq!(watch.changed().await, [b]);
}

#[tokio::test(start_paused = true)]
async fn lost_events_make_every_path_suspect() {
    let files = Files::new();
    let a = files.write("a.alloy", "1");
    let b = files.write("b.alloy", "1");
    let mut watch = watch(Detector::Poll, HOUR * 24 * 365, Duration::from_millis(200), &[&a, &b]);
    ready(&mut watch).await;
    watch.shared.on(Err(notify::Error::generic("queue overflow")));
    assert_eq!(watch.changed().await, [a, b]);
}

#[tokio::test(start_paused = true)]
async fn reads_and_other_names_are_no_change() {
    let files = Files::new();
    let a = files.write("conf/a.alloy", "1");
    let directory = files.path("conf");
    let mut watch =
        watch(Detector::Poll, HOUR * 24 * 365, Duration::from_millis(200), &[&a, &directory]);
    ready(&mut watch).await;
    let open = EventKind::Access(notify::event::AccessKind::Open(notify::event::AccessMode::Read));
    watch.shared.on(Ok(Event::new(open).add_path(a.clone())));
    watch.shared.on(Ok(
        Event::new(EventKind::Create(CreateKind::File)).add_path(files.path("conf/notes.txt"))
    ));
    assert!(watch.shared.take().paths.is_empty());
    watch.shared.on(Ok(
        Event::new(EventKind::Create(CreateKind::File)).add_path(files.path("conf/b.alloy"))
    ));
    assert_eq!(watch.changed().await, [directory]);
}

#[tokio::test(start_paused = true)]
async fn a_poll_finds_a_change_and_lets_it_settle() {
    let files = Files::new();
    let a = files.write("a.alloy", "1");
    let mut watch = by_polls(&[&a]);
    ready(&mut watch).await;
    let began = Instant::now();
    files.write("a.alloy", "22");
    assert_eq!(watch.changed().await, [a.as_path()]);
    let waited = began.elapsed();
    assert!(waited >= Duration::from_millis(10_030) && waited < Duration::from_millis(10_040));
}

#[tokio::test(start_paused = true)]
async fn a_poll_finds_versions_of_the_same_size_and_tick() {
    let files = Files::new();
    let a = files.write("a.alloy", "0");
    let mut watch = by_polls(&[&a]);
    ready(&mut watch).await;
    for text in ["1", "2", "3", "4", "5"] {
        files.write("a.alloy", text);
        assert_eq!(watch.changed().await, [a.as_path()]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_path_is_reported_once_it_exists() {
    let files = Files::new();
    let path = files.path("not/yet/a.alloy");
    let mut watch = by_polls(&[&path]);
    ready(&mut watch).await;
    files.write("not/yet/a.alloy", "1");
    assert_eq!(watch.changed().await, [path]);
}

#[tokio::test(start_paused = true)]
async fn a_change_between_reading_and_watching_is_reported() {
    let files = Files::new();
    let old = files.write("old.alloy", "1");
    let mut watch = Watch::new(WatchOptions::configuration());
    let began = SystemTime::now();
    let new = files.write("new.alloy", "1");
    watch.set([new.clone()], began);
    assert_eq!(watch.changed().await, [new.as_path()]);
    // Known already, and the other one is old enough.
    watch.set([new.clone(), old], later());
    assert!(ready(&mut watch).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_loses_nothing() {
    let files = Files::new();
    let a = files.write("a.alloy", "1");
    let mut watch = watch(Detector::Poll, HOUR * 24 * 365, Duration::from_millis(200), &[&a]);
    ready(&mut watch).await;
    watch.shared.on(written(&a));
    let began = Instant::now();
    let mut answer = None;
    while answer.is_none() {
        answer = timeout(Duration::from_millis(7), watch.changed()).await.ok();
    }
    assert_eq!(answer.unwrap(), [a]);
    assert!(began.elapsed() < Duration::from_millis(250), "{:?}", began.elapsed());
}

#[cfg(unix)]
#[test]
fn links_are_resolved_as_the_system_does() {
    use std::os::unix::fs::symlink;
    let files = Files::new();
    files.write("deep/er/a.alloy", "1");
    symlink("deep/er", files.path("short")).unwrap();
    symlink("../deep/er/a.alloy", files.path("deep/b.alloy")).unwrap();
    symlink("loop", files.path("loop")).unwrap();
    // `..` after a link means the parent of its target.
    let way = resolve(&files.path("short/../b.alloy"));
    assert!(way.exists);
    assert_eq!(way.end, files.path("deep/er/a.alloy"));
    assert_eq!(way.links, [files.path("short"), files.path("deep/b.alloy")]);
    assert!(!resolve(&files.path("loop/x")).exists);
    let missing = resolve(&files.path("deep/none/x"));
    assert!(!missing.exists);
    assert_eq!(missing.end, files.path("deep"));
    assert_eq!(missing.steps.last().unwrap(), &(files.path("deep"), "none".into()));
}
