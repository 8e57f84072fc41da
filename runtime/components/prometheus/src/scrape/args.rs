//! Arguments of `prometheus.scrape`.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_blocks::{ClusteringBlock, HttpClientBlock};
use alloy_component::{ComponentError, MetricsReceiver, Target};
use alloy_flow_relabel::Names;
use alloy_flow_scrape::{Format, IngestOptions, PoolConfig, Protocol, TargetDefaults};
use alloy_value::{Args, ByteSize, Stability};

use super::NAME;

const LEGACY: &str = "legacy";
const UTF8: &str = "utf8";
const ALLOW_UTF8: &str = "allow-utf-8";
/// Escaping schemes that a target can be asked for.
const ESCAPINGS: [&str; 4] = [ALLOW_UTF8, "underscores", "dots", "values"];
/// `scrape_protocols` when nothing is configured.
const DEFAULT_PROTOCOLS: [Protocol; 4] = [
    Protocol::OpenMetricsText1_0_0,
    Protocol::OpenMetricsText0_0_1,
    Protocol::PrometheusText1_0_0,
    Protocol::PrometheusText0_0_4,
];

fn default_protocols() -> Vec<String> {
    DEFAULT_PROTOCOLS.iter().map(|protocol| protocol.as_str().to_owned()).collect()
}

/// Arguments of `prometheus.scrape`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct ScrapeArgs {
    /// Targets to scrape.
    pub targets: Vec<Target>,
    /// Where scraped metrics are sent.
    pub forward_to: Vec<MetricsReceiver>,
    /// Value of the `job` label of targets without one; the component's id if not set.
    #[args(default = "")]
    pub job_name: String,
    /// Labels that a target exposes win over the target's own.
    #[args(default = false)]
    pub honor_labels: bool,
    /// Timestamps that a target exposes are kept.
    #[args(default = true)]
    pub honor_timestamps: bool,
    /// Series with exposed timestamps are marked stale when they end.
    #[args(default = false)]
    pub track_timestamps_staleness: bool,
    /// URL parameters.
    #[args(optional)]
    pub params: BTreeMap<String, Vec<String>>,
    /// Scrapes a classic histogram also when a target exposes it as a native one.
    #[args(default = false)]
    pub scrape_classic_histograms: bool,
    /// Scrapes native histograms.
    #[args(default = false)]
    pub scrape_native_histograms: bool,
    /// File that failed scrapes are written to.
    #[args(default = "")]
    pub scrape_failure_log_file: String,
    /// Time between two scrapes of a target.
    #[args(default = "1m")]
    pub scrape_interval: Duration,
    /// Time that a scrape may take.
    #[args(default = "10s")]
    pub scrape_timeout: Duration,
    /// Formats to ask for, in order of preference.
    #[args(default = default_protocols())]
    pub scrape_protocols: Vec<String>,
    /// URL path.
    #[args(default = "/metrics")]
    pub metrics_path: String,
    /// URL scheme.
    #[args(default = "http")]
    pub scheme: String,
    /// Size of a decoded body at which a scrape fails, such as `10MiB`; 0: no limit.
    #[args(default = "0B")]
    pub body_size_limit: ByteSize,
    /// Number of samples beyond which a scrape fails; 0: no limit.
    #[args(default = 0)]
    pub sample_limit: u64,
    /// Number of targets beyond which every scrape fails; 0: no limit.
    #[args(default = 0)]
    pub target_limit: u64,
    /// Number of labels of a sample beyond which a scrape fails; 0: no limit.
    #[args(default = 0)]
    pub label_limit: u64,
    /// Length of a label name beyond which a scrape fails; 0: no limit.
    #[args(default = 0)]
    pub label_name_length_limit: u64,
    /// Length of a label value beyond which a scrape fails; 0: no limit.
    #[args(default = 0)]
    pub label_value_length_limit: u64,
    /// HTTP client.
    #[args(squash)]
    pub client: HttpClientBlock,
    /// Adds report series about the configured limits.
    #[args(default = false)]
    pub extra_metrics: bool,
    /// Asks for the protobuf format.
    #[args(default = false, deprecated = "use scrape_native_histograms instead")]
    pub enable_protobuf_negotiation: bool,
    /// Names that are allowed: `legacy` or `utf8`.
    #[args(default = "legacy")]
    pub metric_name_validation_scheme: String,
    /// How targets are asked to escape names.
    #[args(default = "")]
    pub metric_name_escaping_scheme: String,
    /// Format of answers that do not name one.
    #[args(default = "PrometheusText0.0.4")]
    pub scrape_fallback_protocol: String,
    /// Turns classic histograms into native ones with custom buckets.
    #[args(default = false)]
    pub convert_classic_histograms_to_nhcb: bool,
    /// Asks for compressed answers.
    #[args(default = true)]
    pub enable_compression: bool,
    /// Number of buckets beyond which the resolution of a native histogram is reduced.
    #[args(default = 0)]
    pub native_histogram_bucket_limit: u64,
    /// Smallest growth from one bucket of a native histogram to the next.
    #[args(default = 0.0)]
    pub native_histogram_min_bucket_factor: f64,
    /// Passes on types and help texts.
    #[args(default = false, stability = experimental)]
    pub honor_metadata: bool,
    /// Adds the labels `__type__` and `__unit__`.
    #[args(default = false, stability = experimental)]
    pub enable_type_and_unit_labels: bool,
    /// Sends a zero where a series starts.
    #[args(default = false, stability = experimental)]
    pub start_timestamp_zero_ingestion: bool,
    /// Distribution of targets over a cluster.
    #[args(block)]
    pub clustering: Option<ClusteringBlock>,
}

impl ScrapeArgs {
    fn check(&self) -> Result<(), String> {
        self.client.validate()?;
        if self.scrape_timeout > self.scrape_interval {
            return Err(format!(
                "scrape_timeout ({:?}) greater than scrape_interval ({:?}) for scrape config with \
                 job name {:?}",
                self.scrape_timeout, self.scrape_interval, self.job_name
            ));
        }
        let custom_protocols = self.scrape_protocols != default_protocols();
        if self.enable_protobuf_negotiation && custom_protocols {
            return Err("both enable_protobuf_negotiation and scrape_protocols are set: use \
                        scrape_protocols only"
                .to_owned());
        }
        let protocols = self.protocols()?;
        if self.scrape_native_histograms
            && custom_protocols
            && !protocols.contains(&Protocol::PrometheusProto)
        {
            return Err(
                "scrape_native_histograms needs PrometheusProto in scrape_protocols".to_owned()
            );
        }
        self.fallback()?;
        self.escaping().map(drop)
    }

    fn protocols(&self) -> Result<Vec<Protocol>, String> {
        let mut protocols = Vec::new();
        for name in &self.scrape_protocols {
            let protocol = protocol(name)?;
            if protocols.contains(&protocol) {
                return Err(format!("duplicated protocol in scrape_protocols: {name}"));
            }
            protocols.push(protocol);
        }
        Ok(protocols)
    }

    fn fallback(&self) -> Result<Protocol, String> {
        protocol(&self.scrape_fallback_protocol)
            .map_err(|error| format!("invalid scrape_fallback_protocol: {error}"))
    }

    fn names(&self) -> Result<Names, String> {
        match &*self.metric_name_validation_scheme {
            LEGACY => Ok(Names::Legacy),
            UTF8 => Ok(Names::Utf8),
            other => Err(format!(
                "invalid metric_name_validation_scheme {other:?}: use {LEGACY:?} or {UTF8:?}"
            )),
        }
    }

    fn escaping(&self) -> Result<&'static str, String> {
        let names = self.names()?;
        let scheme = &*self.metric_name_escaping_scheme;
        match (scheme, names) {
            ("", Names::Legacy) => Ok("underscores"),
            ("", Names::Utf8) => Ok(ALLOW_UTF8),
            (ALLOW_UTF8, Names::Legacy) => Err(format!(
                "metric_name_escaping_scheme {ALLOW_UTF8:?} needs metric_name_validation_scheme \
                 {UTF8:?}"
            )),
            (scheme, _) => ESCAPINGS
                .into_iter()
                .find(|known| *known == scheme)
                .ok_or_else(|| format!("unknown metric_name_escaping_scheme {scheme:?}")),
        }
    }

    /// Refuses by name what this version does not do, and what needs a lower stability level.
    pub(super) fn supported(&self, stability: Stability) -> Result<(), ComponentError> {
        let experimental = [
            ("honor_metadata", self.honor_metadata),
            ("enable_type_and_unit_labels", self.enable_type_and_unit_labels),
            ("start_timestamp_zero_ingestion", self.start_timestamp_zero_ingestion),
        ];
        if stability > Stability::Experimental
            && let Some((what, _)) = experimental.iter().find(|(_, set)| *set)
        {
            return Err(ComponentError::new(format!(
                "{NAME}: {what} is experimental: allow it with --stability.level=experimental"
            )));
        }
        let is_text = |protocol: &Protocol| protocol.format() == Format::Text;
        let custom_protocols = self.scrape_protocols != default_protocols();
        let protocols = self.protocols().map_err(ComponentError::new)?;
        let fallback = self.fallback().map_err(ComponentError::new)?;
        let refused = [
            ("scrape_classic_histograms", self.scrape_classic_histograms),
            ("scrape_native_histograms", self.scrape_native_histograms),
            ("scrape_failure_log_file", !self.scrape_failure_log_file.is_empty()),
            (
                "scrape_protocols other than text",
                custom_protocols && !protocols.iter().all(is_text),
            ),
            ("enable_protobuf_negotiation", self.enable_protobuf_negotiation),
            ("scrape_fallback_protocol other than text", !is_text(&fallback)),
            ("convert_classic_histograms_to_nhcb", self.convert_classic_histograms_to_nhcb),
            ("native_histogram_bucket_limit", self.native_histogram_bucket_limit != 0),
            ("native_histogram_min_bucket_factor", self.native_histogram_min_bucket_factor != 0.),
            ("start_timestamp_zero_ingestion", self.start_timestamp_zero_ingestion),
        ];
        match refused.iter().find(|(_, set)| *set) {
            Some((what, _)) => Err(ComponentError::unsupported(NAME, what)),
            None => Ok(()),
        }
    }

    /// What the targets are scraped with. `id` is the component's.
    pub(super) fn pool_config(&self, id: &str, user_agent: &str) -> Result<PoolConfig, String> {
        let job_name = if self.job_name.is_empty() { id } else { &self.job_name };
        let len = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
        // Of the default list, what this version reads.
        let protocols = self.protocols()?.into_iter().filter(|p| p.format() == Format::Text);
        Ok(PoolConfig {
            defaults: TargetDefaults {
                job_name: job_name.to_owned(),
                scheme: self.scheme.clone(),
                metrics_path: self.metrics_path.clone(),
                params: self.params.clone().into_iter().collect(),
                interval: self.scrape_interval,
                timeout: self.scrape_timeout,
            },
            ingest: IngestOptions {
                honor_labels: self.honor_labels,
                honor_timestamps: self.honor_timestamps,
                track_timestamps_staleness: self.track_timestamps_staleness,
                honor_metadata: self.honor_metadata,
                type_and_unit_labels: self.enable_type_and_unit_labels,
                extra_metrics: self.extra_metrics,
                sample_limit: self.sample_limit,
                label_limit: len(self.label_limit),
                label_name_length_limit: len(self.label_name_length_limit),
                label_value_length_limit: len(self.label_value_length_limit),
                names: self.names()?,
            },
            protocols: protocols.collect(),
            fallback: self.fallback()?,
            escaping: self.escaping()?,
            compression: self.enable_compression,
            body_size_limit_bytes: u64::try_from(self.body_size_limit.0).unwrap_or(0),
            target_limit: len(self.target_limit),
            http: self.client.config(user_agent),
            job_name: job_name.to_owned(),
        })
    }
}

fn protocol(name: &str) -> Result<Protocol, String> {
    Protocol::parse(name).ok_or_else(|| {
        let known: Vec<_> = Protocol::ALL.iter().map(|protocol| protocol.as_str()).collect();
        format!("unknown scrape protocol {name}, supported: {}", known.join(", "))
    })
}
