use alloy_flow_http::Hidden;

use super::Fixture;
use crate::options::{Prepared, below};
use crate::{GitAuth, GitOptions, GitSource, SshKey};

fn key() -> GitAuth {
    GitAuth::Ssh(SshKey { username: "git".to_owned(), key: None, key_file: None, passphrase: None })
}

#[test]
fn what_cannot_be_used_is_refused() {
    let fixture = Fixture::new();
    let check = |repository: &str, auth: GitAuth, expected: &str| {
        let options = GitOptions { repository: repository.to_owned(), auth, ..fixture.options() };
        assert_eq!(GitSource::new(options, None).unwrap_err().to_string(), expected);
    };
    let basic = GitAuth::Basic { username: "u".to_owned(), password: Hidden::new("p") };
    check("https://host/x", key(), "repository: an ssh_key cannot be used over HTTP");
    check("git@host:x", basic.clone(), "repository: basic_auth cannot be used over SSH");
    check("/a/b", basic, "repository: basic_auth and ssh_key can be used over HTTP and SSH only");
    check(
        "ftp://host/x",
        GitAuth::None,
        "repository: the scheme is none of http, https, ssh, git and file",
    );
    for revision in ["HEAD", "FETCH_HEAD", "ORIG_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD"] {
        let options = GitOptions { revision: revision.to_owned(), ..fixture.options() };
        assert_eq!(
            GitSource::new(options, None).unwrap_err().to_string(),
            "revision cannot be a special git reference such as HEAD, FETCH_HEAD, ORIG_HEAD, \
             MERGE_HEAD, or CHERRY_PICK_HEAD"
        );
    }
}

#[test]
fn directories_are_named_by_the_repository() {
    let fixture = Fixture::new();
    let name = |repository: &str| {
        let options = GitOptions { repository: repository.to_owned(), ..fixture.options() };
        let prepared = Prepared::new(options).unwrap();
        let name = |path: &std::path::Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        (name(&prepared.tree), name(&prepared.bare))
    };
    let (tree, bare) = name("https://user:secret@host/x.git");
    assert_eq!(bare, format!("{tree}.git"));
    assert!(tree.starts_with("repo-") && tree.len() == 21, "{tree}");
    assert_ne!(name("https://host/y.git").0, tree);
}

#[test]
fn paths_stay_below_the_root() {
    let root = std::path::Path::new("/r");
    let check = |path: &str, expected: Option<&str>| {
        assert_eq!(below(root, path), expected.map(std::path::PathBuf::from), "{path}");
    };
    check("a/b.alloy", Some("/r/a/b.alloy"));
    check("/a", Some("/r/a"));
    check(".", Some("/r"));
    check("a/../b", Some("/r/b"));
    check("..", None);
    check("a/../../b", None);
}
