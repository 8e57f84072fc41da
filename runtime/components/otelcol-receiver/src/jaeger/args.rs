//! Arguments of `otelcol.receiver.jaeger`.

use alloy_blocks::otelcol::{
    DebugMetricsBlock, GrpcServerSettings, HttpServerSettings, OutputBlock,
};
use alloy_value::{Args, Block, ByteSize};

/// Arguments of `otelcol.receiver.jaeger`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct JaegerArgs {
    /// What to listen for, at least one.
    #[args(block)]
    pub protocols: ProtocolsBlock,
    /// The component's own metrics.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
    /// Where traces are sent.
    #[args(block)]
    pub output: OutputBlock,
}

/// What to listen for.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ProtocolsBlock {
    /// Protobuf over gRPC.
    #[args(block)]
    pub grpc: Option<JaegerGrpcBlock>,
    /// Thrift over HTTP.
    #[args(block)]
    pub thrift_http: Option<JaegerHttpBlock>,
    /// Thrift's binary protocol over UDP.
    #[args(block)]
    pub thrift_binary: Option<ThriftBinaryBlock>,
    /// Thrift's compact protocol over UDP.
    #[args(block)]
    pub thrift_compact: Option<ThriftCompactBlock>,
}

/// Protobuf over gRPC.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct JaegerGrpcBlock {
    /// Address to listen on, `host:port`.
    #[args(default = "0.0.0.0:14250")]
    pub endpoint: String,
    /// The server.
    #[args(squash)]
    pub server: GrpcServerSettings,
}

/// Thrift over HTTP.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct JaegerHttpBlock {
    /// Address to listen on, `host:port`.
    #[args(default = "0.0.0.0:14268")]
    pub endpoint: String,
    /// The server.
    #[args(squash)]
    pub server: HttpServerSettings,
}

/// Thrift's binary protocol over UDP.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ThriftBinaryBlock {
    /// Address to listen on, `host:port`.
    #[args(default = "0.0.0.0:6832")]
    pub endpoint: String,
    /// The server.
    #[args(squash)]
    pub server: UdpServerSettings,
}

/// Thrift's compact protocol over UDP.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ThriftCompactBlock {
    /// Address to listen on, `host:port`.
    #[args(default = "0.0.0.0:6831")]
    pub endpoint: String,
    /// The server.
    #[args(squash)]
    pub server: UdpServerSettings,
}

/// A UDP server.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct UdpServerSettings {
    /// Most packets that wait for a worker; further ones are dropped.
    #[args(default = 1000)]
    pub queue_size: i64,
    /// Largest packet; what is longer is cut off.
    #[args(default = "65KiB")]
    pub max_packet_size: ByteSize,
    /// Number of workers.
    #[args(default = 10)]
    pub workers: i64,
    /// Size of the socket's receive buffer; 0 for that of the operating system.
    #[args(default = "0B")]
    pub socket_buffer_size: ByteSize,
}

impl JaegerArgs {
    fn check(&self) -> Result<(), String> {
        match &self.protocols {
            ProtocolsBlock {
                grpc: None,
                thrift_http: None,
                thrift_binary: None,
                thrift_compact: None,
            } => Err("at least one protocol must be enabled".to_owned()),
            _ => Ok(()),
        }
    }
}
