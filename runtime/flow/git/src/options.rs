//! What a source is configured with.

use std::path::{Path, PathBuf};
use std::time::Duration;

use alloy_flow_http::Hidden;
use alloy_flow_module_source::SourceError;
use gix::url::Scheme;
use sha2::{Digest, Sha256};

use crate::{MAX_FETCH_BYTES, MAX_TREE_BYTES, MAX_TREE_FILES};

/// References that mean another thing in each clone.
const SPECIAL: &[&str] = &["HEAD", "FETCH_HEAD", "ORIG_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD"];

/// Options of a [`GitSource`](crate::GitSource).
#[derive(Clone, Debug, PartialEq)]
pub struct GitOptions {
    /// URL or path of the repository.
    pub repository: String,
    /// Tag, branch or commit.
    pub revision: String,
    /// File or directory in the repository.
    pub path: String,
    /// Time between two fetches; none after the first if zero.
    pub pull_frequency: Duration,
    /// How to authenticate.
    pub auth: GitAuth,
    /// Directory of this source alone.
    pub data_dir: PathBuf,
    /// `User-Agent` of HTTP requests; that of the git library if empty.
    pub user_agent: String,
}

/// How to authenticate.
#[derive(Clone, Debug, PartialEq)]
pub enum GitAuth {
    /// As the URL says; over SSH as the `ssh` program does by itself.
    None,
    /// Basic authentication over HTTP.
    Basic {
        /// User.
        username: String,
        /// Password.
        password: Hidden,
    },
    /// A key over SSH.
    Ssh(SshKey),
}

/// A key over SSH.
#[derive(Clone, Debug, PartialEq)]
pub struct SshKey {
    /// User; the one of the URL if empty.
    pub username: String,
    /// The private key. Wins over the file.
    pub key: Option<Hidden>,
    /// File with the private key.
    pub key_file: Option<PathBuf>,
    /// What the key is encrypted with.
    pub passphrase: Option<Hidden>,
}

/// Bounds of what comes from outside.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) fetch_bytes: u64,
    pub(crate) tree_bytes: u64,
    pub(crate) tree_files: usize,
}

/// Options that can be used.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) options: GitOptions,
    /// Without user and password over HTTP.
    pub(crate) url: gix::Url,
    /// User and password of the URL over HTTP, unless the options have others.
    pub(crate) auth: GitAuth,
    /// For errors: without a password.
    pub(crate) shown: String,
    /// Files of the repository.
    pub(crate) tree: PathBuf,
    /// The clone.
    pub(crate) bare: PathBuf,
    pub(crate) limits: Limits,
}

impl Prepared {
    pub(crate) fn new(options: GitOptions) -> Result<Self, SourceError> {
        if SPECIAL.contains(&options.revision.as_str()) {
            return Err(SourceError::Options(
                "revision cannot be a special git reference such as HEAD, FETCH_HEAD, ORIG_HEAD, \
                 MERGE_HEAD, or CHERRY_PICK_HEAD"
                    .to_owned(),
            ));
        }
        let refused = |reason: &str| SourceError::Options(format!("repository: {reason}"));
        let mut url = gix::url::parse(options.repository.as_bytes())
            .map_err(|_| refused("the URL cannot be parsed"))?;
        let mut auth = options.auth.clone();
        match (&url.scheme, &auth) {
            (Scheme::Http | Scheme::Https, GitAuth::Ssh(_)) => {
                return Err(refused("an ssh_key cannot be used over HTTP"));
            }
            (Scheme::Http | Scheme::Https, _) => {
                let (user, password) =
                    (url.user().map(str::to_owned), url.password().map(str::to_owned));
                if let (GitAuth::None, Some(username)) = (&auth, user) {
                    auth = GitAuth::Basic {
                        username,
                        password: Hidden::new(password.unwrap_or_default()),
                    };
                }
                url.set_user(None);
                url.set_password(None);
            }
            (Scheme::Ssh, GitAuth::Basic { .. }) => {
                return Err(refused("basic_auth cannot be used over SSH"));
            }
            (Scheme::Ssh, GitAuth::Ssh(key)) if !key.username.is_empty() => {
                url.set_user(Some(key.username.clone()));
            }
            (Scheme::Ssh, _) => {}
            (Scheme::File | Scheme::Git, GitAuth::None) => {}
            (Scheme::File | Scheme::Git, _) => {
                return Err(refused("basic_auth and ssh_key can be used over HTTP and SSH only"));
            }
            _ => return Err(refused("the scheme is none of http, https, ssh, git and file")),
        }
        if url.scheme == Scheme::File {
            // The clone outlives a change of the current directory.
            let path = gix::path::from_bstr(url.path.as_ref() as &gix::bstr::BStr)
                .map_err(|_| refused("the path is not valid"))?;
            let absolute =
                std::path::absolute(&path).map_err(|_| refused("the path is not valid"))?;
            url.path = gix::path::into_bstr(absolute)
                .map_err(|_| refused("the path is not valid"))?
                .into_owned();
        }
        let name = directory_name(&options.repository);
        Ok(Self {
            tree: options.data_dir.join(&name),
            bare: options.data_dir.join(format!("{name}.git")),
            shown: shown(&url),
            url,
            auth,
            limits: Limits {
                fetch_bytes: MAX_FETCH_BYTES,
                tree_bytes: MAX_TREE_BYTES,
                tree_files: MAX_TREE_FILES,
            },
            options,
        })
    }

    /// `text` without the secrets that a library may have put into it.
    pub(crate) fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let mut hide = |secret: &str| {
            if !secret.is_empty() {
                text = text.replace(secret, "(secret)");
            }
        };
        if let GitAuth::Basic { password, .. } = &self.auth {
            hide(password.expose());
        }
        if let Some(password) = self.url.password() {
            hide(password);
        }
        text
    }
}

/// Another name for each repository. Not reversible: a URL may have a password in it.
fn directory_name(repository: &str) -> String {
    let digest = Sha256::digest(repository.as_bytes());
    let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("repo-{hex}")
}

fn shown(url: &gix::Url) -> String {
    let mut url = url.clone();
    if url.password().is_some() {
        url.set_password(Some("xxxxx".to_owned()));
    }
    url.to_bstring().to_string()
}

/// `path` below `root`; nothing if it leads out of it by its own text.
pub(crate) fn below(root: &Path, path: &str) -> Option<PathBuf> {
    use std::path::Component;
    let mut below = root.to_owned();
    let mut depth = 0_usize;
    for component in Path::new(path).components() {
        match component {
            Component::Normal(name) => {
                below.push(name);
                depth += 1;
            }
            Component::ParentDir => {
                depth = depth.checked_sub(1)?;
                below.pop();
            }
            // A leading slash means the top of the repository.
            Component::RootDir | Component::CurDir => {}
            Component::Prefix(_) => return None,
        }
    }
    Some(below)
}
