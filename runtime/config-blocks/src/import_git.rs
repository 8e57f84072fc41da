//! `import.git`: modules from a Git repository (spec/runtime.md §8.2).

use std::time::Duration;

use alloy_blocks::UrlText;
use alloy_value::{Args, Block, Definition, Secret, Stability};

/// References that move with the clone itself.
const SPECIAL: [&str; 5] = ["HEAD", "FETCH_HEAD", "ORIG_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD"];

/// Arguments of the `import.git` block.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct ImportGitArgs {
    /// URL of the repository.
    pub repository: UrlText,
    /// Branch, tag or commit to read.
    #[args(default = "main")]
    pub revision: String,
    /// File in the repository, or directory whose `.alloy` files are imported.
    pub path: String,
    /// Time between two pulls; 0 pulls only when the block is evaluated.
    #[args(default = "1m")]
    pub pull_frequency: Duration,
    /// Signs in with user name and password.
    #[args(block)]
    pub basic_auth: Option<GitBasicAuthBlock>,
    /// Signs in with an SSH key.
    #[args(block)]
    pub ssh_key: Option<SshKeyBlock>,
}

impl ImportGitArgs {
    fn check(&self) -> Result<(), String> {
        if SPECIAL.contains(&&*self.revision) {
            return Err("revision cannot be a special git reference such as HEAD, FETCH_HEAD, \
                        ORIG_HEAD, MERGE_HEAD, or CHERRY_PICK_HEAD"
                .to_owned());
        }
        Ok(())
    }
}

/// User name and password for a repository.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct GitBasicAuthBlock {
    /// User name.
    pub username: String,
    /// Password or access token.
    pub password: Secret,
}

/// SSH key for a repository.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct SshKeyBlock {
    /// User to sign in as.
    pub username: String,
    /// Private key in PEM form; wins over `key_file`.
    pub key: Option<Secret>,
    /// File with the private key.
    #[args(default = "")]
    pub key_file: String,
    /// Passphrase that the key is encrypted with.
    pub passphrase: Option<Secret>,
}

/// The `import.git` block.
pub static IMPORT_GIT: Definition = Definition::config_block::<ImportGitArgs>(
    "import.git",
    Stability::GenerallyAvailable,
    "Imports custom components from a Git repository.",
);
