//! Targets: from discovered labels to what is scraped.

use std::time::Duration;

use alloy_telemetry::{Labels, LabelsBuilder};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What targets have unless their labels say otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetDefaults {
    /// Value of `job`.
    pub job_name: String,
    /// URL scheme.
    pub scheme: String,
    /// URL path.
    pub metrics_path: String,
    /// URL parameters.
    pub params: Vec<(String, Vec<String>)>,
    /// Time between scrapes.
    pub interval: Duration,
    /// Time that a scrape may take.
    pub timeout: Duration,
}

/// A target that can be scraped.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Labels of its series.
    pub labels: Labels,
    /// Where it is scraped.
    pub url: String,
    /// Time between scrapes.
    pub interval: Duration,
    /// Time that a scrape may take.
    pub timeout: Duration,
    /// What makes it the same target after a change of arguments: all labels it was discovered with
    /// but `__meta_*`, and the URL.
    pub(crate) identity: (Labels, String),
}

/// Why a target is dropped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum TargetError {
    #[error("target has no address")]
    NoAddress,
    #[error("{address:?} is not a valid hostname")]
    SlashInAddress { address: String },
    #[error("cannot parse {label} {value:?} as a duration")]
    BadDuration { label: &'static str, value: String },
    #[error("{label} cannot be 0")]
    ZeroDuration { label: &'static str },
    #[error("scrape timeout {timeout:?} is greater than scrape interval {interval:?}")]
    TimeoutAboveInterval { timeout: Duration, interval: Duration },
    #[error("{label} is not supported by this version")]
    Unsupported { label: &'static str },
}

/// Prefix of labels that stay with the target.
const RESERVED_PREFIX: &str = "__";
const META_PREFIX: &str = "__meta_";
const PARAM_PREFIX: &str = "__param_";
const INTERVAL_LABEL: &str = "__scrape_interval__";
const TIMEOUT_LABEL: &str = "__scrape_timeout__";
/// Overrides of histogram options, which need native histograms.
const HISTOGRAM_LABELS: [&str; 3] = [
    "__convert_classic_histograms_to_nhcb__",
    "__always_scrape_classic_histograms__",
    "__scrape_native_histograms__",
];

impl Target {
    /// Resolves discovered labels.
    ///
    /// # Errors
    /// If the target cannot be scraped; the rest of the pool goes on without it.
    pub fn new(discovered: &Labels, defaults: &TargetDefaults) -> Result<Self, TargetError> {
        let mut builder: LabelsBuilder = discovered.to_builder();
        builder.retain(|name, _| !name.starts_with(META_PREFIX));
        let address = discovered.get("__address__").unwrap_or_default().to_owned();
        if address.is_empty() {
            return Err(TargetError::NoAddress);
        }
        if address.contains('/') {
            return Err(TargetError::SlashInAddress { address });
        }
        for label in HISTOGRAM_LABELS {
            if discovered.get(label).is_some_and(|value| value == "true") {
                return Err(TargetError::Unsupported { label });
            }
        }
        for (label, value) in [("job", &defaults.job_name), ("instance", &address)] {
            if builder.get(label).is_empty() {
                builder.set(label, value.as_str());
            }
        }
        let interval = duration_label(discovered, INTERVAL_LABEL, defaults.interval)?;
        let timeout = duration_label(discovered, TIMEOUT_LABEL, defaults.timeout)?;
        if timeout > interval {
            return Err(TargetError::TimeoutAboveInterval { timeout, interval });
        }
        let all = builder.clone().finish();
        builder.retain(|name, _| !name.starts_with(RESERVED_PREFIX));
        let url = url(discovered, &address, defaults);
        Ok(Self { labels: builder.finish(), identity: (all, url.clone()), url, interval, timeout })
    }

    /// Distance of its scrapes from multiples of the interval: targets spread over the interval.
    pub fn offset(&self, seed: u64) -> Duration {
        let hash = fnv1a(&[
            format!("{:016}", self.identity.0.stable_hash()).as_bytes(),
            self.url.as_bytes(),
        ]);
        let interval_ns = u64::try_from(self.interval.as_nanos()).unwrap_or(u64::MAX).max(1);
        Duration::from_nanos((hash ^ seed) % interval_ns)
    }
}

/// FNV-1a, 64 bits.
pub(crate) fn fnv1a(parts: &[&[u8]]) -> u64 {
    parts.iter().copied().flatten().fold(0xcbf2_9ce4_8422_2325, |hash: u64, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn duration_label(
    labels: &Labels,
    label: &'static str,
    default: Duration,
) -> Result<Duration, TargetError> {
    let Some(text) = labels.get(label) else { return Ok(default) };
    let duration = parse_duration(text)
        .ok_or_else(|| TargetError::BadDuration { label, value: text.to_owned() })?;
    if duration.is_zero() {
        return Err(TargetError::ZeroDuration { label });
    }
    Ok(duration)
}

/// Reads a duration as Prometheus writes it: `1h30m`, whole numbers, units from years to
/// milliseconds in falling order.
pub fn parse_duration(text: &str) -> Option<Duration> {
    const UNITS: [(&str, u64); 7] = [
        ("y", 365 * 86_400_000),
        ("w", 7 * 86_400_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ];
    if text == "0" {
        return Some(Duration::ZERO);
    }
    if text.is_empty() {
        return None;
    }
    let mut total_ms: u64 = 0;
    let mut units = UNITS.iter();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit_len = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (_, unit_ms) = units.find(|(unit, _)| *unit == &rest[..unit_len])?;
        total_ms = total_ms.checked_add(number.checked_mul(*unit_ms)?)?;
        rest = &rest[unit_len..];
    }
    // Durations are counted in signed nanoseconds.
    (total_ms <= i64::MAX as u64 / 1_000_000).then(|| Duration::from_millis(total_ms))
}

const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const PATH: &AsciiSet = &QUERY
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b',')
    .remove(b'/')
    .remove(b':')
    .remove(b';')
    .remove(b'=')
    .remove(b'@');

fn url(labels: &Labels, address: &str, defaults: &TargetDefaults) -> String {
    let label = |name: &str| labels.get(name).filter(|value| !value.is_empty());
    let scheme = label("__scheme__").unwrap_or(&defaults.scheme);
    let path = label("__metrics_path__").unwrap_or(&defaults.metrics_path);
    let mut params = defaults.params.clone();
    for (name, value) in labels.iter() {
        let Some(param) = name.strip_prefix(PARAM_PREFIX) else { continue };
        match params.iter_mut().find(|(known, _)| known == param) {
            Some((_, values)) => match values.first_mut() {
                Some(first) => value.clone_into(first),
                None => values.push(value.to_owned()),
            },
            None => params.push((param.to_owned(), vec![value.to_owned()])),
        }
    }
    params.sort();
    let mut url = format!("{scheme}://{address}");
    if !path.starts_with('/') && !path.is_empty() {
        url.push('/');
    }
    url.extend(utf8_percent_encode(path, PATH));
    let mut separator = '?';
    for (name, values) in &params {
        for value in values {
            url.push(separator);
            separator = '&';
            push_query(&mut url, name);
            url.push('=');
            push_query(&mut url, value);
        }
    }
    url
}

fn push_query(url: &mut String, text: &str) {
    let encoded = utf8_percent_encode(text, QUERY).to_string();
    url.push_str(&encoded.replace("%20", "+"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PoolConfig;

    fn target(labels: &[(&str, &str)]) -> Result<Target, TargetError> {
        let mut defaults = PoolConfig::new("j").defaults;
        defaults.params = vec![("y".into(), vec!["2".into(), "3".into()])];
        Target::new(&Labels::new(labels.iter().copied()), &defaults)
    }

    #[test]
    fn labels_become_a_target() {
        let t = target(&[
            ("__address__", "h:1"),
            ("__meta_x", "m"),
            ("__scheme__", "https"),
            ("__metrics_path__", "/a b?c"),
            ("__param_x", "1 &"),
            ("__param_y", "9"),
            ("__scrape_interval__", "1m30s"),
            ("__scrape_timeout__", "500ms"),
            ("job", ""),
            ("dc", "x"),
        ])
        .unwrap();
        assert_eq!(t.labels.to_string(), r#"{dc="x", instance="h:1", job="j"}"#);
        assert_eq!(t.url, "https://h:1/a%20b%3Fc?x=1+%26&y=9&y=3");
        assert_eq!((t.interval, t.timeout), (Duration::from_secs(90), Duration::from_millis(500)));
    }

    #[test]
    fn what_cannot_be_scraped_is_dropped() {
        let refused = |labels: &[(&str, &str)]| target(labels).unwrap_err().to_string();
        assert_eq!(refused(&[("job", "x")]), "target has no address");
        assert_eq!(refused(&[("__address__", "h/x")]), "\"h/x\" is not a valid hostname");
        let interval = |value| refused(&[("__address__", "h"), ("__scrape_interval__", value)]);
        assert_eq!(interval("0s"), "__scrape_interval__ cannot be 0");
        assert_eq!(interval("1.5s"), "cannot parse __scrape_interval__ \"1.5s\" as a duration");
        assert_eq!(interval("5s"), "scrape timeout 10s is greater than scrape interval 5s");
    }

    #[test]
    fn durations_are_whole_numbers_with_falling_units() {
        assert_eq!(parse_duration("1y2w3d4h5m6s7ms"), Some(Duration::from_millis(33_019_506_007)));
        assert_eq!(parse_duration("0"), Some(Duration::ZERO));
        for text in ["", "1", "1s1m", "1.5s", "-1s", "s", "1 s", "300000000y", "5us"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
