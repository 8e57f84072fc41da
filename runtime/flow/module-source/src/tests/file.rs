use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{fresh, show};
use crate::{Detector, FileOptions, FileSource, MAX_FILES, ModuleSource, Update};

/// Only a broken source takes so long.
const BROKEN: Duration = Duration::from_secs(60);

fn source(filename: PathBuf, detector: Detector, poll_frequency: Duration) -> FileSource {
    FileSource::new(FileOptions { filename, detector, poll_frequency })
}

fn polled(filename: PathBuf) -> FileSource {
    source(filename, Detector::Poll, Duration::from_secs(60))
}

fn write(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path
}

fn content(update: Update) -> String {
    match update {
        Update::Content(content) => content
            .files
            .iter()
            .map(|(name, text)| format!("{name}={text}"))
            .collect::<Vec<_>>()
            .join(" "),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_is_read_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "sub/m.txt", "one");
    let content = fresh(polled(file).load().await);
    assert_eq!(show(&content), format!("m.txt=one in {}/sub", dir.path().display()));
}

#[tokio::test]
async fn only_alloy_files_of_the_directory_itself_are_read() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "b.alloy", "b");
    write(dir.path(), "a.alloy", "a");
    write(dir.path(), "c.txt", "c");
    write(dir.path(), "sub/d.alloy", "d");
    std::fs::create_dir(dir.path().join("dir.alloy")).unwrap();
    let content = fresh(polled(dir.path().to_owned()).load().await);
    assert_eq!(show(&content), format!("a.alloy=a b.alloy=b in {}", dir.path().display()));
}

#[tokio::test]
async fn an_empty_directory_is_an_empty_module() {
    let dir = tempfile::tempdir().unwrap();
    assert!(fresh(polled(dir.path().to_owned()).load().await).files.is_empty());
}

#[tokio::test]
async fn the_module_path_is_clean() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "x/m.alloy", "one");
    let path = dir.path().join("./x/../x/./m.alloy");
    let content = fresh(polled(path).load().await);
    assert_eq!(content.module_path, dir.path().join("x").display().to_string());
}

#[tokio::test]
async fn a_missing_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("none.alloy");
    let error = polled(path.clone()).load().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("failed to read file: stat {}: no such file or directory", path.display())
    );
}

#[tokio::test]
async fn too_many_files_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for n in 0..=MAX_FILES {
        write(dir.path(), &format!("{n}.alloy"), "");
    }
    let error = polled(dir.path().to_owned()).load().await.unwrap_err();
    let expected = format!(
        "failed to read file: a module has at most 10000 files, and {} has more",
        dir.path().display()
    );
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn text_that_is_not_utf8_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.alloy");
    std::fs::write(&path, b"a = \"\xff\"").unwrap();
    let error = polled(path.clone()).load().await.unwrap_err();
    let expected = format!(
        "failed to read file: {} is not UTF-8: invalid utf-8 sequence of 1 bytes from index 5",
        path.display()
    );
    assert_eq!(error.to_string(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_poll_finds_new_content() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "m.alloy", "one");
    let mut source = polled(file);
    source.load().await.unwrap();
    write(dir.path(), "m.alloy", "second");
    assert_eq!(content(source.next().await), "m.alloy=second");
    let began = Instant::now();
    write(dir.path(), "m.alloy", "third");
    assert_eq!(content(source.next().await), "m.alloy=third");
    assert_eq!(began.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_failure_keeps_the_content_and_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "m.alloy", "one");
    let mut source = polled(file.clone());
    source.load().await.unwrap();
    std::fs::remove_file(&file).unwrap();
    match source.next().await {
        Update::Failed(error) => assert_eq!(
            error.to_string(),
            format!("failed to collect files: stat {}: no such file or directory", file.display())
        ),
        other => panic!("{other:?}"),
    }
    write(dir.path(), "m.alloy", "one");
    assert_eq!(source.next().await, Update::Recovered);
    write(dir.path(), "m.alloy", "two");
    assert_eq!(content(source.next().await), "m.alloy=two");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_was_missing_at_first_comes_later() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sub/m.alloy");
    let mut source = polled(path);
    source.load().await.unwrap_err();
    write(dir.path(), "sub/m.alloy", "one");
    assert_eq!(content(source.next().await), "m.alloy=one");
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_loses_no_change() {
    let dir = tempfile::tempdir().unwrap();
    let file = write(dir.path(), "m.alloy", "one");
    let mut source = polled(file);
    source.load().await.unwrap();
    write(dir.path(), "m.alloy", "second");
    let mut update = None;
    while update.is_none() {
        update = timeout(Duration::from_millis(700), source.next()).await.ok();
    }
    assert_eq!(content(update.unwrap()), "m.alloy=second");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn events_find_content_without_polls() {
    use std::os::unix::fs::symlink;

    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "..1/a.alloy", "1");
    symlink("..1", root.join("..data")).unwrap();
    symlink("..data/a.alloy", root.join("a.alloy")).unwrap();
    let mut file = source(root.join("a.alloy"), Detector::Events, Duration::ZERO);
    let mut directory = source(root.to_owned(), Detector::Events, Duration::ZERO);
    file.load().await.unwrap();
    directory.load().await.unwrap();
    for version in ["2", "3", "4"] {
        write(root, &format!("..{version}/a.alloy"), version);
        symlink(format!("..{version}"), root.join("..tmp")).unwrap();
        std::fs::rename(root.join("..tmp"), root.join("..data")).unwrap();
        for source in [&mut file, &mut directory] {
            let update = timeout(BROKEN, source.next()).await.unwrap();
            assert_eq!(content(update), format!("a.alloy={version}"));
        }
    }
    // Replaced by rename, then by a plain file.
    let new = write(root, "new", "5");
    std::fs::rename(new, root.join("a.alloy")).unwrap();
    write(root, "b.alloy", "b");
    let update = timeout(BROKEN, file.next()).await.unwrap();
    assert_eq!(content(update), "a.alloy=5");
    let mut seen = String::new();
    while seen != "a.alloy=5 b.alloy=b" {
        seen = content(timeout(BROKEN, directory.next()).await.unwrap());
    }
}
