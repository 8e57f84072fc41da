//! From the arguments of the block to the settings of the service.

use std::sync::Arc;

use alloy_config_blocks::{REMOTECFG, RemotecfgArgs};
use alloy_flow_remotecfg::{Handle, Settings};
use alloy_runtime::ConfigBlock;
use alloy_value::ArcArgs;

/// Applies the `remotecfg` block.
pub(crate) struct RemotecfgBlock {
    handle: Handle,
    user_agent: Arc<str>,
    /// The id of a process whose block names none.
    agent_id: Arc<str>,
}

impl RemotecfgBlock {
    pub(crate) fn new(handle: Handle, user_agent: Arc<str>, agent_id: Arc<str>) -> Self {
        Self { handle, user_agent, agent_id }
    }
}

/// What to ask for; nothing without a URL.
pub(crate) fn settings(args: &RemotecfgArgs, user_agent: &str, agent_id: &str) -> Option<Settings> {
    if args.url.is_empty() {
        return None;
    }
    let id = if args.id.is_empty() { agent_id } else { args.id.as_str() };
    Some(Settings {
        url: args.url.to_string(),
        id: id.to_owned(),
        name: args.name.clone(),
        attributes: args.attributes.clone(),
        poll_frequency: args.poll_frequency,
        client: args.client.config(user_agent),
        cache_key: cache_key(args, id),
    })
}

/// What decides which configuration the server gives. Another poll frequency or password finds the
/// cached text again.
fn cache_key(args: &RemotecfgArgs, id: &str) -> Vec<u8> {
    let key = (args.url.trim_end_matches('/'), id, &args.name, &args.attributes);
    serde_json::to_vec(&key).unwrap_or_default()
}

impl ConfigBlock for RemotecfgBlock {
    fn name(&self) -> &'static str {
        REMOTECFG.name
    }

    /// Waits a few seconds at most for the files of the TLS settings, if there are any: what can't be
    /// read is an error of the load. The server is asked elsewhere.
    fn apply(&mut self, args: Option<&ArcArgs>) -> Result<(), String> {
        let settings = args
            .and_then(ArcArgs::downcast_ref::<RemotecfgArgs>)
            .and_then(|args| settings(args, &self.user_agent, &self.agent_id));
        self.handle.apply(settings).map_err(|error| error.to_string())
    }
}
