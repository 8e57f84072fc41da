//! The log as its users see it: survives its process, damage and a full disk.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use alloy_flow_wal::{Cursor, Log, Options, Position, Reader, SyncPolicy};
use alloy_telemetry::{
    Ack, AckOutcome, Exemplar, Labels, Refs, Row, SampleBatch, SeriesOwner, SeriesTable, Timestamps,
};

fn options(folder: &Path) -> Options {
    Options {
        sync: SyncPolicy::None,
        segment_bytes: 16 << 10,
        commit_interval: Duration::from_millis(1),
        ..Options::new(folder.to_owned())
    }
}

/// A batch of `n` series of a family, valued `value`.
fn batch(owner: &mut SeriesOwner, family: &str, n: usize, value: f64) -> SampleBatch {
    let refs: Vec<_> = (0..n)
        .map(|i| {
            owner.intern(&Labels::new([("__name__", family.to_owned()), ("i", i.to_string())]))
        })
        .collect();
    SampleBatch {
        hold: owner.hold(),
        refs: Refs::List(refs.into()),
        values: vec![value; n].into(),
        timestamps: Timestamps::One(value as i64),
        histograms: None,
        exemplars: None,
        metadata: None,
        created: None,
        ack: None,
    }
}

/// Family and value of what a reader finds.
async fn read_all(table: &SeriesTable, reader: &mut Reader) -> Vec<(String, usize, f64)> {
    let mut found = Vec::new();
    while let Some(delivery) = reader.next().await {
        let batch = &delivery.batch;
        let labels = table.labels(batch.series(batch.len() - 1));
        let name = labels.get("__name__").expect("a name").to_owned();
        assert_eq!(labels.get("i"), Some(&*(batch.len() - 1).to_string()));
        found.push((name, batch.len(), batch.values[0]));
    }
    found
}

/// Appends batches valued `from..to` in a process of their own.
async fn write(folder: &Path, from: usize, to: usize) -> Position {
    let table = SeriesTable::new();
    let mut owner = table.owner();
    let log = Log::open(options(folder), table).expect("opened");
    for value in from..to {
        let batch = batch(&mut owner, "m", 20, value as f64);
        log.append(Arc::new(batch)).await.expect("appended");
    }
    log.close().await;
    log.end()
}

async fn read_from(folder: &Path, position: Position) -> (Vec<f64>, u64) {
    let table = SeriesTable::new();
    let log = Log::open(options(folder), table.clone()).expect("opened");
    let mut reader = log.reader(position);
    log.close().await;
    let found = read_all(&table, &mut reader).await;
    use std::sync::atomic::Ordering::Relaxed;
    (found.into_iter().map(|f| f.2).collect(), log.stats().corruptions.load(Relaxed))
}

fn numbers(range: std::ops::Range<usize>) -> Vec<f64> {
    range.map(|n| n as f64).collect()
}

#[tokio::test]
async fn a_restart_goes_on_at_any_position() {
    let folder = tempfile::tempdir().unwrap();
    let end = write(folder.path(), 0, 300).await;
    assert!(end.segment > 2, "{end}");
    let table = SeriesTable::new();
    let log = Log::open(options(folder.path()), table).unwrap();
    assert_eq!(log.end_at_open(), end);
    let mut reader = log.reader(Position::default());
    let mut starts = Vec::new();
    for _ in 0..300 {
        starts.push(reader.next().await.unwrap().start);
    }
    drop(reader);
    log.close().await;
    for at in [0, 1, 17, 150, 298, 299] {
        assert_eq!(read_from(folder.path(), starts[at]).await, (numbers(at..300), 0), "{at}");
    }
    write(folder.path(), 300, 320).await;
    assert_eq!(read_from(folder.path(), starts[250]).await, (numbers(250..320), 0));
    assert_eq!(read_from(folder.path(), end).await, (numbers(300..320), 0));
}

#[tokio::test]
async fn cursors_survive_and_others_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(options(folder.path()), SeriesTable::new()).unwrap();
    let cursor = Cursor { position: Position { segment: 2, offset: 99 } };
    log.cursor("a").store(cursor).unwrap();
    log.cursor("b").store(cursor).unwrap();
    log.forget_other_cursors(&["a"]);
    assert_eq!(log.cursor("a").load(), Some(cursor));
    assert_eq!(log.cursor("b").load(), None);
}

#[tokio::test]
async fn a_cut_at_any_place_costs_only_what_is_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 0, 12).await;
    let file = folder.path().join("00000001.log");
    let whole = std::fs::read(&file).unwrap();
    for len in (0..whole.len()).step_by(7).chain([31, 32, 33, whole.len() - 1]) {
        std::fs::write(&file, &whole[..len]).unwrap();
        let (found, _) = read_from(folder.path(), Position::default()).await;
        assert!(numbers(0..12).starts_with(&found), "cut at {len}: {found:?}");
        // And the log goes on.
        assert_eq!(write(folder.path(), 12, 13).await.segment, 2);
        let (found, _) = read_from(folder.path(), Position::default()).await;
        assert_eq!(found.last(), Some(&12.0), "cut at {len}");
        std::fs::remove_file(folder.path().join("00000002.log")).unwrap();
    }
}

#[tokio::test]
async fn damage_is_counted_kept_aside_and_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let end = write(folder.path(), 0, 300).await;
    let file = folder.path().join("00000002.log");
    let whole = std::fs::read(&file).unwrap();
    for at in [0, 5, 40, 2_000, whole.len() - 3] {
        let mut bad = whole.clone();
        bad[at] ^= 0x55;
        std::fs::write(&file, bad).unwrap();
        let (found, corruptions) = read_from(folder.path(), Position::default()).await;
        assert_eq!(corruptions, 1, "{at}");
        let others = found.len();
        assert!(others > 100 && (at < 32 || others < 300), "{at}: {others} of {end}");
        assert!(found.is_sorted(), "{at}");
        assert_eq!(found.last(), Some(&299.0), "{at}");
    }
    let kept = std::fs::read_dir(folder.path().join("quarantine")).unwrap().count();
    assert!(kept > 0);
}

#[tokio::test]
async fn foreign_files_and_empty_segments_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("00000001.log"), b"").unwrap();
    std::fs::write(folder.path().join("00000002.log"), vec![0; 5_000]).unwrap();
    std::fs::write(folder.path().join("00000003.log"), vec![0xff; 5_000]).unwrap();
    std::fs::write(folder.path().join("notes.txt"), b"x").unwrap();
    write(folder.path(), 0, 3).await;
    assert_eq!(read_from(folder.path(), Position::default()).await.0, numbers(0..3));
}

#[tokio::test]
async fn batches_keep_what_is_attached() {
    let folder = tempfile::tempdir().unwrap();
    let exemplar =
        Exemplar { labels: Labels::new([("trace_id", "t")]), value: 2.5, timestamp_ms: Some(7) };
    {
        let table = SeriesTable::new();
        let mut owner = table.owner();
        let log = Log::open(options(folder.path()), table).unwrap();
        let mut one = batch(&mut owner, "m", 3, 1.0);
        one.exemplars = Some([Row { row: 1, item: exemplar.clone() }].into());
        one.timestamps = Timestamps::Each([5, -6, 7].into());
        let (ack, mut waiter) = Ack::new();
        one.ack = Some(ack);
        let mut reader = log.reader(log.end());
        log.append(Arc::new(one)).await.unwrap();
        assert_eq!(waiter.wait().await, AckOutcome::Safe);
        let live = reader.next().await.unwrap();
        assert!(live.batch.ack.is_none(), "a reader must not delay the acknowledgement");
        log.close().await;
        assert!(reader.next().await.is_none());
    }
    let table = SeriesTable::new();
    let log = Log::open(options(folder.path()), table.clone()).unwrap();
    let found = log.reader(Position::default()).next().await.unwrap().batch;
    assert_eq!(found.exemplars.as_deref(), Some(&[Row { row: 1, item: exemplar }][..]));
    assert_eq!((0..3).map(|r| found.timestamp_ms(r)).collect::<Vec<_>>(), [5, -6, 7]);
}

#[tokio::test]
async fn a_slow_reader_falls_back_to_disk_and_catches_up() {
    let folder = tempfile::tempdir().unwrap();
    let table = SeriesTable::new();
    let mut owner = table.owner();
    let log = Log::open(Options { ring_bytes: 8 << 10, ..options(folder.path()) }, table.clone())
        .unwrap();
    let (mut slow, mut quick) = (log.reader(log.end()), log.reader(log.end()));
    let mut seen = Vec::new();
    for value in 0..200 {
        log.append(Arc::new(batch(&mut owner, "m", 30, f64::from(value)))).await.unwrap();
        if value % 50 == 49 {
            seen.push(slow.next().await.unwrap().batch.values[0]);
        }
        quick.next().await.unwrap();
    }
    log.close().await;
    seen.extend(read_all(&table, &mut slow).await.into_iter().map(|f| f.2));
    assert_eq!(seen, numbers(0..200));
}

#[tokio::test]
async fn series_are_given_back_when_their_segment_ends() {
    let folder = tempfile::tempdir().unwrap();
    let table = SeriesTable::new();
    let log = Log::open(options(folder.path()), table.clone()).unwrap();
    for value in 0..100 {
        let mut owner = table.owner();
        let one = batch(&mut owner, &format!("m{value}"), 100, 1.0);
        log.append(Arc::new(one)).await.unwrap();
    }
    log.close().await;
    assert!(table.is_empty(), "{} series left", table.len());
}

#[tokio::test]
async fn truncation_keeps_unread_and_young_segments() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 0, 300).await;
    let log = Log::open(options(folder.path()), SeriesTable::new()).unwrap();
    let count = || {
        let files = std::fs::read_dir(folder.path()).unwrap().flatten();
        files.filter(|f| f.path().extension().is_some_and(|e| e == "log")).count()
    };
    let before = count();
    let (hour, keep) = (Duration::from_secs(3600), Position { segment: 3, offset: 0 });
    log.truncate(keep, hour, 2 * hour);
    assert_eq!(count(), before, "young");
    log.truncate(keep, Duration::ZERO, hour);
    assert_eq!(count(), before - 2, "read by everybody");
    log.truncate(keep, Duration::ZERO, Duration::ZERO);
    assert_eq!(count(), 1, "too old, sent or not; the newest stays");
}

#[tokio::test]
async fn without_a_writable_folder_batches_go_on_from_memory() {
    let folder = tempfile::tempdir().unwrap();
    let table = SeriesTable::new();
    let mut owner = table.owner();
    let path = folder.path().join("log");
    let log = Log::open(options(&path), table.clone()).unwrap();
    let mut reader = log.reader(log.end());
    // Works for every user, root included: the next segment's name is taken by a folder.
    std::fs::remove_dir_all(&path).unwrap();
    std::fs::write(&path, b"in the way").unwrap();
    log.append(Arc::new(batch(&mut owner, "m", 2, 1.0))).await.unwrap();
    assert_eq!(reader.next().await.unwrap().batch.values[0], 1.0);
    assert!(log.failure().is_some());
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir_all(&path).unwrap();
    // The writer tries again after a while.
    let mut value = 1.0;
    while log.failure().is_some() {
        value += 1.0;
        log.append(Arc::new(batch(&mut owner, "m", 2, value))).await.unwrap();
        assert_eq!(reader.next().await.unwrap().batch.values[0], value);
    }
    log.close().await;
    assert_eq!(read_from(&path, Position::default()).await.0, [value]);
}

#[tokio::test]
async fn space_preallocated_by_a_killed_process_is_given_back() {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 0, 5).await;
    let path = folder.path().join("00000001.log");
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    let flags = rustix::fs::FallocateFlags::KEEP_SIZE;
    if rustix::fs::fallocate(&file, flags, 0, 8 << 20).is_err() {
        return; // The file system cannot preallocate, so nothing can be left behind.
    }
    assert!(file.metadata().unwrap().blocks() * 512 >= 8 << 20);
    assert_eq!(read_from(folder.path(), Position::default()).await, (numbers(0..5), 0));
    assert!(file.metadata().unwrap().blocks() * 512 < 1 << 20);
}
