//! Which cases need something that is not built yet, and where we differ on purpose.

use alloy::registry;
use alloy_syntax::ast::Body;
use alloy_value::{Definition, DefinitionKind, Lookup, Stability};

use crate::case::Case;

/// Commands of the reference that come later.
const LATER_COMMANDS: &[&str] = &["convert", "gql", "tools"];
/// What the converter reads.
const FOREIGN_FORMATS: &[&str] = &["otelcol", "prometheus", "promtail", "static"];

/// The rule under which the case is not run.
pub(crate) fn skip(case: &Case<'_>) -> Option<&'static str> {
    let args = case.args();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    if words.iter().any(|word| LATER_COMMANDS.contains(word)) {
        return Some("needs a command that comes later");
    }
    let format = words.iter().find_map(|word| word.strip_prefix("--config.format="));
    if format.is_some_and(|format| FOREIGN_FORMATS.contains(&format)) {
        return Some("needs the converter");
    }
    if words.iter().any(|word| ["--cluster.enabled", "--cluster.enable-tls"].contains(word)) {
        return Some("needs clustering");
    }
    let stability = words.iter().find_map(|word| word.strip_prefix("--stability.level="));
    let stability = stability.and_then(|level| level.parse().ok());
    let permitted = Permitted {
        stability: stability.unwrap_or(Stability::GenerallyAvailable),
        community: words.contains(&"--feature.community-components.enabled"),
    };
    let names = |is_missing: fn(&Definition) -> bool| {
        let missing = |found: &Definition| permitted.has(found) && is_missing(found);
        case.texts().any(|config| any_block(config, &missing))
    };
    if case.group() == "validate" {
        return names(is_name_only)
            .then_some("needs the arguments of a component that is known by name only");
    }
    names(is_later).then_some("needs a block or component that this version cannot run")
}

/// What the flags of a case allow: what they don't is refused before it could run.
struct Permitted {
    stability: Stability,
    community: bool,
}

impl Permitted {
    fn has(&self, definition: &Definition) -> bool {
        definition.stability >= self.stability && (self.community || !definition.community)
    }
}

fn is_name_only(definition: &Definition) -> bool {
    definition.kind == DefinitionKind::Component && definition.args.is_none()
}

fn is_later(definition: &Definition) -> bool {
    // What only modules have is no component to run.
    let is_part = definition.kind == DefinitionKind::ConfigBlock && definition.args.is_none();
    !is_part && !registry::is_runnable(definition.name)
}

/// True if a configuration needs a block or component that comes later.
pub(crate) fn needs_later_block(config: &str) -> bool {
    any_block(config, &is_later)
}

/// True for a configuration with a block that `is_missing`, modules included.
fn any_block(config: &str, is_missing: &dyn Fn(&Definition) -> bool) -> bool {
    any_below(&alloy_syntax::parse_file(config).file().body(), is_missing)
}

fn any_below(body: &Body, is_missing: &dyn Fn(&Definition) -> bool) -> bool {
    body.blocks().any(|block| {
        let name = block.name();
        let is_one = match registry::registry().lookup(&name) {
            Lookup::Known(definition) | Lookup::NotBuilt(definition) => is_missing(definition),
            Lookup::Unknown => false,
        };
        let holds_blocks = matches!(&*name, "declare" | "foreach" | "template");
        is_one || (holds_blocks && block.body().is_some_and(|body| any_below(&body, is_missing)))
    })
}

/// Why we differ on purpose.
pub(crate) fn difference(case: &Case<'_>) -> Option<&'static str> {
    const DIFFERENCES: &[(&str, &str)] = &[
        ("run/old_support_bundle_flag", "cli.md §2.1: the former name of the flag is accepted"),
        (
            "run/experimental_function",
            "language.md §14.3: the whole name of the function is marked",
        ),
        (
            "validate/declare_argument_underscore",
            "corpus: the reference crashes; the configuration is valid",
        ),
        ("fmt/two_files", "cli.md §3: several files are formatted"),
        ("run/port_zero", "cli.md §2.1: port 0 picks a free port while there is no clustering"),
        ("run_lifecycle/symlinked_directory", "cli.md §2.3: a linked directory is followed"),
        ("validate/symlinked_directory", "cli.md §2.3: a linked directory is followed"),
        (
            "run_lifecycle/http_reload_ok",
            "http.md §1.1: a method that is not allowed is answered with 405",
        ),
        (
            "run_lifecycle/http_reload_bad_component",
            "runtime.md §4.3: a reload whose changed blocks don't evaluate changes nothing",
        ),
    ];
    DIFFERENCES.iter().find(|(name, _)| *name == case.name).map(|(_, reason)| *reason)
}
