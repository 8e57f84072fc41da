//! `loki.source.syslog`: receives syslog messages over TCP and UDP
//! (spec/components/loki.source.syslog.md).

mod args;

use alloy_component::ComponentDef;
use alloy_value::{Definition, Stability};

pub use args::{CiscoBlock, ListenerBlock, RawFormatBlock, SourceSyslogArgs, SyslogFormat};

static DEFINITION: Definition = Definition::component::<SourceSyslogArgs>(
    "loki.source.syslog",
    Stability::GenerallyAvailable,
    "Receives syslog messages over TCP and UDP.",
);

/// `loki.source.syslog`.
pub static COMPONENT: ComponentDef = ComponentDef { definition: &DEFINITION, build: None };
