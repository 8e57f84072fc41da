//! What configurations can know about the process and its host.

use alloy_queries::HostFacts;

/// Version with its `v`.
pub const VERSION: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// What expressions can read (`constants`).
pub fn facts() -> HostFacts {
    let (os, arch) = os_arch();
    HostFacts {
        hostname: hostname(),
        os: os.to_owned(),
        arch: arch.to_owned(),
        version: VERSION.to_owned(),
    }
}

/// The host's name; empty if the system has none.
pub fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Operating system and architecture under the names that Go and Prometheus users know.
pub fn os_arch() -> (&'static str, &'static str) {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    };
    (os, arch)
}
