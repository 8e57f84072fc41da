//! From arguments to endpoints.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use alloy_blocks::{RuleBlock, memory_dial};
use alloy_component::{ComponentError, Services};
use alloy_flow_http::{Client, Redirects};
use alloy_flow_relabel::Names;
use alloy_flow_remote_write::{EndpointConfig, QueueConfig};
use http::Uri;

use super::{EndpointBlock, RemoteWriteArgs};

/// One endpoint as configured. An endpoint whose spec stays equal goes on undisturbed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spec {
    block: EndpointBlock,
    external_labels: BTreeMap<String, String>,
    /// Metric labels.
    pub(super) name: String,
    pub(super) shown_url: String,
    /// Name of its cursor: the same after a change of other settings.
    pub(super) cursor: String,
}

impl Spec {
    /// The endpoints of a component.
    ///
    /// # Errors
    /// If a URL cannot be used, or two endpoints are the same.
    pub(super) fn all(args: &RemoteWriteArgs) -> Result<Vec<Self>, ComponentError> {
        let mut specs: Vec<Self> = Vec::new();
        for block in &args.endpoints {
            let shown_url = shown(&block.url);
            let uri = parse(&block.url).map_err(|reason| {
                ComponentError::new(format!("cannot parse the URL {shown_url:?}: {reason}"))
            })?;
            if specs.iter().any(|known| known.block == *block) {
                return Err(ComponentError::new(format!(
                    "duplicate remote write configs are not allowed, found duplicate for URL: \
                     {shown_url}"
                )));
            }
            let place = match block.name.as_str() {
                "" => without_userinfo(&uri),
                name => name.to_owned(),
            };
            let same = |known: &&Self| {
                known.cursor == place || known.cursor.starts_with(&format!("{place}#"))
            };
            let cursor = match specs.iter().filter(same).count() {
                0 => place,
                n => format!("{place}#{n}"),
            };
            let name = match block.name.as_str() {
                "" => short_hash(block, &shown_url),
                name => name.to_owned(),
            };
            let external_labels = args.external_labels.clone();
            specs.push(Self { block: block.clone(), external_labels, name, shown_url, cursor });
        }
        Ok(specs)
    }

    /// What the sender needs.
    ///
    /// # Errors
    /// If the settings cannot be used, such as a CA file that cannot be read.
    pub(super) fn prepare(
        &self,
        services: &Services,
    ) -> Result<(EndpointConfig, Client), ComponentError> {
        let block = &self.block;
        let failed = |what: &str| format!("cannot {what} of endpoint {}", self.shown_url);
        let mut client = block.client.config(&services.user_agent, block.enable_http2);
        // Following 301 to 303 would turn the request into one without a body.
        if client.redirects == Redirects::All {
            client.redirects = Redirects::KeepMethod;
        }
        let queue = &block.queue_config;
        // Decoding has checked that they fit.
        let count = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
        let relabel = RuleBlock::compile(&block.write_relabel_configs, Names::Legacy)
            .map_err(|e| ComponentError::new(failed("compile the rules")).with_source(e))?;
        let url = parse(&block.url)
            .map_err(|e| ComponentError::new(failed("parse the URL")).with_source(e))?;
        let config = EndpointConfig {
            name: self.name.clone(),
            url,
            shown_url: self.shown_url.clone(),
            cursor: self.cursor.clone(),
            client: client.clone(),
            headers: block.headers.clone().into_iter().collect(),
            agent_id: services.agent_id.clone(),
            timeout: block.remote_timeout,
            send_exemplars: block.send_exemplars,
            send_native_histograms: block.send_native_histograms,
            queue: QueueConfig {
                capacity: count(queue.capacity) as usize,
                max_shards: count(queue.max_shards),
                min_shards: count(queue.min_shards),
                max_samples_per_send: count(queue.max_samples_per_send) as usize,
                batch_send_deadline: queue.batch_send_deadline,
                min_backoff: queue.min_backoff,
                max_backoff: queue.max_backoff,
                retry_on_http_429: queue.retry_on_http_429,
                sample_age_limit: queue.sample_age_limit,
            },
            external_labels: self.external_labels.clone().into_iter().collect(),
            relabel,
        };
        let client = Client::new(client, Some(memory_dial(&services.dialer)))
            .map_err(|e| ComponentError::new(failed("make the HTTP client")).with_source(e))?;
        Ok((config, client))
    }
}

fn parse(url: &str) -> Result<Uri, String> {
    let uri: Uri = url.parse().map_err(|_| "it is not a URL".to_owned())?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(host)) if !host.is_empty() => {
            let authority = uri.authority().map(|a| a.as_str()).unwrap_or_default();
            let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
            match place.strip_prefix(host).and_then(|port| port.strip_prefix(':')) {
                Some(port) if !port.is_empty() && port.parse::<u16>().is_err() => {
                    Err("its port is not a number below 65536".to_owned())
                }
                _ => Ok(uri),
            }
        }
        (Some("http" | "https"), _) => Err("it has no host".to_owned()),
        _ => Err("its scheme is neither http nor https".to_owned()),
    }
}

/// The URL with its password replaced.
fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority_len = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_len);
    match authority.rsplit_once('@') {
        Some((userinfo, host)) => match userinfo.split_once(':') {
            Some((user, _)) => format!("{scheme}://{user}:xxxxx@{host}{path}"),
            None => url.to_owned(),
        },
        None => url.to_owned(),
    }
}

fn without_userinfo(url: &Uri) -> String {
    let host = url.authority().map(|a| a.as_str()).unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let path = url.path_and_query().map(|p| p.as_str()).unwrap_or_default();
    format!("{}://{host}{path}", url.scheme_str().unwrap_or_default())
}

/// Six hexadecimal digits that differ between endpoints. Secrets do not go in: their debug output
/// hides them, and the URL is shown without password.
fn short_hash(block: &EndpointBlock, shown_url: &str) -> String {
    let block = EndpointBlock { url: shown_url.into(), ..block.clone() };
    let mut hasher = DefaultHasher::new();
    format!("{block:?}").hash(&mut hasher);
    format!("{:06x}", hasher.finish() >> 40)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(shown("http://u:p@h:1/x?y"), "http://u:xxxxx@h:1/x?y");
        assert_eq!(shown("http://h/x@y:z"), "http://h/x@y:z");
        assert_eq!(shown("nonsense"), "nonsense");
        assert_eq!(without_userinfo(&"http://u:p@h:1/x?y".parse().unwrap()), "http://h:1/x?y");
    }

    #[test]
    fn urls_need_a_scheme_and_a_host() {
        assert!(parse("http://h/x").is_ok());
        for url in ["", "h/x", "/x", "ftp://h/x", "http://", "http://h:port/"] {
            assert!(parse(url).is_err(), "{url}");
        }
    }
}
