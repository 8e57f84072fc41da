//! What is wrong with blocks before anything is evaluated: names, labels, references, cycles.

use alloy_syntax::{Diagnostic, Related, Severity};
use alloy_value::{Definition, DefinitionKind, Lookup, Stability, Value, quote};

use crate::advice;
use crate::custom::node_type;
use crate::db::Db;
use crate::fault::{Fault, Part, Span, Subject};
use crate::help::{Elsewhere, Help};
use crate::hir::{ItemHir, Statement, block_id};
use crate::imports::Imports;
use crate::inputs::{Block, ItemKey, Module, ModuleKind};
use crate::names::{Custom, Cycle, Target, custom, deps, refs, scope};
use crate::queries::{block_hir, body, source_map};
use crate::report::Reporter;
use crate::rules::codes;
use crate::similar::similar;
use crate::stdlib;

/// A fault with its severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    pub(crate) fault: Fault,
    /// What a load says where it differs from a check; nothing at all if it is empty.
    pub(crate) in_load: Option<String>,
    /// True if a load points at the whole block.
    pub(crate) whole_in_load: bool,
}

impl Finding {
    pub(crate) fn error(subject: Subject, message: impl Into<String>) -> Self {
        Self::fault(Fault::plain(subject, message))
    }

    pub(crate) fn fault(fault: Fault) -> Self {
        Self { severity: Severity::Error, fault, in_load: None, whole_in_load: false }
    }

    pub(crate) fn warning(subject: Subject, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(subject, message) }
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

    /// The same, which a load words differently.
    #[must_use]
    fn in_load(self, message: impl Into<String>) -> Self {
        Self { in_load: Some(message.into()), ..self }
    }
}

/// The groups in which blocks are looked at (spec/language.md §17.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Declare,
    ConfigBlock,
    Component,
    Service,
}

pub(crate) const CLASSES: [Class; 4] =
    [Class::Declare, Class::ConfigBlock, Class::Component, Class::Service];

const MODULE_ONLY: &[&str] = &["argument", "export"];
/// Config blocks that need a label.
const LABELLED: &[&str] =
    &["argument", "export", "foreach", "import.file", "import.git", "import.http", "import.string"];
/// Config blocks of the root.
pub(crate) const ROOT_BLOCKS: &[&str] = &["logging", "tracing"];
const SERVICES: &[&str] = &["http", "labelstore", "livedebugging", "remotecfg"];
/// Services that have no block.
const NOT_CONFIGURABLE: &[&str] = &["cluster", "otel", "ui"];

pub(crate) fn class(name: &str) -> Class {
    match name {
        "declare" => Class::Declare,
        _ if LABELLED.contains(&name) || ROOT_BLOCKS.contains(&name) => Class::ConfigBlock,
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
    let key = block.key(db);
    let block_name = &*key.name;
    let quoted = quote(block_name);
    let kind = block.module(db).kind(db);
    // The block of a service has no label, so this is the name of a component.
    if class(block_name) == Class::Service && key.label.is_some() {
        return Box::new([unknown_component(db, block)]);
    }
    if let Some(finding) = misplaced(key, kind) {
        return Box::new([finding]);
    }
    let mut findings = Vec::new();
    if block_name == "declare" {
        match key.label.as_deref() {
            None => {
                let message = "declare block must have a label";
                let finding = Finding::error(name(), message).with_code(codes::MISSING_LABEL);
                findings.push(finding.in_load(""));
            }
            Some("declare") => {
                let message = "'declare' is not a valid label for a declare block";
                findings.push(Finding::error(name(), message).with_code(codes::NOT_ALLOWED_HERE));
            }
            Some(_) => {}
        }
        return findings.into();
    }
    let is_component = class(block_name) == Class::Component;
    let custom = if is_component { custom(db, block.module(db), block_name) } else { None };
    if key.label.is_none() {
        if is_component && custom.is_none() {
            let message = format!("component {quoted} must have a label");
            let finding = Finding::error(name(), message).with_code(codes::MISSING_LABEL);
            // A load says of such a name only that it is unknown.
            let is_word = !block_name.contains('.')
                && matches!(db.registry().lookup(block_name), Lookup::Unknown);
            findings.push(if is_word { finding.in_load("") } else { finding });
        } else if LABELLED.contains(&block_name) {
            let message = format!("{block_name} block must have a label");
            let finding = Finding::error(name(), message).with_code(codes::MISSING_LABEL);
            findings.push(finding.in_load(""));
        }
    }
    let gated = |definition: &Definition| {
        let host = db.host();
        gate(definition, host.stability(db), host.community(db))
    };
    match db.registry().lookup(block_name) {
        _ if custom.is_some() => {
            if custom == Some(Custom::Missing) {
                findings.push(unknown_component(db, block));
            }
        }
        Lookup::Known(definition) => findings.extend(gated(definition)),
        // Its arguments are not known; whether it runs is a question of the runtime.
        Lookup::NotBuilt(definition) if is_component => findings.extend(gated(definition)),
        _ if !is_component => {
            let message = format!("{block_name} blocks are not supported by this version yet");
            findings.push(Finding::error(name(), message).with_code(codes::NOT_IN_THIS_VERSION));
        }
        _ => findings.push(unknown_component(db, block)),
    }
    findings.into()
}

fn unknown_component(db: &dyn Db, block: Block) -> Finding {
    let quoted = quote(&block.key(db).name);
    let message = format!("cannot find the definition of component name {quoted}");
    Finding::error(name(), message)
        .with_code(codes::UNKNOWN_COMPONENT)
        .with_help(|help| advice::unknown_component(db, block, help))
}

/// What is wrong with a block of this name in a module of this kind.
fn misplaced(key: &ItemKey, kind: ModuleKind) -> Option<Finding> {
    let block_name = &*key.name;
    let quoted = quote(block_name);
    let refuse = |subject: Subject, message: String| {
        Finding::error(subject, message).with_code(codes::NOT_ALLOWED_HERE)
    };
    if NOT_CONFIGURABLE.contains(&block_name) {
        let message = format!("service {quoted} does not support being configured");
        let in_load = format!("Failed to evaluate service: {message}");
        return Some(refuse(whole(), message).in_load(in_load));
    }
    match kind {
        ModuleKind::Root if MODULE_ONLY.contains(&block_name) => {
            let message = format!("{block_name} blocks only allowed inside a module");
            Some(refuse(whole(), message))
        }
        ModuleKind::Import if block_name != "declare" && !block_name.starts_with("import.") => {
            let message =
                format!("only declare and import blocks are allowed in a module, got {block_name}");
            Some(refuse(name(), message))
        }
        ModuleKind::Root | ModuleKind::Import => None,
        ModuleKind::Guest | ModuleKind::Declare | ModuleKind::Template => {
            let place = if kind == ModuleKind::Template { "foreach" } else { "module" };
            let id = block_id(block_name, key.label.as_deref());
            let in_load = if SERVICES.contains(&block_name) {
                format!("service blocks not allowed inside a module: {quoted}")
            } else if ROOT_BLOCKS.contains(&block_name) {
                format!("{block_name} block not allowed inside a module")
            } else {
                return None;
            };
            let message = format!("{id} not allowed in {place}");
            Some(refuse(name(), message).in_load(in_load))
        }
    }
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
    let gate =
        |kind: &str| too_unstable(&format!("{kind} {quoted}"), definition.stability, minimum);
    let message = gate(kind)?;
    let finding = match definition.name {
        "foreach" => {
            let message_of_check = gate("foreach block").unwrap_or_default();
            let finding = Finding::error(name(), message_of_check).in_load(message);
            Finding { whole_in_load: true, ..finding }
        }
        _ => Finding::error(name(), message),
    };
    Some(finding.with_code(codes::STABILITY))
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
pub(crate) fn references(db: &dyn Db, block: Block) -> Vec<Finding> {
    let minimum = db.host().stability(db);
    let module = block.module(db);
    let mut findings = Vec::new();
    for (reference, target) in refs(db, block).iter().zip(&deps(db, block).targets) {
        let first = reference.path.first().map(|name| name.as_str()).unwrap_or_default();
        match target {
            Target::Block { .. } if stdlib::is_name(first) => findings.push(
                Finding::warning(
                    Subject::Expr(reference.first),
                    "a component is shadowing an existing stdlib name",
                )
                .with_code(codes::SHADOWED_LIBRARY)
                .with_help(|help| {
                    let first = quote(first);
                    help.plain = Some(format!("a block hides {first} of the standard library"));
                }),
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
                        .with_code(codes::DEPRECATED_FUNCTION)
                        .with_help(|help| advice::deprecated(db, module, reference, help)),
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
                let finding = finding.with_code(codes::UNRESOLVED_REFERENCE);
                findings.push(
                    finding.with_help(|help| advice::unresolved(db, module, reference, help)),
                );
            }
        }
    }
    findings
}

/// True if the references of a block are worth looking at: not where the block itself is refused.
pub(crate) fn has_definition(db: &dyn Db, block: Block) -> bool {
    let key = block.key(db);
    node_type(db, block).is_some()
        || class(&key.name) != Class::Component
        || matches!(db.registry().lookup(&key.name), Lookup::NotBuilt(_))
}

pub(crate) fn stray_attribute(
    reporter: &Reporter<'_>,
    db: &dyn Db,
    block: Block,
) -> Option<Diagnostic> {
    let ItemHir::Attribute(attribute) = body(db, block.item(db)) else { return None };
    let mut fault = Fault::plain(name(), format!("unrecognized attribute {attribute}"))
        .with_code(codes::NOT_ALLOWED_HERE);
    fault.help().plain = Some(format!("the attribute {} is outside of a block", quote(attribute)));
    Some(reporter.diagnostic(block, Severity::Error, &fault))
}

/// Attributes where the body of a `declare` or a `template` takes blocks only.
pub(crate) fn stray_in_body(db: &dyn Db, owner: Block) -> Vec<Finding> {
    let hir = block_hir(db, owner);
    let (path, statements): (Vec<u32>, &[Statement]) = match &*hir.name {
        "declare" => (Vec::new(), &hir.statements),
        _ => {
            let template =
                hir.statements.iter().zip(0_u32..).find_map(|(statement, at)| match statement {
                    Statement::Block(block) if block.name == "template" => Some((at, block)),
                    _ => None,
                });
            match template {
                Some((at, block)) => (vec![at], &block.statements),
                None => return Vec::new(),
            }
        }
    };
    let strays = statements.iter().zip(0_u32..).filter_map(|(statement, at)| match statement {
        Statement::Attribute { name, .. } => {
            let path: Box<[u32]> = path.iter().copied().chain([at]).collect();
            let subject = Subject::Statement(path, Part::Whole);
            let message = "unsupported statement type *ast.AttributeStmt";
            let finding = Finding::error(subject, message)
                .with_code(codes::NOT_ALLOWED_HERE)
                .with_help(|help| help.plain = Some("only blocks are allowed here".to_owned()));
            Some(finding.in_load(format!("unrecognized attribute {name}")))
        }
        Statement::Block(_) => None,
    });
    strays.collect()
}

/// What the use of a custom component says about its arguments, as far as text alone tells.
pub(crate) fn custom_arguments(db: &dyn Db, imports: &Imports, block: Block) -> Vec<Finding> {
    if let Some(names) = imports.alternatives(db, block) {
        return vec![not_imported(db, block, &names)];
    }
    let Some(declare) = imports.declare(db, block) else { return Vec::new() };
    let Some(module) = declare.body(db) else { return Vec::new() };
    let hir = block_hir(db, block);
    let mut findings = Vec::new();
    let arguments: Vec<(&str, Block)> = module
        .blocks(db)
        .iter()
        .filter(|block| &*block.key(db).name == "argument")
        .filter_map(|block| Some((block.key(db).label.as_deref()?, *block)))
        .collect();
    let mut given = Vec::new();
    for (statement, at) in hir.statements.iter().zip(0_u32..) {
        let subject = Subject::Statement([at].into(), Part::Whole);
        match statement {
            Statement::Attribute { name, .. } => {
                if given.contains(name) {
                    let message = format!("attribute {} may only be provided once", quote(name));
                    findings.push(Finding::error(subject, message).with_code(codes::REPEATED));
                } else if !arguments.iter().any(|(argument, _)| argument == name) {
                    let message = format!("unrecognized attribute name {}", quote(name));
                    let finding = Finding::error(subject, message);
                    let finding = finding.with_code(codes::UNKNOWN_ATTRIBUTE);
                    findings.push(finding.with_help(|help| {
                        let (owner, quoted) = (quote(&hir.name), quote(name));
                        help.plain = Some(format!("{owner} has no argument {quoted}"));
                        let names = arguments.iter().map(|(argument, _)| *argument);
                        let subject = Subject::Statement([at].into(), Part::Name);
                        help.suggest(name, names, subject, str::to_owned);
                    }));
                }
                given.push(name.clone());
            }
            Statement::Block(nested) => {
                let message = format!("unrecognized block name {}", quote(&nested.name));
                findings.push(Finding::error(subject, message).with_code(codes::UNKNOWN_BLOCK));
            }
        }
    }
    for &(name, argument) in &arguments {
        if !is_optional(db, argument) && !given.iter().any(|given| given == name) {
            let message = format!("missing required attribute {}", quote(name));
            let finding = Finding::error(whole(), message).with_code(codes::MISSING_ATTRIBUTE);
            findings.push(finding.with_help(|help| {
                let (owner, quoted) = (quote(&hir.name), quote(name));
                help.plain = Some(format!("{owner} needs the argument {quoted}"));
                help.follows = given.iter().any(|given| {
                    let names = arguments.iter().map(|(argument, _)| *argument);
                    !names.clone().any(|known| known == given)
                        && similar(given, names).contains(&name)
                });
                help.related.push(Elsewhere {
                    block: Some(argument),
                    subject: Subject::Statement([].into(), Part::Header),
                    message: "the argument is declared here".to_owned(),
                });
            }));
        }
    }
    findings
}

/// About a custom component that an import does not bring; `names` are those that it does bring.
fn not_imported(db: &dyn Db, block: Block, names: &[String]) -> Finding {
    let given = &block.key(db).name;
    let message = format!("cannot find the definition of component name {}", quote(given));
    let finding = Finding::error(name(), message).with_code(codes::UNKNOWN_COMPONENT);
    finding.with_help(|help| {
        help.plain = Some(format!("the import brings no {}", quote(given)));
        help.suggest(given, names.iter().map(String::as_str), name(), str::to_owned);
        let all: Vec<String> = names.iter().map(|name| quote(name)).collect();
        help.notes.push(match all.as_slice() {
            [] => "it brings no component at all".to_owned(),
            all => format!("it brings {}", all.join(", ")),
        });
    })
}

/// True if an `argument` block may be left out as far as its text tells. Of what is no literal it
/// tells nothing.
fn is_optional(db: &dyn Db, argument: Block) -> bool {
    let optional = block_hir(db, argument).attribute("optional");
    optional.is_some_and(|value| match value.literal() {
        Some(literal) => matches!(literal, Value::Bool(true)),
        None => true,
    })
}

pub(crate) fn duplicates(
    reporter: &Reporter<'_>,
    db: &dyn Db,
    module: Module,
) -> Vec<(Block, Diagnostic)> {
    let mut found = Vec::new();
    if module.kind(db) == ModuleKind::Import {
        // Files of one folder may declare the same: the first one counts.
        return found;
    }
    for (block, first) in &scope(db, module).duplicates {
        let key = block.key(db);
        let is_single = ROOT_BLOCKS.contains(&&*key.name);
        let id = block_id(&key.name, key.label.as_deref().filter(|_| !is_single));
        let start = source_map(db, *block).root.name.start;
        let span = Span { start, end: start + id.len() as u32 };
        let message = format!("block {id} already declared at {}", reporter.position_text(*first));
        let name = source_map(db, *first).root.name;
        let first = reporter.place(*first, Severity::Info, Some(name), String::new());
        let found_at = reporter
            .place(*block, Severity::Error, Some(span), message)
            .with_code(codes::DUPLICATE_BLOCK)
            .with_plain(format!("the block {id} is declared twice"))
            .with_related(Related {
                file: first.file,
                span: first.span,
                message: "first declared here".to_owned(),
            });
        found.push((*block, found_at));
    }
    found
}

pub(crate) fn ids(db: &dyn Db, cycle: &Cycle) -> Vec<String> {
    let id = |block: &Block| {
        let key = block.key(db);
        block_id(&key.name, key.label.as_deref())
    };
    cycle.members.iter().map(id).collect()
}
