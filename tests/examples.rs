//! What the documentation shows works.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs the binary on a file; its standard error if it fails.
fn alloy(args: &[&str], file: &Path) -> Result<(), String> {
    let output = Command::new(env!("CARGO_BIN_EXE_alloy"))
        .args(args)
        .arg(file)
        .output()
        .expect("start the binary under test");
    let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    if output.status.success() { Ok(()) } else { Err(said.into_owned()) }
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = alloy_corpus::workspace().join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("list a folder")
        .map(|entry| entry.expect("read an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn examples_are_valid_and_formatted() {
    for file in files("docs/examples", "alloy") {
        assert_eq!(alloy(&["check"], &file), Ok(()), "{}", file.display());
        assert_eq!(alloy(&["fmt", "--test"], &file), Ok(()), "{}", file.display());
    }
}

#[test]
fn the_commented_line_of_the_host_example_is_valid_too() {
    let example = alloy_corpus::workspace().join("docs/examples/host.alloy");
    let text = std::fs::read_to_string(example).expect("read the example");
    let with_endpoint = text.replace("// endpoint {", "endpoint {");
    assert_ne!(text, with_endpoint, "the line is there");
    let dir = tempfile::tempdir().expect("create a temporary directory");
    let file = dir.path().join("host.alloy");
    std::fs::write(&file, with_endpoint).expect("write a config");
    assert_eq!(alloy(&["check"], &file), Ok(()));
}

#[test]
fn configurations_in_markdown_are_valid() {
    let dir = tempfile::tempdir().expect("create a temporary directory");
    let file = dir.path().join("config.alloy");
    for page in files(".", "md").into_iter().chain(files("docs", "md")) {
        let text = std::fs::read_to_string(&page).expect("read a page");
        for block in text.split("```alloy\n").skip(1) {
            let config = block.split("```").next().unwrap_or_default();
            // A page about one component may refer to a receiver that it does not show.
            let shown = config.contains("prometheus.remote_write \"");
            let rest = if shown { "" } else { "\nprometheus.remote_write \"default\" { }\n" };
            std::fs::write(&file, format!("{config}{rest}")).expect("write a config");
            let check = ["check", "--min-severity=error"];
            assert_eq!(alloy(&check, &file), Ok(()), "{}:\n{config}", page.display());
        }
    }
}
