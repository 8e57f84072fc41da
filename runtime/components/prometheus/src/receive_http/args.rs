//! Arguments of `prometheus.receive_http`.

use std::time::Duration;

use alloy_blocks::{GrpcServerBlock, Http2Block, HttpServerBlock};
use alloy_component::{ComponentError, MetricsReceiver};
use alloy_value::Args;

const V1: &str = "prometheus.WriteRequest";
const V2: &str = "io.prometheus.write.v2.Request";
const NAME: &str = "prometheus.receive_http";

/// Arguments of `prometheus.receive_http`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct ReceiveHttpArgs {
    /// Where received samples are sent.
    pub forward_to: Vec<MetricsReceiver>,
    /// How long requests in flight may take after a stop.
    #[args(default = "30s")]
    pub graceful_shutdown_timeout: Duration,
    /// Passes on the metadata of remote write 2.0 requests.
    #[args(default = false)]
    pub append_metadata: bool,
    /// Adds the labels `__type__` and `__unit__`.
    #[args(default = false, stability = experimental)]
    pub enable_type_and_unit_labels: bool,
    /// Messages that are accepted, by protobuf name.
    #[args(
        default = vec![V1.to_owned()],
        stability = experimental,
        stability_of = "io.prometheus.write.v2.Request"
    )]
    pub accepted_remote_write_protobuf_messages: Vec<String>,
    /// The HTTP listener.
    #[args(block)]
    pub http: Option<HttpServerBlock>,
    /// The gRPC listener.
    #[args(block)]
    pub grpc: Option<GrpcServerBlock>,
}

impl ReceiveHttpArgs {
    fn check(&self) -> Result<(), String> {
        let messages = &self.accepted_remote_write_protobuf_messages;
        if messages.is_empty() {
            return Err("accepted_remote_write_protobuf_messages must not be empty".to_owned());
        }
        match messages.iter().find(|m| *m != V1 && *m != V2) {
            Some(unknown) => Err(format!(
                "unknown message {unknown:?} in accepted_remote_write_protobuf_messages: use \
                 {V1:?} or {V2:?}"
            )),
            None => Ok(()),
        }
    }

    /// Refuses by name what this version does not do.
    pub(super) fn supported(&self) -> Result<(), ComponentError> {
        let default = HttpServerBlock::default();
        let http = self.http.as_ref().unwrap_or(&default);
        let tls = http.options.tls.as_ref();
        let refused = [
            ("append_metadata", self.append_metadata),
            ("enable_type_and_unit_labels", self.enable_type_and_unit_labels),
            (
                "the message io.prometheus.write.v2.Request",
                self.accepted_remote_write_protobuf_messages.iter().any(|m| m == V2),
            ),
            (
                "the grpc block",
                self.grpc.as_ref().is_some_and(|g| *g != GrpcServerBlock::default()),
            ),
            (
                "the http > http2 block",
                http.options.http2.as_ref().is_some_and(|h| *h != Http2Block::default()),
            ),
            ("client_auth_type", tls.is_some_and(|t| !t.client_auth_type.is_empty())),
            (
                "client_ca",
                tls.is_some_and(|t| !t.client_ca.is_empty() || !t.client_ca_file.is_empty()),
            ),
            ("cipher_suites", tls.is_some_and(|t| !t.cipher_suites.is_empty())),
            ("min_version", tls.is_some_and(|t| !t.min_version.is_empty())),
        ];
        match refused.iter().find(|(_, set)| *set) {
            Some((what, _)) => Err(ComponentError::unsupported(NAME, what)),
            None => Ok(()),
        }
    }
}
