//! What is wrong with blocks before anything is evaluated: names, labels, references, cycles.

use std::sync::Arc;

use alloy_syntax::{Diagnostic, Severity};
use alloy_value::{Definition, DefinitionKind, Lookup, Stability, quote};

use crate::Engine;
use crate::db::Db;
use crate::fault::{Fault, Part, Span, Subject};
use crate::help::Help;
use crate::hir::{ItemHir, block_id};
use crate::inputs::Block;
use crate::names::{Cycle, Target, deps, graph, opens_scope, refs, scope};
use crate::queries::{body, source_map};
use crate::report::Reporter;
use crate::rules::codes;
use crate::schema::checked;
use crate::stdlib;

/// A fault with its severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    pub(crate) fault: Fault,
}

impl Finding {
    pub(crate) fn error(subject: Subject, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, fault: Fault::plain(subject, message) }
    }

    pub(crate) fn fault(fault: Fault) -> Self {
        Self { severity: Severity::Error, fault }
    }

    fn warning(subject: Subject, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, fault: Fault::plain(subject, message) }
    }

    /// The same as a violation of the rule `code`.
    #[must_use]
    pub(crate) fn with_code(mut self, code: &'static str) -> Self {
        self.fault.code = code;
        self
    }

    /// The same with more to say.
    #[must_use]
    pub(crate) fn with_help(mut self, add: impl FnOnce(&mut Help)) -> Self {
        add(self.fault.help());
        self
    }
}

/// The groups in which blocks are looked at (spec/language.md §17.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Declare,
    ConfigBlock,
    Component,
    Service,
}

const CLASSES: [Class; 4] = [Class::Declare, Class::ConfigBlock, Class::Component, Class::Service];

/// Blocks that belong to modules, which come later. A configuration that uses one is refused.
const LATER: &[&str] =
    &["declare", "foreach", "import.file", "import.git", "import.http", "import.string"];
const MODULE_ONLY: &[&str] = &["argument", "export"];
const CONFIG_BLOCKS: &[&str] = &["logging", "tracing"];
const SERVICES: &[&str] = &["http", "labelstore", "livedebugging", "remotecfg"];
/// Services that have no block.
const NOT_CONFIGURABLE: &[&str] = &["cluster", "otel", "ui"];

fn class(name: &str) -> Class {
    match name {
        "declare" => Class::Declare,
        _ if LATER.contains(&name)
            || MODULE_ONLY.contains(&name)
            || CONFIG_BLOCKS.contains(&name) =>
        {
            Class::ConfigBlock
        }
        _ if SERVICES.contains(&name) || NOT_CONFIGURABLE.contains(&name) => Class::Service,
        _ => Class::Component,
    }
}

fn whole() -> Subject {
    Subject::Statement([].into(), Part::Whole)
}

fn name() -> Subject {
    Subject::Statement([].into(), Part::Name)
}

/// Findings about the name, label and permission of a block, without looking into it.
#[salsa::tracked(returns(ref))]
pub(crate) fn structure(db: &dyn Db, block: Block) -> Box<[Finding]> {
    let key = block.item(db).key(db);
    let block_name = &*key.name;
    if MODULE_ONLY.contains(&block_name) {
        let message = format!("{block_name} blocks only allowed inside a module");
        return Box::new([Finding::error(whole(), message).with_code(codes::NOT_ALLOWED_HERE)]);
    }
    if NOT_CONFIGURABLE.contains(&block_name) {
        let message = format!("service {} does not support being configured", quote(block_name));
        return Box::new([Finding::error(whole(), message).with_code(codes::NOT_ALLOWED_HERE)]);
    }
    let not_yet = || {
        let message = format!("{block_name} blocks are not supported by this version yet");
        Finding::error(name(), message).with_code(codes::NOT_IN_THIS_VERSION)
    };
    if LATER.contains(&block_name) {
        return Box::new([not_yet()]);
    }
    let is_component = class(block_name) == Class::Component;
    let quoted = quote(block_name);
    let mut findings = Vec::new();
    if is_component && key.label.is_none() && !is_custom(db, block, block_name) {
        let message = format!("component {quoted} must have a label");
        findings.push(Finding::error(name(), message).with_code(codes::MISSING_LABEL));
    }
    let gated = |definition: &Definition| {
        let host = db.host();
        gate(definition, host.stability(db), host.community(db))
    };
    match db.registry().lookup(block_name) {
        Lookup::Known(definition) => findings.extend(gated(definition)),
        // Its arguments are not known; whether it runs is a question of the runtime.
        Lookup::NotBuilt(definition) if is_component => findings.extend(gated(definition)),
        _ if !is_component => findings.push(not_yet()),
        _ if is_custom(db, block, block_name) => {}
        _ => {
            let message = format!("cannot find the definition of component name {quoted}");
            findings.push(Finding::error(name(), message).with_code(codes::UNKNOWN_COMPONENT));
        }
    }
    findings.into()
}

/// True if the name starts with one that a `declare` or import block defines. Those blocks are
/// refused themselves, once; their users are not named as well.
fn is_custom(db: &dyn Db, block: Block, name: &str) -> bool {
    let first = name.split('.').next().unwrap_or(name);
    scope(db, block.module(db)).custom.iter().any(|custom| custom == first)
}

/// The gates of spec/runtime.md §6.2.
fn gate(definition: &Definition, minimum: Stability, community: bool) -> Option<Finding> {
    let quoted = quote(definition.name);
    if definition.community {
        let message = format!(
            "the component {quoted} is a community component. Use the \
             --feature.community-components.enabled command-line flag to enable community components"
        );
        return (!community).then(|| Finding::error(name(), message).with_code(codes::COMMUNITY));
    }
    let kind = match definition.kind {
        DefinitionKind::Component => "component",
        DefinitionKind::ConfigBlock => "config block",
        DefinitionKind::Service => "block",
    };
    let what = format!("{kind} {quoted}");
    too_unstable(&what, definition.stability, minimum)
        .map(|message| Finding::error(name(), message).with_code(codes::STABILITY))
}

/// The message about a feature below the allowed stability.
pub(crate) fn too_unstable(what: &str, level: Stability, minimum: Stability) -> Option<String> {
    (level < minimum).then(|| {
        format!(
            "{what} is at stability level \"{level}\", which is below the minimum allowed stability \
             level \"{minimum}\". Use --stability.level command-line flag to enable \"{level}\" \
             features"
        )
    })
}

/// Findings about the references of a block.
fn references(db: &dyn Db, block: Block) -> Vec<Finding> {
    let minimum = db.host().stability(db);
    let mut findings = Vec::new();
    for (reference, target) in refs(db, block).iter().zip(&deps(db, block).targets) {
        let first = reference.path.first().map(|name| name.as_str()).unwrap_or_default();
        match target {
            Target::Block { .. } if stdlib::is_name(first) => findings.push(
                Finding::warning(
                    Subject::Expr(reference.first),
                    "a component is shadowing an existing stdlib name",
                )
                .with_code(codes::SHADOWED_LIBRARY),
            ),
            Target::Block { .. } | Target::Variable => {}
            Target::Library => {
                let text = reference.text();
                if stdlib::is_deprecated(first) {
                    findings.push(
                        Finding::warning(
                            Subject::Expr(reference.expr),
                            "this stdlib function is deprecated; please refer to the documentation \
                             for updated usage and alternatives",
                        )
                        .with_code(codes::DEPRECATED_FUNCTION),
                    );
                }
                let level = stdlib::stability(&text);
                if let Some(message) = level.and_then(|level| too_unstable(&text, level, minimum)) {
                    let finding = Finding::error(Subject::Expr(reference.expr), message);
                    findings.push(finding.with_code(codes::STABILITY));
                }
            }
            Target::Unresolved => {
                let text = quote(&reference.text());
                let message = format!("component {text} does not exist or is out of scope");
                let finding = Finding::error(Subject::Expr(reference.expr), message);
                findings.push(finding.with_code(codes::UNRESOLVED_REFERENCE));
            }
        }
    }
    findings
}

/// True if the references of a block are worth looking at: not where the block itself is refused.
fn has_definition(db: &dyn Db, block: Block) -> bool {
    let key = block.item(db).key(db);
    let known = !matches!(db.registry().lookup(&key.name), Lookup::Unknown);
    !opens_scope(&key.name) && (known || class(&key.name) != Class::Component)
}

fn stray_attribute(reporter: &Reporter<'_>, db: &dyn Db, block: Block) -> Option<Diagnostic> {
    let ItemHir::Attribute(attribute) = body(db, block.item(db)) else { return None };
    let fault = Fault::plain(name(), format!("unrecognized attribute {attribute}"))
        .with_code(codes::NOT_ALLOWED_HERE);
    Some(reporter.diagnostic(block, Severity::Error, &fault))
}

fn duplicates(reporter: &Reporter<'_>, engine: &Engine) -> Vec<(Block, Diagnostic)> {
    let db = &engine.db;
    let mut found = Vec::new();
    for (block, first) in &scope(db, engine.module).duplicates {
        let key = block.item(db).key(db);
        let id = block_id(&key.name, key.label.as_deref());
        let start = source_map(db, block.item(db)).root.name.start;
        let span = Span { start, end: start + id.len() as u32 };
        let message = format!("block {id} already declared at {}", reporter.position_text(*first));
        let found_at = reporter.place(*block, Severity::Error, Some(span), message);
        found.push((*block, found_at.with_code(codes::DUPLICATE_BLOCK)));
    }
    found
}

fn ids(db: &dyn Db, cycle: &Cycle) -> Vec<String> {
    let id = |block: &Block| {
        let key = block.item(db).key(db);
        block_id(&key.name, key.label.as_deref())
    };
    cycle.members.iter().map(id).collect()
}

/// What refuses a load, and warnings: about the slots `new`, and if the structure of the module may
/// have changed, about all that depends on it. Texts are those of spec/runtime.md §3.
pub(crate) fn load_findings(
    engine: &Engine,
    new: &[u32],
    structure_changed: bool,
) -> Vec<Diagnostic> {
    let db = &engine.db;
    let reporter = Reporter::new(engine);
    let mut is_new = vec![false; engine.slots.len()];
    for slot in new {
        is_new[*slot as usize] = true;
    }
    let all: Vec<(Block, bool)>;
    let of_slot = |slot: &u32| (engine.slots.get(*slot).block, is_new[*slot as usize]);
    let candidates: &[(Block, bool)] = if structure_changed {
        all = engine.files.iter().flat_map(|file| file.items.iter()).map(of_slot).collect();
        &all
    } else {
        all = new.iter().map(of_slot).collect();
        &all
    };
    let blocks: Vec<(Block, bool)> = candidates
        .iter()
        .copied()
        .filter(|(block, _)| !block.item(db).key(db).name.is_empty())
        .collect();

    let stray: Vec<Diagnostic> = blocks
        .iter()
        .filter(|(_, is_new)| *is_new)
        .filter_map(|(block, _)| stray_attribute(&reporter, db, *block))
        .collect();
    if !stray.is_empty() {
        return stray;
    }
    let mut found = Vec::new();
    let duplicates = if structure_changed { duplicates(&reporter, engine) } else { Vec::new() };
    for class_now in [Class::Service, Class::Declare, Class::ConfigBlock, Class::Component] {
        for (block, is_new) in &blocks {
            if class(&block.item(db).key(db).name) != class_now {
                continue;
            }
            let twice = duplicates.iter().filter(|(b, _)| b == block).map(|(_, d)| d.clone());
            found.extend(twice);
            if *is_new {
                let findings = structure(db, *block).iter();
                found.extend(findings.map(|f| reporter.diagnostic(*block, f.severity, &f.fault)));
            }
        }
    }
    for (block, is_new) in &blocks {
        if !has_definition(db, *block) {
            continue;
        }
        let findings = references(db, *block);
        // Warnings are given once, when the block is new.
        let shown = findings.iter().filter(|f| *is_new || f.severity == Severity::Error);
        found.extend(shown.map(|f| reporter.diagnostic(*block, f.severity, &f.fault)));
    }
    if structure_changed {
        for cycle in &graph(db, engine.module).cycles {
            let (message, code) = match &ids(db, cycle)[..] {
                [only] => (format!("self reference: {only}"), codes::SELF_REFERENCE),
                ids => (format!("cycle: {}", ids.join(", ")), codes::CYCLE),
            };
            found.push(Diagnostic::error(alloy_syntax::Span::None, message).with_code(code));
        }
    }
    found
}

/// Everything that a check finds, in the order of spec/language.md §17.2.
pub(crate) fn diagnostics(engine: &Engine) -> Vec<Diagnostic> {
    let db = &engine.db;
    let reporter = Reporter::new(engine);
    let items: Vec<u32> = engine.files.iter().flat_map(|file| file.items.iter().copied()).collect();
    let broken = reporter.syntax(&items);
    if !broken.is_empty() {
        return broken;
    }
    let mut found = Vec::new();
    let mut blocks = Vec::new();
    for file in &engine.files {
        for slot in file.items.iter() {
            let slot = engine.slots.get(*slot);
            if !slot.is_block() {
                continue;
            }
            if let Some(stray) = stray_attribute(&reporter, db, slot.block) {
                // Ends this file.
                found.push(stray);
                break;
            }
            blocks.push(slot.block);
        }
    }
    let duplicates = duplicates(&reporter, engine);
    for class_now in CLASSES {
        for block in &blocks {
            let key = block.item(db).key(db);
            if class(&key.name) != class_now {
                continue;
            }
            let structural = structure(db, *block);
            let (labels, rest): (Vec<_>, Vec<_>) =
                structural.iter().partition(|f| f.fault.code == codes::MISSING_LABEL);
            let show = |f: &Finding| reporter.diagnostic(*block, f.severity, &f.fault);
            found.extend(labels.into_iter().map(show));
            found.extend(duplicates.iter().filter(|(b, _)| b == block).map(|(_, d)| d.clone()));
            found.extend(rest.into_iter().map(show));
            found.extend(checked(db, *block).iter().map(show));
            if has_definition(db, *block) {
                found.extend(references(db, *block).iter().map(show));
            }
        }
    }
    let graph = graph(db, engine.module);
    let header = Subject::Statement([].into(), Part::Header);
    let (selfish, cycles): (Vec<&Arc<Cycle>>, Vec<_>) =
        graph.cycles.iter().partition(|cycle| cycle.members.len() == 1);
    for cycle in cycles {
        let mut ids = ids(db, cycle);
        ids.sort();
        let fault = Fault::plain(header.clone(), format!("cycle detected: {}", ids.join(", ")))
            .with_code(codes::CYCLE);
        found.extend(
            cycle.members.iter().map(|block| reporter.diagnostic(*block, Severity::Error, &fault)),
        );
    }
    let fault = Fault::plain(header, "cannot reference self").with_code(codes::SELF_REFERENCE);
    for cycle in selfish {
        found.extend(
            cycle.members.iter().map(|block| reporter.diagnostic(*block, Severity::Error, &fault)),
        );
    }
    found
}
