//! All block types of this build: what each family brings, config blocks, and names of the rest.

use std::sync::LazyLock;

use alloy_component::ComponentDef;
use alloy_reference::Catalog;
use alloy_value::Registry;

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
pub fn registry() -> &'static Registry {
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
pub fn components() -> Vec<&'static ComponentDef> {
    FAMILIES.concat()
}

/// Components and imports that this build can run.
pub fn runnable() -> Vec<&'static ComponentDef> {
    [components(), alloy_import::IMPORTS.to_vec()].concat()
}

/// The registry as documentation and other programs see it.
pub fn catalog() -> Catalog {
    Catalog::new(registry(), is_runnable)
}

/// Config blocks and services that this build applies without a component behind them.
const APPLIED: &[&str] = &[
    alloy_runtime::LOGGING.name,
    "argument",
    "declare",
    "export",
    "foreach",
    "labelstore",
    "livedebugging",
    "remotecfg",
    "tracing",
];

/// True if this build can run the component or apply the config block `name`.
pub fn is_runnable(name: &str) -> bool {
    APPLIED.contains(&name)
        || runnable().iter().any(|c| c.build.is_some() && c.definition.name == name)
}
