//! Arguments of `prometheus.remote_write`.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_blocks::{HttpClientBase, RuleBlock, UrlText};
use alloy_component::{ComponentError, MetricsReceiver};
use alloy_value::{Args, Block, Exports, Secret, Stability};
use uuid::Uuid;

const NAME: &str = "prometheus.remote_write";
/// Protobuf name of the 1.0 message.
const V1: &str = "prometheus.WriteRequest";
/// Protobuf name of the 2.0 message.
const V2: &str = "io.prometheus.write.v2.Request";

/// Arguments of `prometheus.remote_write`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct RemoteWriteArgs {
    /// Labels added to every series that lacks them.
    #[args(optional)]
    pub external_labels: BTreeMap<String, String>,
    /// Where samples are sent. Without an endpoint they only go to the log on disk.
    #[args(block, name = "endpoint")]
    pub endpoints: Vec<EndpointBlock>,
    /// The log on disk that holds samples until they are delivered.
    #[args(block, default)]
    pub wal: WalBlock,
}

/// Exports of `prometheus.remote_write`.
#[derive(Exports, Clone, Debug)]
pub struct RemoteWriteExports {
    /// Receives the samples of other components.
    pub receiver: MetricsReceiver,
}

/// One endpoint.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct EndpointBlock {
    /// Name in metrics; a hash of the endpoint's settings when empty.
    #[args(default = "")]
    pub name: String,
    /// URL to send to.
    #[args(syntax = "url")]
    pub url: UrlText,
    /// Timeout of a request.
    #[args(default = "30s")]
    pub remote_timeout: Duration,
    /// Further headers of each request.
    #[args(optional)]
    pub headers: BTreeMap<String, String>,
    /// Sends exemplars.
    #[args(default = true)]
    pub send_exemplars: bool,
    /// Sends native histograms.
    #[args(default = false)]
    pub send_native_histograms: bool,
    /// Message to send: `prometheus.WriteRequest` or `io.prometheus.write.v2.Request`.
    #[args(
        default = V1.to_owned(),
        stability = experimental,
        stability_of = "io.prometheus.write.v2.Request"
    )]
    pub protobuf_message: String,
    /// HTTP client settings.
    #[args(squash)]
    pub client: HttpClientBase,
    /// Offers HTTP/2 to the server.
    #[args(default = false)]
    pub enable_http2: bool,
    /// Resolves the host name for each connection and takes its addresses in turn.
    #[args(default = false)]
    pub round_robin_dns: bool,
    /// How samples are batched and retried.
    #[args(block, default)]
    pub queue_config: QueueConfigBlock,
    /// How metadata is sent.
    #[args(block, default)]
    pub metadata_config: MetadataConfigBlock,
    /// Relabelling rules for what this endpoint is sent.
    #[args(block, name = "write_relabel_config")]
    pub write_relabel_configs: Vec<RuleBlock>,
    /// Signs requests for AWS.
    #[args(block)]
    pub sigv4: Option<SigV4Block>,
    /// Authenticates with Azure AD.
    #[args(block)]
    pub azuread: Option<AzureAdBlock>,
    /// Authenticates with Google IAM.
    #[args(block)]
    pub google_iam: Option<GoogleIamBlock>,
}

/// How samples are batched and retried.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct QueueConfigBlock {
    /// Samples that a shard buffers.
    #[args(default = 10_000)]
    pub capacity: i64,
    /// Most shards.
    #[args(default = 50)]
    pub max_shards: i64,
    /// Fewest shards, and the number to start with.
    #[args(default = 1)]
    pub min_shards: i64,
    /// Most samples of a request.
    #[args(default = 2_000)]
    pub max_samples_per_send: i64,
    /// How long a sample waits for its batch to fill.
    #[args(default = "5s")]
    pub batch_send_deadline: Duration,
    /// First delay between attempts; doubled for each further one.
    #[args(default = "30ms")]
    pub min_backoff: Duration,
    /// Longest delay between attempts.
    #[args(default = "5s")]
    pub max_backoff: Duration,
    /// Retries requests that are answered with 429.
    #[args(default = true)]
    pub retry_on_http_429: bool,
    /// Drops samples that are older when they are sent; 0 never.
    #[args(default = "0s")]
    pub sample_age_limit: Duration,
}

impl QueueConfigBlock {
    fn check(&self) -> Result<(), String> {
        let counts = [
            ("capacity", self.capacity, 0),
            ("max_shards", self.max_shards, 1),
            ("min_shards", self.min_shards, 1),
            ("max_samples_per_send", self.max_samples_per_send, 1),
        ];
        let wrong =
            |(_, count, least): &(_, i64, i64)| !(*least..=i64::from(u32::MAX)).contains(count);
        match counts.into_iter().find(wrong) {
            Some((name, count, least)) => Err(format!(
                "{name} of queue_config must be between {least} and {}, got {count}",
                u32::MAX
            )),
            None => Ok(()),
        }
    }
}

/// How metadata is sent.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct MetadataConfigBlock {
    /// Sends metadata.
    #[args(default = true)]
    pub send: bool,
    /// How often.
    #[args(default = "1m")]
    pub send_interval: Duration,
    /// Most entries of a request.
    #[args(default = 2_000)]
    pub max_samples_per_send: i64,
}

/// The log on disk.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct WalBlock {
    /// How often delivered data is removed.
    #[args(default = "2h")]
    pub truncate_frequency: Duration,
    /// Age below which delivered data is kept.
    #[args(default = "5m")]
    pub min_keepalive_time: Duration,
    /// Age above which data is removed whether delivered or not.
    #[args(default = "8h")]
    pub max_keepalive_time: Duration,
}

/// AWS request signing.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct SigV4Block {
    /// Region.
    #[args(default = "")]
    pub region: String,
    /// Access key.
    #[args(default = "")]
    pub access_key: String,
    /// Secret key.
    pub secret_key: Option<Secret>,
    /// Named profile.
    #[args(default = "")]
    pub profile: String,
    /// Role to assume.
    #[args(default = "")]
    pub role_arn: String,
    /// External id of the role.
    #[args(default = "")]
    pub external_id: String,
    /// Uses the FIPS endpoint of STS.
    #[args(default = false)]
    pub use_fips_sts_endpoint: bool,
    /// Service to sign for.
    #[args(default = "")]
    pub service_name: String,
}

impl SigV4Block {
    fn check(&self) -> Result<(), String> {
        let secret = self.secret_key.as_ref().is_some_and(|key| !key.is_empty());
        if self.access_key.is_empty() == secret {
            return Err("must provide an AWS SigV4 access key and secret key if credentials are \
                        specified in the SigV4 config"
                .to_owned());
        }
        Ok(())
    }
}

/// Azure AD authentication.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct AzureAdBlock {
    /// Azure cloud: `AzurePublic`, `AzureGovernment` or `AzureChina`.
    #[args(default = "AzurePublic")]
    pub cloud: String,
    /// Scope of the token.
    #[args(default = "")]
    pub scope: String,
    /// Managed identity.
    #[args(block)]
    pub managed_identity: Option<ManagedIdentityBlock>,
    /// Workload identity.
    #[args(block)]
    pub workload_identity: Option<WorkloadIdentityBlock>,
    /// Client credentials.
    #[args(block)]
    pub oauth: Option<AzureOAuthBlock>,
    /// The environment's credentials.
    #[args(block)]
    pub sdk: Option<AzureSdkBlock>,
}

impl AzureAdBlock {
    fn check(&self) -> Result<(), String> {
        if !["AzurePublic", "AzureGovernment", "AzureChina"].contains(&self.cloud.as_str()) {
            return Err("must provide a cloud in the Azure AD config: AzurePublic, \
                        AzureGovernment or AzureChina"
                .to_owned());
        }
        let ways = [
            self.managed_identity.is_some(),
            self.workload_identity.is_some(),
            self.oauth.is_some(),
            self.sdk.is_some(),
        ];
        if ways.into_iter().filter(|way| *way).count() != 1 {
            return Err("must provide exactly one of managed_identity, workload_identity, oauth \
                        and sdk in the Azure AD config"
                .to_owned());
        }
        let id = |id: &str| Uuid::try_parse(id).is_ok();
        let wrong = match (&self.managed_identity, &self.workload_identity, &self.oauth) {
            (Some(identity), ..) if !identity.client_id.is_empty() && !id(&identity.client_id) => {
                "managed_identity"
            }
            (_, Some(identity), _) if !id(&identity.client_id) => "workload_identity",
            (_, _, Some(oauth)) if !id(&oauth.client_id) => "oauth",
            _ => return Ok(()),
        };
        Err(format!("the client_id of {wrong} in the Azure AD config must be a UUID"))
    }
}

/// Azure managed identity.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ManagedIdentityBlock {
    /// Client id.
    pub client_id: String,
}

/// Azure workload identity.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct WorkloadIdentityBlock {
    /// Client id.
    pub client_id: String,
    /// Tenant id.
    pub tenant_id: String,
    /// File with the token.
    #[args(default = "")]
    pub token_file_path: String,
}

/// Azure client credentials.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct AzureOAuthBlock {
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: Secret,
    /// Tenant id.
    pub tenant_id: String,
}

/// Azure credentials of the environment.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct AzureSdkBlock {
    /// Tenant id.
    pub tenant_id: String,
}

/// Google IAM authentication.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct GoogleIamBlock {
    /// File with the credentials.
    #[args(default = "")]
    pub credentials_file: String,
}

impl RemoteWriteArgs {
    fn check(&self) -> Result<(), String> {
        if self.wal.truncate_frequency.is_zero() {
            return Err("truncate_frequency must not be 0".to_owned());
        }
        if self.wal.max_keepalive_time <= self.wal.min_keepalive_time {
            return Err("min_keepalive_time must be smaller than max_keepalive_time".to_owned());
        }
        Ok(())
    }

    /// Refuses by name what this version does not do, and what `stability` does not allow.
    pub(super) fn supported(&self, stability: Stability) -> Result<(), ComponentError> {
        for endpoint in &self.endpoints {
            if endpoint.protobuf_message == V2 && stability > Stability::Experimental {
                return Err(ComponentError::new(format!(
                    "using the {V2} protobuf message is at stability level \"experimental\", \
                     which is below the minimum allowed stability level \"{stability}\". Use \
                     --stability.level command-line flag to enable \"experimental\" features"
                )));
            }
            let refused = [
                (
                    "protobuf_message = \"io.prometheus.write.v2.Request\"",
                    endpoint.protobuf_message == V2,
                ),
                ("the sigv4 block", endpoint.sigv4.is_some()),
                ("the azuread block", endpoint.azuread.is_some()),
                ("the google_iam block", endpoint.google_iam.is_some()),
                ("round_robin_dns", endpoint.round_robin_dns),
            ];
            if let Some((what, _)) = refused.iter().find(|(_, set)| *set) {
                return Err(ComponentError::unsupported(NAME, what));
            }
        }
        Ok(())
    }
}

impl EndpointBlock {
    fn check(&self) -> Result<(), String> {
        self.client.validate()?;
        if self.protobuf_message != V1 && self.protobuf_message != V2 {
            return Err(format!(
                "unknown protobuf_message {:?} for the endpoint {:?}: use {V1:?} or {V2:?}",
                self.protobuf_message, self.name
            ));
        }
        let client = &self.client;
        let ways = [
            self.sigv4.is_some(),
            self.azuread.is_some(),
            self.google_iam.is_some(),
            client.basic_auth.is_some()
                || client.authorization.is_some()
                || client.oauth2.is_some()
                || client.bearer_token.is_some()
                || !client.bearer_token_file.is_empty(),
        ];
        if ways.into_iter().filter(|way| *way).count() > 1 {
            return Err("at most one of sigv4, azuread, google_iam, basic_auth, authorization, \
                        oauth2, bearer_token & bearer_token_file must be configured"
                .to_owned());
        }
        Ok(())
    }
}
