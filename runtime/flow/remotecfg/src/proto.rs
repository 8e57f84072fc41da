//! Messages of the collector protocol, version 1, written by hand from their field numbers.

use std::collections::BTreeMap;

/// Asks for the configuration and reports what runs.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetConfigRequest {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    /// Hash of the last answer, as the server gave it.
    #[prost(string, tag = "3")]
    pub(crate) hash: String,
    #[prost(btree_map = "string, string", tag = "4")]
    pub(crate) local_attributes: BTreeMap<String, String>,
    #[prost(message, optional, tag = "5")]
    pub(crate) remote_config_status: Option<RemoteConfigStatus>,
    #[prost(message, optional, tag = "6")]
    pub(crate) effective_config: Option<EffectiveConfig>,
}

/// What became of the last answer.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RemoteConfigStatus {
    #[prost(enumeration = "StatusCode", tag = "1")]
    pub(crate) status: i32,
    #[prost(string, tag = "2")]
    pub(crate) error_message: String,
}

/// See [`RemoteConfigStatus`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum StatusCode {
    Unset = 0,
    Applied = 1,
    Applying = 2,
    Failed = 3,
}

/// What runs.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct EffectiveConfig {
    #[prost(message, optional, tag = "1")]
    pub(crate) config_map: Option<ConfigMap>,
}

/// Files by name.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ConfigMap {
    #[prost(btree_map = "string, message", tag = "1")]
    pub(crate) config_map: BTreeMap<String, ConfigFile>,
}

/// One file.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ConfigFile {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) body: Vec<u8>,
    #[prost(string, tag = "2")]
    pub(crate) content_type: String,
}

/// The configuration.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetConfigResponse {
    #[prost(string, tag = "1")]
    pub(crate) content: String,
    #[prost(string, tag = "2")]
    pub(crate) hash: String,
    #[prost(bool, tag = "3")]
    pub(crate) not_modified: bool,
}

/// Makes a collector known.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RegisterCollectorRequest {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(string, tag = "3")]
    pub(crate) name: String,
    #[prost(btree_map = "string, string", tag = "4")]
    pub(crate) local_attributes: BTreeMap<String, String>,
}

/// Takes a collector away.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UnregisterCollectorRequest {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
}

/// Nothing.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Empty {}
