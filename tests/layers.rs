//! The edges between crates that the design forbids.

use std::process::Command;

/// Names of the packages that `package` is built from.
fn packages_of(package: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", package, "--edges", "normal", "--prefix", "none", "--locked"])
        .current_dir(alloy_corpus::workspace())
        .output()
        .expect("run cargo tree");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .collect()
}

#[test]
fn crates_do_not_know_what_they_must_not() {
    let network = ["tokio", "hyper", "axum"];
    for (package, forbidden) in [
        ("alloy-syntax", &["salsa", "tokio", "alloy-value", "alloy-component"][..]),
        ("alloy-value", &["rowan", "salsa", "tokio"]),
        ("alloy-queries", &network),
        ("alloy-reference", &network),
        ("alloy-checks", &network),
        ("alloy-telemetry", &["alloy-value", "alloy-queries", "hyper"]),
        ("alloy-component", &["alloy-queries", "alloy-runtime", "alloy-prometheus"]),
        ("alloy-server", &["alloy-prometheus", "alloy-local"]),
    ] {
        let packages = packages_of(package);
        assert!(packages.len() > 3, "{package}: {packages:?}");
        for name in forbidden {
            assert!(!packages.iter().any(|p| p == name), "{package} is built from {name}");
        }
    }
}
