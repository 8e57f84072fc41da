//! What a pool of targets is scraped with.

use std::time::Duration;

use alloy_flow_http::ClientConfig;
use alloy_flow_relabel::Names;

use crate::target::TargetDefaults;

/// How a body becomes samples.
#[derive(Clone, Debug, PartialEq)]
pub struct IngestOptions {
    /// Exposed labels win over the target's.
    pub honor_labels: bool,
    /// Exposed timestamps are kept.
    pub honor_timestamps: bool,
    /// Series with exposed timestamps get stale markers too.
    pub track_timestamps_staleness: bool,
    /// Metadata of families is passed on.
    pub honor_metadata: bool,
    /// Series carry `__type__` (and `__unit__`) labels.
    pub type_and_unit_labels: bool,
    /// Adds three report series.
    pub extra_metrics: bool,
    /// Most samples of one scrape; 0: any number.
    pub sample_limit: u64,
    /// Most labels of one sample, name included; 0: any number.
    pub label_limit: usize,
    /// Longest label name in bytes; 0: any.
    pub label_name_length_limit: usize,
    /// Longest label value in bytes; 0: any.
    pub label_value_length_limit: usize,
    /// Names that are allowed.
    pub names: Names,
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self {
            honor_labels: false,
            honor_timestamps: true,
            track_timestamps_staleness: false,
            honor_metadata: false,
            type_and_unit_labels: false,
            extra_metrics: false,
            sample_limit: 0,
            label_limit: 0,
            label_name_length_limit: 0,
            label_value_length_limit: 0,
            names: Names::Legacy,
        }
    }
}

/// A format that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the configuration's words")]
pub enum Protocol {
    PrometheusProto,
    OpenMetricsText1_0_0,
    OpenMetricsText0_0_1,
    PrometheusText1_0_0,
    PrometheusText0_0_4,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: [Self; 5] = [
        Self::PrometheusProto,
        Self::OpenMetricsText1_0_0,
        Self::OpenMetricsText0_0_1,
        Self::PrometheusText1_0_0,
        Self::PrometheusText0_0_4,
    ];

    /// Its name in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PrometheusProto => "PrometheusProto",
            Self::OpenMetricsText1_0_0 => "OpenMetricsText1.0.0",
            Self::OpenMetricsText0_0_1 => "OpenMetricsText0.0.1",
            Self::PrometheusText1_0_0 => "PrometheusText1.0.0",
            Self::PrometheusText0_0_4 => "PrometheusText0.0.4",
        }
    }

    /// The protocol with that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.as_str() == name)
    }

    /// The format that it asks for.
    pub const fn format(self) -> Format {
        match self {
            Self::PrometheusProto => Format::Protobuf,
            Self::OpenMetricsText1_0_0 | Self::OpenMetricsText0_0_1 => Format::OpenMetrics,
            Self::PrometheusText1_0_0 | Self::PrometheusText0_0_4 => Format::Text,
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::PrometheusProto => {
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
            }
            Self::OpenMetricsText1_0_0 => "application/openmetrics-text;version=1.0.0",
            Self::OpenMetricsText0_0_1 => "application/openmetrics-text;version=0.0.1",
            Self::PrometheusText1_0_0 => "text/plain;version=1.0.0",
            Self::PrometheusText0_0_4 => "text/plain;version=0.0.4",
        }
    }

    /// The `Accept` header for `protocols` in order of preference.
    pub fn accept(protocols: &[Self], escaping: &str) -> String {
        let mut weight = Self::ALL.len() + 1;
        let mut parts = Vec::new();
        for protocol in protocols {
            let names_escaped =
                matches!(protocol, Self::OpenMetricsText1_0_0 | Self::PrometheusText1_0_0);
            let escaping =
                if names_escaped { format!(";escaping={escaping}") } else { String::new() };
            parts.push(format!("{}{escaping};q=0.{weight}", protocol.media_type()));
            weight = weight.saturating_sub(1);
        }
        parts.push(format!("*/*;q=0.{weight}"));
        parts.join(",")
    }
}

/// A family of formats with one parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Prometheus text of any version.
    Text,
    /// OpenMetrics text of any version.
    OpenMetrics,
    /// Prometheus protobuf.
    Protobuf,
}

/// The format of an answer by its `Content-Type`; `fallback` if it says nothing useful.
pub fn format_of(content_type: Option<&str>, fallback: Protocol) -> Format {
    let Some(text) = content_type else { return fallback.format() };
    let mut parts = text.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
    let parameters_parse = parts.all(|part| part.is_empty() || part.contains('='));
    match &*media_type {
        "text/plain" if parameters_parse => Format::Text,
        "application/openmetrics-text" if parameters_parse => Format::OpenMetrics,
        "application/vnd.google.protobuf" if parameters_parse => Format::Protobuf,
        _ => fallback.format(),
    }
}

/// Configuration of a pool: everything besides the targets.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolConfig {
    /// Value of the targets' `job` label, and of the pool's metrics.
    pub job_name: String,
    /// What targets have unless their labels say otherwise.
    pub defaults: TargetDefaults,
    /// How bodies become samples.
    pub ingest: IngestOptions,
    /// Formats to ask for.
    pub protocols: Vec<Protocol>,
    /// Format of answers that name none.
    pub fallback: Protocol,
    /// Escaping scheme to ask for.
    pub escaping: &'static str,
    /// Ask for gzip.
    pub compression: bool,
    /// Largest decoded body in bytes; reaching it fails the scrape. 0: the engine's own limit.
    pub body_size_limit_bytes: u64,
    /// Most targets; with more, every scrape fails. 0: any number.
    pub target_limit: usize,
    /// HTTP client.
    pub http: ClientConfig,
}

impl PoolConfig {
    /// Configuration with the reference's defaults for `job_name`.
    pub fn new(job_name: impl Into<String>) -> Self {
        let job_name = job_name.into();
        Self {
            defaults: TargetDefaults {
                job_name: job_name.clone(),
                scheme: "http".to_owned(),
                metrics_path: "/metrics".to_owned(),
                params: Vec::new(),
                interval: Duration::from_secs(60),
                timeout: Duration::from_secs(10),
            },
            job_name,
            ingest: IngestOptions::default(),
            protocols: vec![Protocol::PrometheusText1_0_0, Protocol::PrometheusText0_0_4],
            fallback: Protocol::PrometheusText0_0_4,
            escaping: "underscores",
            compression: true,
            body_size_limit_bytes: 0,
            target_limit: 0,
            http: ClientConfig::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_lists_protocols_by_preference() {
        assert_eq!(
            Protocol::accept(
                &[Protocol::PrometheusText1_0_0, Protocol::PrometheusText0_0_4],
                "dots"
            ),
            "text/plain;version=1.0.0;escaping=dots;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.4"
        );
    }

    #[test]
    fn strange_types_fall_back() {
        let of = |content_type| format_of(content_type, Protocol::PrometheusText0_0_4);
        assert_eq!(of(None), Format::Text);
        assert_eq!(of(Some("text/html")), Format::Text);
        assert_eq!(
            of(Some("application/openmetrics-text; version=1.0.0; charset=utf-8")),
            Format::OpenMetrics
        );
        assert_eq!(of(Some("application/vnd.google.protobuf")), Format::Protobuf);
        assert_eq!(format_of(Some("Text/Plain"), Protocol::PrometheusProto), Format::Text);
    }
}
