//! Against repositories that the `git` program makes and serves.

mod http;
mod local;
mod options;
mod ssh;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use alloy_flow_module_source::{Content, Loaded, SourceError, Update};

use crate::{GitAuth, GitOptions};

/// A repository with a work tree, and a directory for sources.
pub(super) struct Fixture {
    dir: tempfile::TempDir,
}

impl Fixture {
    /// One commit on `main` with `m.alloy` that says `one`.
    pub(super) fn new() -> Self {
        let fixture = Self { dir: tempfile::tempdir().unwrap() };
        std::fs::create_dir(fixture.repository()).unwrap();
        fixture.git(&["init", "--quiet", "--initial-branch=main"]);
        fixture.commit("m.alloy", "one");
        fixture
    }

    pub(super) fn root(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn repository(&self) -> PathBuf {
        self.dir.path().join("repository")
    }

    pub(super) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Runs git in the repository and gives its output.
    pub(super) fn git(&self, args: &[&str]) -> String {
        let output = git().arg("-C").arg(self.repository()).args(args).output().unwrap();
        assert!(
            output.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Writes a file and commits all there is; gives the commit.
    pub(super) fn commit(&self, name: &str, text: &str) -> String {
        let path = self.repository().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self.commit_all()
    }

    pub(super) fn commit_all(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "a change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub(super) fn options(&self) -> GitOptions {
        GitOptions {
            repository: self.repository().display().to_string(),
            revision: "main".to_owned(),
            path: "m.alloy".to_owned(),
            pull_frequency: Duration::from_secs(60),
            auth: GitAuth::None,
            data_dir: self.data(),
            user_agent: String::new(),
        }
    }
}

/// Git without the configuration of this machine.
pub(super) fn git() -> Command {
    let mut git = Command::new("git");
    git.env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_AUTHOR_NAME", "a")
        .env("GIT_AUTHOR_EMAIL", "a@example.com")
        .env("GIT_COMMITTER_NAME", "a")
        .env("GIT_COMMITTER_EMAIL", "a@example.com")
        .stdin(Stdio::null());
    git
}

/// `name=text` of each file.
pub(super) fn show(content: &Content) -> String {
    let files: Vec<_> = content.files.iter().map(|(name, text)| format!("{name}={text}")).collect();
    files.join(" ")
}

pub(super) fn fresh(result: Result<Loaded, SourceError>) -> String {
    let loaded = result.unwrap();
    assert_eq!(loaded.stale, None);
    show(&loaded.content)
}

pub(super) fn updated(update: Update) -> String {
    match update {
        Update::Content(content) => show(&content),
        other => panic!("{other:?}"),
    }
}

pub(super) fn failed(update: Update) -> String {
    match update {
        Update::Failed(error) => error.to_string(),
        other => panic!("{other:?}"),
    }
}
