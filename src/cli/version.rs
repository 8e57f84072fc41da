//! What this build is.

use std::fmt::Write as _;

use alloy::host::{VERSION, os_arch};

/// Branch it was built from; set by the release build.
pub(crate) const BRANCH: &str = unset(option_env!("ALLOY_BUILD_BRANCH"));
/// Commit it was built from; set by the release build.
pub(crate) const REVISION: &str = unset(option_env!("ALLOY_BUILD_REVISION"));
/// Oldest compiler that builds it: the one in use is not known to the program.
pub(crate) const COMPILER: &str = env!("CARGO_PKG_RUST_VERSION");
const USER: &str = unset(option_env!("ALLOY_BUILD_USER"));
const DATE: &str = unset(option_env!("ALLOY_BUILD_DATE"));

const fn unset(value: Option<&'static str>) -> &'static str {
    match value {
        Some(value) => value,
        None => "",
    }
}

/// Answer to `--version`.
pub(crate) fn text() -> String {
    let (os, arch) = os_arch();
    let mut out = format!("alloy, version {VERSION} (branch: {BRANCH}, revision: {REVISION})\n");
    let platform = format!("{os}/{arch}");
    let rows = [
        ("build user:", USER),
        ("build date:", DATE),
        ("rust version:", COMPILER),
        ("platform:", &platform),
        ("tags:", ""),
    ];
    for (name, value) in rows {
        // Writing to a string cannot fail.
        let _ok = writeln!(out, "  {name:18}{value}");
    }
    out
}

/// `User-Agent` of outgoing requests.
pub(crate) fn user_agent() -> String {
    const MODES: &[&str] = &["operator", "helm", "docker", "deb", "rpm", "brew"];
    let mode = std::env::var("ALLOY_DEPLOY_MODE").unwrap_or_default();
    let mode = MODES.iter().find(|known| **known == mode).copied().unwrap_or("binary");
    format!("Alloy/{VERSION} ({}; {mode})", os_arch().0)
}
