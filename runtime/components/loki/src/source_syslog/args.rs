//! Arguments of `loki.source.syslog`.

use std::collections::BTreeMap;
use std::time::Duration;

use alloy_blocks::{RelabelRules, TlsBlock};
use alloy_component::LogsReceiver;
use alloy_value::{
    Args, Block, DecodeError, FromValue, ToValue, TypeSchema, Value, quote, text_of,
};

const TCP: &str = "tcp";
const UDP: &str = "udp";

/// Arguments of `loki.source.syslog`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct SourceSyslogArgs {
    /// Where messages are received.
    #[args(block, required, name = "listener")]
    pub listeners: Vec<ListenerBlock>,
    /// Where entries are sent.
    pub forward_to: Vec<LogsReceiver>,
    /// Rules for the labels of entries, from a `loki.relabel` component. They see the parts of a
    /// message as `__syslog_…`.
    #[args(optional)]
    pub relabel_rules: RelabelRules,
}

/// A listener.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct ListenerBlock {
    /// Address to listen on, `host:port`.
    pub address: String,
    /// `tcp` or `udp`.
    #[args(default = TCP.to_owned())]
    pub protocol: String,
    /// When a TCP connection without messages is closed.
    #[args(default = "2m")]
    pub idle_timeout: Duration,
    /// Makes labels of the structured data, `__syslog_message_sd_…`.
    #[args(default = false)]
    pub label_structured_data: bool,
    /// Labels of every entry.
    #[args(optional)]
    pub labels: BTreeMap<String, String>,
    /// Keeps the timestamps of messages; otherwise entries get the current time.
    #[args(default = false)]
    pub use_incoming_timestamp: bool,
    /// Makes the whole message the line; otherwise it is the text alone.
    #[args(default = false)]
    pub use_rfc5424_message: bool,
    /// Takes the current year for messages of RFC 3164, which have none.
    #[args(default = false)]
    pub rfc3164_default_to_current_year: bool,
    /// Keeps messages of RFC 5424 without a text.
    #[args(default = false)]
    pub rfc5424_allow_empty_msg: bool,
    /// Length in bytes beyond which a message is refused, over UDP cut.
    #[args(default = 8192)]
    pub max_message_length: i64,
    /// Format of messages: `rfc5424`, `rfc3164` or `raw`. `raw` is experimental.
    #[args(default = SyslogFormat::Rfc5424, stability = experimental, stability_of = "raw")]
    pub syslog_format: SyslogFormat,
    /// Number of UDP messages that may wait.
    #[args(default = 10)]
    pub udp_queue_size: i64,
    /// Number of senders whose host name is remembered, over UDP.
    #[args(default = 128)]
    pub udp_host_cache_size: i64,
    /// Serves TLS, over TCP.
    #[args(block)]
    pub tls_config: Option<TlsBlock>,
    /// How messages end, for the format `raw`.
    #[args(block)]
    pub raw_format_options: Option<RawFormatBlock>,
    /// Additions of Cisco devices to the format `rfc3164`.
    #[args(block)]
    pub rfc3164_cisco_components: Option<CiscoBlock>,
}

/// How messages end.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct RawFormatBlock {
    /// A message ends with a zero byte; otherwise with a line break.
    #[args(default = false)]
    pub use_null_terminator_delimiter: bool,
}

/// What Cisco devices add to a message.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct CiscoBlock {
    /// All of it.
    #[args(default = false)]
    pub enable_all: bool,
    /// A count of messages.
    #[args(default = false)]
    pub message_counter: bool,
    /// A sequence number.
    #[args(default = false)]
    pub sequence_number: bool,
    /// The host name.
    #[args(default = false)]
    pub hostname: bool,
    /// Fractions of seconds.
    #[args(default = false)]
    pub second_fractions: bool,
}

impl CiscoBlock {
    fn is_empty(&self) -> bool {
        let Self { enable_all, message_counter, sequence_number, hostname, second_fractions } =
            *self;
        !(enable_all || message_counter || sequence_number || hostname || second_fractions)
    }
}

impl ListenerBlock {
    fn check(&self) -> Result<(), String> {
        if ![TCP, UDP].contains(&&*self.protocol) {
            let got = &self.protocol;
            return Err(format!(
                "syslog listener protocol should be either 'tcp' or 'udp', got {got}"
            ));
        }
        self.check_format()
    }

    /// Refuses what the format does not know.
    fn check_format(&self) -> Result<(), String> {
        let format = self.syslog_format;
        if let Some(cisco) = &self.rfc3164_cisco_components {
            if format != SyslogFormat::Rfc3164 {
                return Err("rfc3164_cisco_components has no effect when syslog format is not \
                            \"rfc3164\""
                    .to_owned());
            }
            if cisco.is_empty() {
                return Err("rfc3164_cisco_components enables nothing: set one of its attributes"
                    .to_owned());
            }
        }
        if self.raw_format_options.is_some() && format != SyslogFormat::Raw {
            return Err(
                "raw_format_options has no effect when syslog format is not \"raw\"".to_owned()
            );
        }
        let raw = format == SyslogFormat::Raw;
        let without_effect = [
            (
                "rfc5424_allow_empty_msg",
                self.rfc5424_allow_empty_msg && format != SyslogFormat::Rfc5424,
            ),
            ("use_rfc5424_message", self.use_rfc5424_message && raw),
            ("rfc3164_default_to_current_year", self.rfc3164_default_to_current_year && raw),
            ("use_incoming_timestamp", self.use_incoming_timestamp && raw),
        ];
        match without_effect.iter().find(|(_, set)| *set) {
            Some((name, _)) => Err(format!(
                "{name:?} has no effect when syslog format is set to {:?}",
                format.as_str()
            )),
            None => Ok(()),
        }
    }
}

/// Format of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyslogFormat {
    /// The format of RFC 5424.
    Rfc5424,
    /// The older format of RFC 3164.
    Rfc3164,
    /// Lines as they come.
    Raw,
}

impl SyslogFormat {
    const NAMES: &[&str] = &["rfc5424", "rfc3164", "raw"];

    /// The name in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rfc5424 => "rfc5424",
            Self::Rfc3164 => "rfc3164",
            Self::Raw => "raw",
        }
    }
}

impl FromValue for SyslogFormat {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        let text = text_of(value)?;
        let known = [Self::Rfc5424, Self::Rfc3164, Self::Raw];
        known.into_iter().find(|format| format.as_str() == text).ok_or_else(|| {
            let shown = if text.is_empty() { quote(&text) } else { text };
            DecodeError::value(format!("unknown syslog format: {shown}"))
        })
    }
}

impl ToValue for SyslogFormat {
    const TYPE: TypeSchema = TypeSchema::OneOf(Self::NAMES);

    fn to_value(&self) -> Value {
        Value::from(self.as_str())
    }
}
