//! Which cases need something that is not built yet, and where we differ on purpose.

use crate::case::Case;

/// Commands of the reference that come later.
const LATER_COMMANDS: &[&str] = &["convert", "gql", "tools"];

/// Block types that this version knows and can run; everything else in a configuration of the
/// corpus comes later, or is a name that the case is about.
const LATER_BLOCKS: &[&str] = &[
    "declare",
    "argument",
    "export",
    "foreach",
    "import.",
    "http",
    "livedebugging",
    "loki.",
    "otelcol.",
    "pyroscope.",
    "mimir.",
    "faro.",
    "beyla.",
    "remote.",
    "discovery.kubernetes",
    "discovery.docker",
    "discovery.http",
    "discovery.dns",
    "prometheus.operator.",
    "prometheus.enrich",
    "prometheus.write.queue",
    "prometheus.exporter.static",
    "prometheus.exporter.redis",
    "database_observability.",
];

/// The rule under which the case is not run.
pub(crate) fn skip(case: &Case<'_>) -> Option<&'static str> {
    let args = case.args();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    if words.iter().any(|word| LATER_COMMANDS.contains(word)) {
        return Some("needs a command that comes later");
    }
    if words.iter().any(|word| word.starts_with("--config.format=")) {
        return Some("needs the converter");
    }
    if words.iter().any(|word| word.starts_with("--cluster.") && clusters(word)) {
        return Some("needs clustering");
    }
    // What does not run yet is checked all the same.
    if case.group() != "validate" && case.texts().any(needs_later_block) {
        return Some("needs a block or component that comes later");
    }
    None
}

fn clusters(word: &str) -> bool {
    ["--cluster.enabled", "--cluster.enable-tls", "--cluster.tls-"]
        .iter()
        .any(|flag| word.starts_with(flag))
}

/// True if a configuration needs a block or component that comes later.
pub(crate) fn needs_later_block(config: &str) -> bool {
    config.lines().any(names_later_block)
}

fn names_later_block(line: &str) -> bool {
    let line = line.trim_start();
    let word = line.split([' ', '"', '{']).next().unwrap_or_default();
    let opens = line.contains('{') && !line.contains('=');
    opens
        && LATER_BLOCKS.iter().any(|later| match later.ends_with('.') {
            true => word.starts_with(later),
            false => word == *later,
        })
}

/// Why we differ on purpose.
pub(crate) fn difference(case: &Case<'_>) -> Option<&'static str> {
    const DIFFERENCES: &[(&str, &str)] = &[
        ("run/old_support_bundle_flag", "the former name of the flag is accepted"),
        ("run/experimental_function", "the whole name of the function is marked"),
        ("run/component_build_error", "the failed read is logged once"),
        ("validate/community_enabled", "the arguments of this component are not known yet"),
        ("validate/declare_argument_underscore", "the reference crashes; nothing is wrong"),
        ("fmt/two_files", "several files are formatted"),
        ("run/port_zero", "port 0 picks a free port while there is no clustering"),
        ("run_lifecycle/symlinked_directory", "a linked directory is followed"),
        ("validate/symlinked_directory", "a linked directory is followed"),
        ("run_lifecycle/http_reload_ok", "a method that is not allowed is answered with 405"),
        ("root/help_unknown", "the usage text is the same everywhere"),
        (
            "run_lifecycle/http_reload_bad_component",
            "a reload whose changed blocks don't evaluate is refused and changes nothing",
        ),
    ];
    DIFFERENCES.iter().find(|(name, _)| *name == case.name).map(|(_, reason)| *reason)
}
