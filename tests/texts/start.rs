//! 1. Process start, load, run, stop.

use std::process::Command;

use crate::support::alloy::Alloy;
use crate::support::directory;

/// The last line on standard error of a `run` that ends by itself.
fn ends_with(args: &[&str]) -> String {
    let dir = directory();
    std::fs::write(dir.path().join("config.alloy"), "").expect("write a config");
    let output = Command::new(env!("CARGO_BIN_EXE_alloy"))
        .arg("run")
        .args(args)
        .current_dir(dir.path())
        .output()
        .expect("start the binary under test");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    stderr.lines().last().unwrap_or_default().to_owned()
}

#[test]
fn what_a_start_refuses() {
    assert_eq!(ends_with(&[""]), "Error: path argument not provided");
    for flag in [
        "--feature.prometheus.direct-fanout.enabled",
        "--server.http.enable-graphql",
        "--server.http.enable-graphql-playground",
    ] {
        assert_eq!(
            ends_with(&["config.alloy", flag]),
            format!(
                "Error: '{flag}' can only be used at experimental stability level. Use \
                 --stability.level=experimental to enable."
            )
        );
    }
}

#[test]
fn a_start_is_logged() {
    let log = Alloy::start("").log();
    assert!(log.contains("level=info msg=\"Alloy is starting\""), "{log}");
    assert!(log.contains("level=info msg=\"{^_^} Alloy is running\""), "{log}");
}

#[test]
fn what_a_source_may_hold() {
    let alloy = Alloy::start("");
    for (bytes, expected) in [
        (&b"\xef\xbb\xbflogging { }\n"[..], "config reloaded\n"),
        (
            b"\xff\xfel\0",
            "reading config path \"config.alloy\": configuration is encoded with UTF16LittleEndian \
             but must be utf8\n",
        ),
        (b"\xff", "reading config path \"config.alloy\": unknown encoding for config\n"),
        (b"a = 1\n", "error during the initial load: config.alloy:1:1: unrecognized attribute a\n"),
        (
            b"local.file {",
            "reading config path \"config.alloy\": config.alloy:1:13: expected }, got EOF\n",
        ),
    ] {
        std::fs::write(alloy.dir.path().join("config.alloy"), bytes).expect("write a config");
        assert_eq!(alloy.reload().1, expected, "{}", String::from_utf8_lossy(bytes));
    }
}
