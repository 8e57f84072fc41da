//! SSH: a program in the place of `ssh` that keeps what it was started with and serves the
//! repository from this machine.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;

use alloy_flow_http::Hidden;
use alloy_flow_module_source::ModuleSource;

use super::{Fixture, fresh};
use crate::{GitAuth, GitOptions, GitSource, SshKey};

/// Writes the program; it leaves `args`, `key`, `passphrase` beside itself.
fn program(fixture: &Fixture) -> String {
    let dir = fixture.root().display();
    let script = format!(
        r#"#!/bin/sh
echo "$@" > '{dir}/args'
while [ $# -gt 0 ]; do
  case "$1" in
    -i) cp -p "$2" '{dir}/key'; shift 2 ;;
    -o) shift 2 ;;
    -p*) shift ;;
    *) break ;;
  esac
done
if [ -n "$SSH_ASKPASS" ]; then "$SSH_ASKPASS" 'the passphrase?' > '{dir}/passphrase'; fi
shift
exec sh -c "$*"
"#
    );
    let path = fixture.root().join("fake-ssh");
    std::fs::write(&path, script).unwrap();
    // Given to a shell, the file needs not be run by itself: the system refuses to run one that
    // another thread's child still has open.
    format!("sh {}", path.display())
}

async fn load(fixture: &Fixture, auth: GitAuth) -> String {
    let repository = format!("ssh://someone@host.test:2222{}", fixture.repository().display());
    let options = GitOptions { repository, auth, ..fixture.options() };
    let mut source = GitSource::new(options, None).unwrap();
    source.ssh = program(fixture);
    fresh(source.load().await)
}

fn left(fixture: &Fixture, name: &str) -> String {
    std::fs::read_to_string(fixture.root().join(name)).unwrap()
}

#[tokio::test]
async fn without_a_key_the_program_decides() {
    let fixture = Fixture::new();
    assert_eq!(load(&fixture, GitAuth::None).await, "m.alloy=one");
    let args = left(&fixture, "args");
    assert!(args.starts_with("-o BatchMode=yes "), "{args}");
    assert!(args.contains(" -p2222 someone@host.test "), "{args}");
    assert!(!args.contains("-i "), "{args}");
}

#[tokio::test]
async fn a_key_goes_through_a_file_of_this_user() {
    let fixture = Fixture::new();
    let key = SshKey {
        username: "git".to_owned(),
        key: Some(Hidden::new("line 1\r\nline 2")),
        key_file: Some("/does/not/exist".into()),
        passphrase: None,
    };
    assert_eq!(load(&fixture, GitAuth::Ssh(key)).await, "m.alloy=one");
    assert!(left(&fixture, "args").contains(" git@host.test "));
    assert_eq!(left(&fixture, "key"), "line 1\nline 2\n");
    let mode = std::fs::metadata(fixture.root().join("key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let secrets = std::fs::read_dir(fixture.data())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("ssh-"))
        .count();
    assert_eq!(secrets, 0, "secrets are removed");
}

#[tokio::test]
async fn a_passphrase_is_asked_for_and_is_on_no_command_line() {
    let fixture = Fixture::new();
    let file = fixture.root().join("id");
    std::fs::write(&file, "key\n").unwrap();
    let key = SshKey {
        username: String::new(),
        key: None,
        key_file: Some(file),
        passphrase: Some(Hidden::new("it's $secret")),
    };
    assert_eq!(load(&fixture, GitAuth::Ssh(key)).await, "m.alloy=one");
    assert_eq!(left(&fixture, "passphrase"), "it's $secret\n");
    assert_eq!(left(&fixture, "key"), "key\n");
    let args = left(&fixture, "args");
    assert!(!args.contains("secret") && args.contains("StrictHostKeyChecking=yes"), "{args}");
}

#[tokio::test]
async fn a_key_file_that_is_missing_is_named() {
    let fixture = Fixture::new();
    let key = SshKey {
        username: "git".to_owned(),
        key: None,
        key_file: Some("/does/not/exist".into()),
        passphrase: None,
    };
    let repository = "git@host.test:lib.git".to_owned();
    let options = GitOptions { repository, auth: GitAuth::Ssh(key), ..fixture.options() };
    let mut source = GitSource::new(options, None).unwrap();
    let text = source.load().await.unwrap_err().to_string();
    assert!(text.contains("cannot read the key file /does/not/exist"), "{text}");
}
