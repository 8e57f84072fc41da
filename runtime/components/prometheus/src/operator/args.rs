//! Arguments of the `prometheus.operator.*` components.

use std::time::Duration;

use alloy_blocks::{ClusteringBlock, KubernetesClientBlock, KubernetesSelectorBlock, RuleBlock};
use alloy_component::MetricsReceiver;
use alloy_value::{Args, Block};

const ENDPOINTS: &str = "endpoints";
const ENDPOINTSLICE: &str = "endpointslice";

/// Arguments of `prometheus.operator.podmonitors`, `probes` and `scrapeconfigs`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct OperatorArgs {
    /// Where scraped metrics are sent.
    pub forward_to: Vec<MetricsReceiver>,
    /// Namespaces whose resources are used; all if empty.
    #[args(optional)]
    pub namespaces: Vec<String>,
    /// How the addresses behind a service are looked up: `endpoints` or `endpointslice`.
    #[args(default = ENDPOINTS.to_owned())]
    pub kubernetes_role: String,
    /// How long the first listing of the resources may take.
    #[args(default = "1m")]
    pub informer_sync_timeout: Duration,
    /// Client of the Kubernetes API.
    #[args(block, default)]
    pub client: KubernetesClientBlock,
    /// Limits which resources are used; all if left out.
    #[args(block)]
    pub selector: Option<KubernetesSelectorBlock>,
    /// Distribution of targets over a cluster.
    #[args(block)]
    pub clustering: Option<ClusteringBlock>,
    /// Rules for the targets of every resource, applied before the resource's own.
    #[args(block, name = "rule")]
    pub rules: Vec<RuleBlock>,
    /// Settings for what the resources leave open.
    #[args(block, default)]
    pub scrape: ScrapeBlock,
}

/// Arguments of `prometheus.operator.servicemonitors`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct ServiceMonitorsArgs {
    /// What all components of the operator have in common.
    #[args(squash)]
    pub operator: OperatorArgs,
    /// Lets resources name files of this machine with credentials and certificates. Whoever may
    /// write such a resource can then have any file sent to a server.
    #[args(default = false)]
    pub allow_arbitrary_file_access: bool,
}

/// Settings of scrapes. What is not zero holds for resources that don't say it themselves.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ScrapeBlock {
    /// Time between two scrapes of a target.
    #[args(default = "0s")]
    pub default_scrape_interval: Duration,
    /// Time that a scrape may take.
    #[args(default = "0s")]
    pub default_scrape_timeout: Duration,
    /// Number of samples beyond which a scrape fails.
    #[args(default = 0)]
    pub default_sample_limit: u64,
    /// Scrapes native histograms.
    #[args(default = false)]
    pub scrape_native_histograms: bool,
    /// Scrapes a classic histogram also when a target exposes it as a native one.
    #[args(default = false)]
    pub scrape_classic_histograms: bool,
    /// Turns classic histograms into native ones with custom buckets.
    #[args(default = false)]
    pub convert_classic_histograms_to_nhcb: bool,
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
}

impl OperatorArgs {
    fn check(&self) -> Result<(), String> {
        match &*self.kubernetes_role {
            ENDPOINTS | ENDPOINTSLICE => Ok(()),
            other => Err(format!(
                "unknown kubernetes_role {other:?}: use {ENDPOINTS:?} or {ENDPOINTSLICE:?}"
            )),
        }
    }
}

impl ServiceMonitorsArgs {
    fn check(&self) -> Result<(), String> {
        self.operator.check()
    }
}

#[cfg(test)]
mod tests {
    use alloy_component::ComponentDef;
    use alloy_queries::testing::arguments;

    use super::super::{PROBES, SERVICEMONITORS};

    /// The first line of what loading says.
    fn load(component: &ComponentDef, body: &str) -> Result<(), String> {
        let text = format!("{} \"x\" {{\nforward_to = []\n{body}\n}}\n", component.definition.name);
        arguments(component.definition, &text)
            .map(drop)
            .map_err(|error| error.lines().next().unwrap_or_default().to_owned())
    }

    #[test]
    fn roles_are_known_in_every_component() {
        for component in [&PROBES, &SERVICEMONITORS] {
            assert_eq!(load(component, "kubernetes_role = \"endpointslice\""), Ok(()));
            let error = load(component, "kubernetes_role = \"pod\"").unwrap_err();
            assert!(error.contains("unknown kubernetes_role \"pod\""), "{error}");
        }
        assert_eq!(load(&SERVICEMONITORS, "allow_arbitrary_file_access = true"), Ok(()));
        assert!(load(&PROBES, "allow_arbitrary_file_access = true").is_err());
    }

    #[test]
    fn the_client_has_one_source_of_settings() {
        let client = |settings: &str| load(&PROBES, &format!("client {{\n{settings}\n}}"));
        assert_eq!(client(""), Ok(()));
        assert_eq!(client("kubeconfig_file = \"k\""), Ok(()));
        assert_eq!(client("api_server = \"https://h\"\nbearer_token = \"t\""), Ok(()));
        for (settings, said) in [
            ("api_server = \"https://h\"\nkubeconfig_file = \"k\"", "api_server & kubeconfig_file"),
            ("bearer_token = \"t\"", "need api_server"),
            ("kubeconfig_file = \"k\"\nfollow_redirects = false", "kubeconfig file"),
            ("api_server = \"https://h\"\nno_proxy = \"a\"", "proxy_url must also"),
        ] {
            let error = client(settings).unwrap_err();
            assert!(error.contains(said), "{settings}: {error}");
        }
    }
}
