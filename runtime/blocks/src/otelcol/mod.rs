//! Blocks that components of `otelcol.*` share (spec/components/_common-otelcol.md).
//!
//! A block that another struct squashes is checked by that struct's own hook, as everywhere here.

mod client;
mod debug_metrics;
mod kafka;
mod match_properties;
mod output;
mod queue;
mod retry;
mod server;
#[cfg(test)]
mod tests;
mod tls;

pub use client::{
    Compression, CompressionParamsBlock, CookiesBlock, GrpcClientBlock, GrpcClientSettings,
    GrpcKeepaliveClientBlock, HttpClientBlock,
};
pub use debug_metrics::{DebugLevel, DebugMetricsBlock};
pub use kafka::{
    KafkaAuthenticationBlock, KafkaAwsMskBlock, KafkaKerberosBlock, KafkaMetadataBlock,
    KafkaMetadataRetryBlock, KafkaPlaintextBlock, KafkaSaslBlock,
};
pub use match_properties::{
    MatchAttributeBlock, MatchBlock, MatchLibraryBlock, MatchLogSeverityBlock, MatchRegexpBlock,
    SeverityLevel,
};
pub use output::{InputExports, OutputBlock};
pub use queue::{BatchBlock, SendingQueueBlock};
pub use retry::RetryBlock;
pub use server::{
    CorsBlock, GrpcEnforcementPolicyBlock, GrpcKeepaliveServerBlock, GrpcServerParametersBlock,
    GrpcServerSettings, HttpServerSettings,
};
pub use tls::{TlsClientBlock, TlsServerBlock, TlsSettings, TpmBlock};
