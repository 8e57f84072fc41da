//! Argument blocks that components of several families share, each defined once.
//!
//! # Invariants
//! - A block here is arguments and validation only; what it configures lives in `runtime/flow`.
//! - A block that is squashed into another struct is validated by its owner: squashed structs run
//!   no hooks of their own (spec/language.md §10.2).
//!
//! Start reading at [`RuleBlock`].

mod clustering;
mod docker;
mod http_client;
mod kubernetes;
pub mod otelcol;
mod rule;
mod server;
#[cfg(test)]
mod tests;
mod url;

pub use clustering::ClusteringBlock;
pub use docker::check_docker_host;
pub use http_client::{
    AuthorizationBlock, BasicAuthBlock, HttpClientBase, HttpClientBlock, HttpClientSection,
    MinVersion, OAuth2Block, ProxyBlock, TlsBlock, memory_dial,
};
pub use kubernetes::{KubernetesClientBlock, KubernetesSelectorBlock, MatchExpressionBlock};
pub use rule::{Pattern, RELABEL_RULES, RelabelRules, RelabelSection, RuleAction, RuleBlock};
pub use server::{
    FOREVER, GrpcServerBlock, Http2Block, HttpServerBlock, HttpServerOptions, ServerTlsBlock,
};
pub use url::{Url, UrlText};
