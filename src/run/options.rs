//! Flags of `run`, checked (spec/cli.md §2.1, §2.2).

use std::path::PathBuf;
use std::time::Duration;

use alloy::host;
use alloy_runtime::ReloadMode;
use alloy_value::{Stability, quote};
use anyhow::{Result, anyhow, bail};

use super::refuse;
use crate::cli::flags::Parsed;
use crate::commands::check_format;

/// What the flags ask for.
#[derive(Debug)]
pub(crate) struct RunOptions {
    pub(crate) path: String,
    pub(crate) listen_addr: String,
    pub(crate) memory_addr: String,
    pub(crate) ui_path_prefix: String,
    pub(crate) pprof: bool,
    pub(crate) support_bundle: bool,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) node_name: String,
    pub(crate) cluster_name: String,
    pub(crate) reload: ReloadMode,
    pub(crate) watch: bool,
    pub(crate) storage_path: PathBuf,
    pub(crate) stability: Stability,
    pub(crate) community: bool,
    pub(crate) shutdown_deadline: Duration,
}

const EXPERIMENTAL: &[&str] = &[
    "feature.prometheus.direct-fanout.enabled",
    "server.http.enable-graphql",
    "server.http.enable-graphql-playground",
];

impl RunOptions {
    pub(crate) fn new(parsed: &Parsed) -> Result<Self> {
        let path = parsed.path();
        if path.is_empty() {
            bail!("path argument not provided");
        }
        let stability = parsed.stability("stability.level");
        for flag in EXPERIMENTAL {
            if parsed.bool(flag) && stability > Stability::Experimental {
                bail!(
                    "'--{flag}' can only be used at experimental stability level. \
                     Use --stability.level=experimental to enable."
                );
            }
        }
        let listen_addr = parsed.text("server.http.listen-addr").to_owned();
        check_cluster(parsed, &listen_addr)?;
        refuse_later_features(parsed)?;
        check_format(parsed, &path).map_err(|error| match std::fs::metadata(&path) {
            // A missing file is the better news.
            Ok(_) => anyhow!("reading config path {}: {error}", quote(&path)),
            Err(_) => anyhow!(
                "reading config path {}: stat {path}: no such file or directory",
                quote(&path)
            ),
        })?;
        let reload = match parsed.text("config.reload") {
            "atomic" => ReloadMode::Atomic,
            "partial" => ReloadMode::Partial,
            other => bail!(
                "invalid argument {} for \"--config.reload\" flag: must be atomic or partial",
                quote(other)
            ),
        };
        let node_name = match parsed.text("cluster.node-name") {
            "" => host::hostname(),
            name => name.to_owned(),
        };
        Ok(Self {
            path,
            listen_addr,
            memory_addr: parsed.text("server.http.memory-addr").to_owned(),
            ui_path_prefix: parsed.text("server.http.ui-path-prefix").to_owned(),
            pprof: parsed.bool("server.http.enable-pprof"),
            support_bundle: !parsed.bool("server.http.disable-support-bundle")
                && !parsed.bool("disable-support-bundle"),
            allowed_hosts: parsed.list("server.http.allowed-hosts").to_vec(),
            node_name,
            cluster_name: parsed.text("cluster.name").to_owned(),
            reload,
            watch: parsed.bool("config.watch"),
            storage_path: parsed.text("storage.path").into(),
            stability,
            community: parsed.bool("feature.community-components.enabled"),
            shutdown_deadline: parsed.duration("feature.component-shutdown-deadline"),
        })
    }
}

/// Checks that the reference makes even without clustering.
fn check_cluster(parsed: &Parsed, listen_addr: &str) -> Result<()> {
    let join = parsed.text("cluster.join-addresses");
    let discover = parsed.text("cluster.discover-peers");
    if !join.is_empty() && !discover.is_empty() {
        let peers: Vec<String> = join.split(',').map(quote).collect();
        bail!(
            "at most one of join peers and discover peers may be set, \
             got join peers [{}] and discover peers {}",
            peers.join(" "),
            quote(discover)
        );
    }
    if let Some((_, port)) = listen_addr.rsplit_once(':')
        && port.parse::<u64>().is_ok_and(|port| port > 65535)
    {
        bail!(
            "failed to create cluster node: failed to parse advertise port {}: \
             address {port}: invalid port",
            quote(port)
        );
    }
    Ok(())
}

/// A flag whose feature comes later is fine as long as it asks for nothing.
fn refuse_later_features(parsed: &Parsed) -> Result<()> {
    let later = [
        ("cluster.enabled", "clustering"),
        ("cluster.enable-tls", "clustering"),
        ("server.http.enable-graphql", "GraphQL"),
        ("server.http.enable-graphql-playground", "GraphQL"),
        ("feature.prometheus.direct-fanout.enabled", "direct fan-out"),
    ];
    for (flag, feature) in later {
        if parsed.bool(flag) {
            refuse(flag, feature)?;
        }
    }
    Ok(())
}
