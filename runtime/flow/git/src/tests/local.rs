//! A repository of the file system.

use std::time::Duration;

use alloy_flow_module_source::{ModuleSource, Update};
use tokio::time::{Instant, timeout};

use super::{Fixture, failed, fresh, updated};
use crate::{GitOptions, GitSource};

fn source(options: GitOptions) -> GitSource {
    GitSource::new(options, None).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_branch_is_followed() {
    let fixture = Fixture::new();
    let mut source = source(fixture.options());
    let loaded = source.load().await.unwrap();
    let content = loaded.content;
    assert_eq!(&*content.files["m.alloy"], "one");
    // Files beside the module can be named by its path.
    let path = std::path::Path::new(&content.module_path);
    assert_eq!(std::fs::read_to_string(path.join("m.alloy")).unwrap(), "one");
    let began = Instant::now();
    assert!(timeout(Duration::from_secs(130), source.next()).await.is_err());
    fixture.commit("m.alloy", "two");
    let update = source.next().await;
    assert_eq!(updated(update), "m.alloy=two");
    assert_eq!(began.elapsed().as_secs(), 180);
    assert_eq!(std::fs::read_to_string(path.join("m.alloy")).unwrap(), "two");
}

#[tokio::test(start_paused = true)]
async fn a_directory_is_read_and_what_is_gone_is_gone() {
    let fixture = Fixture::new();
    fixture.commit("lib/a.alloy", "a");
    fixture.commit("lib/b.alloy", "b");
    fixture.commit("lib/notes.txt", "c");
    fixture.commit("lib/sub/d.alloy", "d");
    let mut source = source(GitOptions { path: "lib".to_owned(), ..fixture.options() });
    assert_eq!(fresh(source.load().await), "a.alloy=a b.alloy=b");
    fixture.git(&["rm", "--quiet", "lib/a.alloy"]);
    fixture.commit_all();
    assert_eq!(updated(source.next().await), "b.alloy=b");
}

#[tokio::test(start_paused = true)]
async fn a_tag_wins_over_a_branch_and_a_commit_can_be_named() {
    let fixture = Fixture::new();
    let first = fixture.git(&["rev-parse", "HEAD"]);
    fixture.git(&["tag", "--annotate", "--message", "t", "v1"]);
    fixture.commit("m.alloy", "two");
    fixture.git(&["branch", "v1"]);
    fixture.git(&["branch", "side/way"]);
    for (revision, expected) in [
        ("v1", "m.alloy=one"),
        ("side/way", "m.alloy=two"),
        (first.as_str(), "m.alloy=one"),
        (&first[..8], "m.alloy=one"),
        ("origin/main", "m.alloy=two"),
        ("v1~0", "m.alloy=one"),
    ] {
        let options = GitOptions { revision: revision.to_owned(), ..fixture.options() };
        assert_eq!(fresh(source(options).load().await), expected, "{revision}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_revision_that_does_not_exist_is_named() {
    let fixture = Fixture::new();
    for revision in ["nope", "not a name..", "m.alloy"] {
        let options = GitOptions { revision: revision.to_owned(), ..fixture.options() };
        let error = source(options).load().await.unwrap_err();
        assert_eq!(error.to_string(), format!("invalid revision {revision:?}"));
    }
}

#[tokio::test(start_paused = true)]
async fn rewritten_history_is_followed() {
    let fixture = Fixture::new();
    fixture.git(&["tag", "t"]);
    let mut branch = source(fixture.options());
    let mut tag = source(GitOptions {
        revision: "t".to_owned(),
        data_dir: fixture.root().join("tag"),
        ..fixture.options()
    });
    branch.load().await.unwrap();
    tag.load().await.unwrap();
    std::fs::write(fixture.repository().join("m.alloy"), "other").unwrap();
    fixture.git(&["commit", "--quiet", "--all", "--amend", "--message", "again"]);
    fixture.git(&["tag", "--force", "t"]);
    assert_eq!(updated(branch.next().await), "m.alloy=other");
    assert_eq!(updated(tag.next().await), "m.alloy=other");
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_was_deleted_is_a_failure_and_comes_back() {
    let fixture = Fixture::new();
    fixture.git(&["branch", "x"]);
    let mut source = source(GitOptions { revision: "x".to_owned(), ..fixture.options() });
    source.load().await.unwrap();
    fixture.git(&["branch", "--delete", "--force", "x"]);
    // A directory in the place of the reference.
    fixture.git(&["branch", "x/y"]);
    assert_eq!(failed(source.next().await), "invalid revision \"x\"");
    fixture.git(&["branch", "--delete", "--force", "x/y"]);
    fixture.git(&["branch", "x"]);
    assert_eq!(source.next().await, Update::Recovered);
}

#[tokio::test(start_paused = true)]
async fn without_the_repository_the_last_good_clone_is_used() {
    let fixture = Fixture::new();
    let mut first = source(fixture.options());
    first.load().await.unwrap();
    let away = fixture.root().join("away");
    std::fs::rename(fixture.repository(), &away).unwrap();
    let text = failed(first.next().await);
    let expected =
        format!("failed to update repository {:?}: ", fixture.repository().display().to_string());
    assert!(text.starts_with(&expected), "{text}");
    drop(first);

    let mut again = source(fixture.options());
    let loaded = again.load().await.unwrap();
    assert_eq!(super::show(&loaded.content), "m.alloy=one");
    assert!(loaded.stale.unwrap().to_string().starts_with(&expected));

    std::fs::rename(&away, fixture.repository()).unwrap();
    assert_eq!(again.next().await, Update::Recovered);
    fixture.commit("m.alloy", "two");
    assert_eq!(updated(again.next().await), "m.alloy=two");
}

#[tokio::test(start_paused = true)]
async fn another_repository_has_another_clone() {
    let fixture = Fixture::new();
    let other = Fixture::new();
    other.commit("m.alloy", "other");
    let options = fixture.options();
    assert_eq!(fresh(source(options.clone()).load().await), "m.alloy=one");
    let options = GitOptions { repository: other.options().repository, ..options };
    assert_eq!(fresh(source(options).load().await), "m.alloy=other");
    assert_eq!(fresh(source(fixture.options()).load().await), "m.alloy=one");
}

#[tokio::test(start_paused = true)]
async fn a_first_clone_that_fails_is_named_and_leaves_nothing() {
    let fixture = Fixture::new();
    let missing = fixture.root().join("missing").display().to_string();
    let mut source = source(GitOptions { repository: missing.clone(), ..fixture.options() });
    let text = source.load().await.unwrap_err().to_string();
    assert!(text.starts_with(&format!("failed to download repository {missing:?}: ")), "{text}");
    assert!(!source.prepared().bare.exists());
}

#[tokio::test(start_paused = true)]
async fn a_broken_clone_is_made_again() {
    let fixture = Fixture::new();
    let mut source = source(fixture.options());
    source.load().await.unwrap();
    let bare = source.prepared().bare.clone();
    std::fs::remove_dir_all(bare.join("objects")).unwrap();
    std::fs::write(bare.join("HEAD"), "rubbish").unwrap();
    assert_eq!(fresh(source.load().await), "m.alloy=one");
}

#[tokio::test(start_paused = true)]
async fn packs_do_not_pile_up() {
    let fixture = Fixture::new();
    let mut source = source(fixture.options());
    source.load().await.unwrap();
    let packs = source.prepared().bare.join("objects/pack");
    for n in 0..65 {
        std::fs::write(packs.join(format!("pack-{n}.pack")), "").unwrap();
    }
    fixture.commit("m.alloy", "two");
    assert_eq!(updated(source.next().await), "m.alloy=two");
    assert!(std::fs::read_dir(packs).unwrap().count() < 10);
}

#[tokio::test(start_paused = true)]
async fn changes_on_disk_are_undone_by_a_load() {
    let fixture = Fixture::new();
    let mut source = source(fixture.options());
    let loaded = source.load().await.unwrap();
    let tree = std::path::PathBuf::from(loaded.content.module_path);
    std::fs::write(tree.join("m.alloy"), "changed by hand").unwrap();
    std::fs::write(tree.join("extra.alloy"), "").unwrap();
    assert_eq!(fresh(source.load().await), "m.alloy=one");
    assert!(!tree.join("extra.alloy").exists());
}

#[tokio::test(start_paused = true)]
async fn without_a_frequency_nothing_is_pulled() {
    let fixture = Fixture::new();
    let mut source = source(GitOptions { pull_frequency: Duration::ZERO, ..fixture.options() });
    source.load().await.unwrap();
    fixture.commit("m.alloy", "two");
    assert!(timeout(Duration::from_secs(3600), source.next()).await.is_err());
    assert_eq!(fresh(source.load().await), "m.alloy=two");
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_loses_no_update() {
    let fixture = Fixture::new();
    let mut source = source(fixture.options());
    source.load().await.unwrap();
    fixture.commit("m.alloy", "two");
    let mut update = None;
    while update.is_none() {
        update = timeout(Duration::from_millis(400), source.next()).await.ok();
    }
    assert_eq!(updated(update.unwrap()), "m.alloy=two");
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn links_work_inside_the_repository_only() {
    use std::os::unix::fs::symlink;
    let fixture = Fixture::new();
    let outside = fixture.root().join("secret.alloy");
    std::fs::write(&outside, "secret").unwrap();
    symlink("m.alloy", fixture.repository().join("inside.alloy")).unwrap();
    symlink(&outside, fixture.repository().join("outside.alloy")).unwrap();
    std::fs::create_dir(fixture.repository().join("lib")).unwrap();
    symlink(&outside, fixture.repository().join("lib/x.alloy")).unwrap();
    fixture.commit_all();
    let load = |path: &str| {
        let options = GitOptions { path: path.to_owned(), ..fixture.options() };
        async move { source(options).load().await }
    };
    assert_eq!(fresh(load("inside.alloy").await), "inside.alloy=one");
    for path in ["outside.alloy", "lib", "../../../secret.alloy"] {
        let error = load(path).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("failed to read file: {path:?} leads out of the repository")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_path_is_named() {
    let fixture = Fixture::new();
    let mut source = source(GitOptions { path: "none.alloy".to_owned(), ..fixture.options() });
    let text = source.load().await.unwrap_err().to_string();
    let path = source.prepared().tree.join("none.alloy");
    assert_eq!(
        text,
        format!("failed to collect files: stat {}: no such file or directory", path.display())
    );
}

#[tokio::test(start_paused = true)]
async fn a_repository_is_bounded() {
    let fixture = Fixture::new();
    fixture.commit("n.alloy", "two");
    let mut many = source(fixture.options());
    many.limits().tree_files = 1;
    let text = many.load().await.unwrap_err().to_string();
    assert!(text.ends_with(": the repository has more than 1 files"), "{text}");
    let mut large = source(fixture.options());
    large.limits().tree_bytes = 5;
    let text = large.load().await.unwrap_err().to_string();
    assert!(text.ends_with(": the files of the repository have more than 5 bytes"), "{text}");
}
