//! Strategies from a Jaeger server.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use alloy_flow_http::{Client, ClientConfig, Decode, Dial, Request};
use http::Uri;
use opentelemetry::Context;
use opentelemetry::trace::FutureExt as _;
use parking_lot::Mutex;
use serde::Deserialize;

use crate::sampler::{Bucket, Operations, Sampling};
use crate::{JaegerRemote, Shared};

/// Name of this process in the request.
const SERVICE: &str = "alloy";
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest answer.
const MAX_BODY_BYTES: usize = 1 << 20;

/// Asks one server.
pub(crate) struct Fetch {
    client: Client,
    url: Uri,
    max_operations: usize,
}

impl Fetch {
    pub(crate) fn new(
        remote: &JaegerRemote,
        user_agent: &str,
        dial: Option<Arc<dyn Dial>>,
    ) -> Result<Self, String> {
        if remote.refresh_interval.is_zero() {
            return Err(
                "sampler > jaeger_remote: refresh_interval must be greater than 0".to_owned()
            );
        }
        let config = ClientConfig { user_agent: user_agent.to_owned(), ..ClientConfig::default() };
        let client = Client::new(config, dial)
            .map_err(|error| format!("cannot make a client for the sampling server: {error}"))?;
        let separator = if remote.url.query().is_some() { '&' } else { '?' };
        let url = format!("{}{separator}service={SERVICE}", remote.url).parse().map_err(
            |error: http::uri::InvalidUri| format!("cannot ask the sampling server: {error}"),
        )?;
        Ok(Self { client, url, max_operations: remote.max_operations })
    }

    async fn ask(&self) -> Result<Sampling, String> {
        let answer = async {
            let response = self.client.send(Request::get(self.url.clone())).await;
            let mut response = response.map_err(|error| error.to_string())?;
            if !response.status.is_success() {
                return Err(format!("the server answered {}", response.status));
            }
            let mut body = Vec::new();
            let read = response.read_body(&mut body, MAX_BODY_BYTES, Decode::Gzip).await;
            read.map(|()| body).map_err(|error| error.to_string())
        };
        let body = tokio::time::timeout(PATIENCE, answer)
            .await
            .map_err(|_| format!("no answer within {} s", PATIENCE.as_secs()))??;
        strategy(&body, self.max_operations, Instant::now())
    }
}

/// Asks at once and then at every interval, as long as somebody samples. A failure keeps what the
/// last answer said.
pub(crate) async fn keep_asking(shared: Weak<Shared>, fetch: Fetch, every: Duration) {
    let mut interval = tokio::time::interval(every);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut failed = false;
    loop {
        interval.tick().await;
        // Nothing of this is traced: it would be traced by what it is about to decide.
        let quiet = Context::current().with_telemetry_suppressed();
        match (fetch.ask().with_context(quiet).await, shared.upgrade()) {
            (_, None) => return,
            (Ok(sampling), Some(shared)) => {
                failed = false;
                shared.sampler.store(Arc::new(sampling));
            }
            (Err(error), Some(_)) => {
                // Said once, until an answer has come again.
                if !std::mem::replace(&mut failed, true) {
                    tracing::warn!(
                        service = "tracing",
                        err = error,
                        "cannot get sampling strategies"
                    );
                }
            }
        }
    }
}

/// What the server answers; numbers of the strategy type are from an older form of it.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Answer {
    strategy_type: serde_json::Value,
    probabilistic_sampling: Option<Probabilistic>,
    rate_limiting_sampling: Option<RateLimiting>,
    operation_sampling: Option<PerOperation>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Probabilistic {
    sampling_rate: f64,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct RateLimiting {
    max_traces_per_second: f64,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct PerOperation {
    default_sampling_probability: f64,
    default_lower_bound_traces_per_second: f64,
    per_operation_strategies: Vec<OneOperation>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct OneOperation {
    operation: String,
    probabilistic_sampling: Option<Probabilistic>,
}

/// The strategy that an answer describes.
fn strategy(body: &[u8], max_operations: usize, now: Instant) -> Result<Sampling, String> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|error| format!("cannot read the answer of the sampling server: {error}"))?;
    if let Some(operations) = answer.operation_sampling {
        let own = operations.per_operation_strategies.into_iter().take(max_operations);
        return Ok(Sampling::Operations(Operations {
            own: own
                .filter_map(|own| Some((own.operation, own.probabilistic_sampling?.sampling_rate)))
                .collect(),
            default: operations.default_sampling_probability,
            at_least_per_second: operations.default_lower_bound_traces_per_second,
            max_operations,
            bounds: Mutex::default(),
        }));
    }
    let is_rate = answer.strategy_type == "RATE_LIMITING" || answer.strategy_type == 1;
    match (answer.probabilistic_sampling, answer.rate_limiting_sampling) {
        (_, Some(rate)) if is_rate => {
            Ok(Sampling::Rate(Bucket::new(rate.max_traces_per_second, now)))
        }
        (Some(share), _) if !is_rate => Ok(Sampling::Fraction(share.sampling_rate)),
        _ => Err("the answer of the sampling server has no strategy".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &str) {
        let found = match strategy(body.as_bytes(), 1, Instant::now()) {
            Ok(Sampling::Fraction(share)) => format!("share {share}"),
            Ok(Sampling::Rate(_)) => "rate".to_owned(),
            Ok(Sampling::Operations(all)) => {
                format!("{:?} else {} at least {}", all.own, all.default, all.at_least_per_second)
            }
            Err(error) => error,
        };
        assert_eq!(found, expected, "{body}");
    }

    #[test]
    fn answers_become_strategies() {
        check(
            r#"{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.5}}"#,
            "share 0.5",
        );
        check(r#"{"strategyType":0,"probabilisticSampling":{"samplingRate":1}}"#, "share 1");
        check(r#"{"probabilisticSampling":{"samplingRate":0.25}}"#, "share 0.25");
        check(
            r#"{"strategyType":"RATE_LIMITING","rateLimitingSampling":{"maxTracesPerSecond":5}}"#,
            "rate",
        );
        check(
            r#"{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.5},
                "operationSampling":{"defaultSamplingProbability":0.1,
                "defaultLowerBoundTracesPerSecond":2,"perOperationStrategies":[
                {"operation":"a","probabilisticSampling":{"samplingRate":1}},
                {"operation":"b","probabilisticSampling":{"samplingRate":1}}]}}"#,
            r#"{"a": 1.0} else 0.1 at least 2"#,
        );
        check("{}", "the answer of the sampling server has no strategy");
        check(
            "<html>",
            "cannot read the answer of the sampling server: expected value at line 1 column 1",
        );
    }
}
