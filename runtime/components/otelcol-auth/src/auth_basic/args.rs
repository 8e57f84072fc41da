//! Arguments of `otelcol.auth.basic`.

use alloy_blocks::otelcol::DebugMetricsBlock;
use alloy_value::{Args, Block, Secret};

/// Arguments of `otelcol.auth.basic`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct BasicArgs {
    /// User name, for clients and servers.
    #[args(default = "", deprecated = "use client_auth for clients and htpasswd for servers")]
    pub username: String,
    /// Password, for clients and servers.
    #[args(deprecated = "use client_auth for clients and htpasswd for servers")]
    pub password: Option<Secret>,
    /// What clients send.
    #[args(block)]
    pub client_auth: Option<ClientAuthBlock>,
    /// What servers accept.
    #[args(block)]
    pub htpasswd: Option<HtpasswdBlock>,
    /// The component's metrics about itself.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
}

/// User name and password that clients send.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ClientAuthBlock {
    /// User name.
    #[args(default = "")]
    pub username: String,
    /// File with the user name; changes take effect at once.
    #[args(default = "")]
    pub username_file: String,
    /// Password.
    pub password: Option<Secret>,
    /// File with the password; changes take effect at once.
    #[args(default = "")]
    pub password_file: String,
}

/// Users that servers accept.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct HtpasswdBlock {
    /// File with a line `user:hash` for each user.
    #[args(default = "")]
    pub file: String,
    /// Lines `user:hash`; they win over those of the file.
    #[args(default = "")]
    pub inline: String,
}

fn set(secret: Option<&Secret>) -> bool {
    secret.is_some_and(|secret| !secret.is_empty())
}

impl BasicArgs {
    /// There must be something for clients to send or for servers to accept.
    fn check(&self) -> Result<(), String> {
        let password = set(self.password.as_ref());
        if !self.username.is_empty() && !password {
            return Err("no password provided".to_owned());
        }
        let for_clients = self.client_auth.as_ref().map_or(password, ClientAuthBlock::is_complete);
        let for_servers = password || self.htpasswd.as_ref().is_some_and(HtpasswdBlock::has_users);
        if for_clients || for_servers {
            Ok(())
        } else {
            Err("no credential source provided".to_owned())
        }
    }
}

impl ClientAuthBlock {
    fn is_complete(&self) -> bool {
        let username = !self.username.is_empty() || !self.username_file.is_empty();
        username && (set(self.password.as_ref()) || !self.password_file.is_empty())
    }
}

impl HtpasswdBlock {
    fn has_users(&self) -> bool {
        !self.file.is_empty() || !self.inline.is_empty()
    }
}
