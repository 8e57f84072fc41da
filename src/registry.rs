//! All block types of this build: what each family brings, config blocks, and names of the rest.

use std::sync::LazyLock;

use alloy_component::ComponentDef;
use alloy_queries::HostFacts;
use alloy_value::Registry;

use crate::cli::version;

const FAMILIES: &[&[&ComponentDef]] = &[
    alloy_discovery::COMPONENTS,
    alloy_exporter::COMPONENTS,
    alloy_faro::COMPONENTS,
    alloy_local::COMPONENTS,
    alloy_loki::COMPONENTS,
    alloy_otelcol_auth::COMPONENTS,
    alloy_otelcol_exporter::COMPONENTS,
    alloy_otelcol_processor::COMPONENTS,
    alloy_otelcol_receiver::COMPONENTS,
    alloy_prometheus::COMPONENTS,
    alloy_pyroscope::COMPONENTS,
    alloy_remote::COMPONENTS,
];

/// Everything that a configuration can name.
pub(crate) fn registry() -> &'static Registry {
    static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
        Registry::new(
            components()
                .into_iter()
                .map(|component| component.definition)
                .chain([&alloy_runtime::LOGGING])
                .chain(alloy_config_blocks::BLOCKS.iter().copied())
                .chain(alloy_value::known_definitions()),
        )
    });
    &REGISTRY
}

/// Components that this build can run.
pub(crate) fn components() -> Vec<&'static ComponentDef> {
    FAMILIES.concat()
}

/// What expressions can read about this process.
pub(crate) fn host() -> HostFacts {
    let (os, arch) = version::os_arch();
    HostFacts {
        hostname: hostname(),
        os: os.to_owned(),
        arch: arch.to_owned(),
        version: version::VERSION.to_owned(),
    }
}

/// The host's name; empty if the system has none.
pub(crate) fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
