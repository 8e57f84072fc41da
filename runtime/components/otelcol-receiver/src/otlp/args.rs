//! Arguments of `otelcol.receiver.otlp`.

use alloy_blocks::Url;
use alloy_blocks::otelcol::{
    DebugMetricsBlock, GrpcServerSettings, HttpServerSettings, OutputBlock,
};
use alloy_value::{Args, Block, FromValue, Value};

/// Arguments of `otelcol.receiver.otlp`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct OtlpArgs {
    /// Listens for gRPC.
    #[args(block)]
    pub grpc: Option<OtlpGrpcBlock>,
    /// Listens for HTTP.
    #[args(block)]
    pub http: Option<OtlpHttpBlock>,
    /// The component's own metrics.
    #[args(block, default)]
    pub debug_metrics: DebugMetricsBlock,
    /// Where telemetry is sent. Only signals with a receiver are accepted.
    #[args(block)]
    pub output: OutputBlock,
}

/// OTLP over gRPC.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct OtlpGrpcBlock {
    /// Address to listen on, `host:port`.
    #[args(default = "0.0.0.0:4317")]
    pub endpoint: String,
    /// The server.
    #[args(squash)]
    pub server: GrpcServerSettings,
}

/// OTLP over HTTP.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct OtlpHttpBlock {
    /// Address to listen on, `host:port`.
    #[args(default = "0.0.0.0:4318")]
    pub endpoint: String,
    /// The server.
    #[args(squash)]
    pub server: HttpServerSettings,
    /// Path that traces are posted to.
    #[args(default = "/v1/traces")]
    pub traces_url_path: String,
    /// Path that metrics are posted to.
    #[args(default = "/v1/metrics")]
    pub metrics_url_path: String,
    /// Path that logs are posted to.
    #[args(default = "/v1/logs")]
    pub logs_url_path: String,
}

impl OtlpHttpBlock {
    fn check(&self) -> Result<(), String> {
        let paths = [
            ("traces_url_path", &self.traces_url_path),
            ("logs_url_path", &self.logs_url_path),
            ("metrics_url_path", &self.metrics_url_path),
        ];
        for (name, path) in paths {
            if path.is_empty() {
                return Err(format!("{name} cannot be empty"));
            }
            Url::from_value(&Value::from(path.as_str()))
                .map_err(|error| format!("invalid {name}: {}", error.message))?;
        }
        Ok(())
    }
}
