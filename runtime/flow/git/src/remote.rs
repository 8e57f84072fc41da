//! Fetches from the other side.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use alloy_flow_http::{Dial, error_chain};
use gix::bstr::ByteSlice;
use gix::remote::{Direction, fetch};
use gix::url::Scheme;
use gix_transport::Protocol;
use gix_transport::client::blocking_io::http::connect_http;
use gix_transport::client::blocking_io::{Transport, connect, ssh as ssh_transport};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::carrier::Carrier;
use crate::options::Prepared;
use crate::ssh;

/// All branches and tags, also those that were moved to another history.
const REFSPECS: [&str; 2] = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"];

/// Local references that mirror the other side.
const MIRRORED: [&str; 2] = ["refs/remotes/origin/", "refs/tags/"];

/// What a fetch needs besides the repository.
pub(crate) struct Means {
    pub(crate) dial: Option<Arc<dyn Dial>>,
    pub(crate) runtime: Handle,
    pub(crate) cancel: CancellationToken,
    pub(crate) interrupt: Arc<AtomicBool>,
    /// Program that speaks SSH.
    pub(crate) ssh: String,
}

/// Brings everything that the other side has into `repo`. Blocks.
///
/// # Errors
/// What went wrong, in one line.
pub(crate) fn fetch(
    repo: &gix::Repository,
    prepared: &Prepared,
    means: &Means,
) -> Result<(), String> {
    match prepared.url.scheme {
        Scheme::Http | Scheme::Https => {
            let carrier = Carrier::new(
                prepared,
                means.dial.clone(),
                means.runtime.clone(),
                means.cancel.clone(),
            )?;
            let transport = connect_http(carrier, prepared.url.clone(), Protocol::V2, false);
            fetch_with(repo, prepared, means, transport)
        }
        _ => {
            let ssh = ssh::command(&means.ssh, &prepared.auth, &prepared.options.data_dir)
                .map_err(|error| error.to_string())?;
            let options = connect::Options {
                version: Protocol::V2,
                ssh: ssh_transport::connect::Options {
                    command: Some(ssh.command.clone()),
                    disallow_shell: false,
                    kind: Some(ssh_transport::ProgramKind::Ssh),
                },
                trace: false,
            };
            let transport = connect::connect(prepared.url.clone(), options)
                .map_err(|error| error_chain(&error))?;
            fetch_with(repo, prepared, means, transport)
        }
    }
}

fn fetch_with<T: Transport>(
    repo: &gix::Repository,
    prepared: &Prepared,
    means: &Means,
    transport: T,
) -> Result<(), String> {
    let receive = || -> gix::Result<fetch::Outcome> {
        let remote = repo
            .remote_at_without_url_rewrite(prepared.url.clone())?
            .with_fetch_tags(fetch::Tags::None)
            .with_refspecs(REFSPECS, Direction::Fetch)?;
        let prepared = remote
            .to_connection_with_transport(transport)
            // Nobody is there to be asked.
            .with_credentials(|_| Ok(None))
            .prepare_fetch(gix::progress::Discard, gix::remote::ref_map::Options::default())?;
        // Before new ones come: `x` is in the way of `x/y`.
        prune(repo, prepared.ref_map())?;
        prepared.receive(gix::progress::Discard, &means.interrupt)
    };
    receive().map(drop).map_err(|error| error_chain(&error))
}

/// Forgets branches and tags that the other side has no more.
fn prune(repo: &gix::Repository, there: &fetch::RefMap) -> gix::Result<()> {
    let wanted: BTreeSet<&[u8]> = there
        .mappings
        .iter()
        .filter_map(|mapping| mapping.local.as_ref().map(|name| name.as_bytes()))
        .collect();
    for prefix in MIRRORED {
        let mut gone = Vec::new();
        for reference in repo.references()?.prefixed(prefix)? {
            let Ok(reference) = reference else { continue };
            if !wanted.contains(reference.name().as_bstr().as_bytes()) {
                gone.push(reference.detach());
            }
        }
        for reference in gone {
            use gix::prelude::ReferenceExt;
            reference.attach(repo).delete()?;
        }
    }
    Ok(())
}
