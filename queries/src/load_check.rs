//! What refuses a load: the texts and the order of spec/runtime.md §3.

use std::collections::BTreeSet;

use alloy_syntax::{Diagnostic, Severity};

use crate::Engine;
use crate::check::{
    Class, Finding, class, duplicates, has_definition, ids, references, stray_attribute,
    stray_in_body, structure,
};
use crate::fault::{Fault, Part, Subject};
use crate::inputs::{Block, ModuleKind};
use crate::names::{graph, scope};
use crate::report::Reporter;
use crate::rules::codes;

/// What a load says about a finding.
fn in_load(reporter: &Reporter<'_>, block: Block, finding: &Finding) -> Option<Diagnostic> {
    match &finding.in_load {
        None => Some(reporter.diagnostic(block, finding.severity, &finding.fault)),
        Some(message) if message.is_empty() => None,
        Some(message) => {
            let mut fault = Fault { message: message.clone(), ..finding.fault.clone() };
            if finding.whole_in_load {
                fault.subject = Subject::Statement([].into(), Part::Whole);
            }
            Some(reporter.diagnostic(block, finding.severity, &fault))
        }
    }
}

/// What a load says about a block that stands there twice.
fn duplicate_in_load(name: &str, found: &Diagnostic) -> Diagnostic {
    let mut found = found.clone();
    if class(name) == Class::Service {
        found.message = format!("duplicate definition of {}", alloy_value::quote(name));
    }
    found
}

/// What is wrong with imported content as a whole (spec/runtime.md §8.2).
fn import_findings(engine: &Engine, module: u32, reporter: &Reporter<'_>) -> Vec<Diagnostic> {
    let db = &engine.db;
    let slots = engine.store.modules[module].blocks.iter();
    let blocks = slots.map(|at| engine.store.blocks[*at].block);
    let importer = engine.importer(module);
    let mut found = Vec::new();
    let mut namespaces = BTreeSet::new();
    for block in blocks {
        let key = block.key(db);
        let label = key.label.as_deref().unwrap_or_default();
        if !key.name.starts_with("import.") {
            continue;
        }
        if !namespaces.insert(label) {
            let message = format!("import block redefined {label}");
            found.push(at_name(reporter, block, Severity::Error, message));
        }
        if let Some(importer) = importer.filter(|_| &*key.name == "import.file")
            && importer.starts_with("import.http.")
        {
            let message = format!(
                "importing a module via import.http (nodeID: {importer}) that contains an \
                 import.file block is not supported"
            );
            found.push(at_name(reporter, block, Severity::Error, message));
        }
    }
    for (block, _) in &scope(db, engine.store.modules[module].module).duplicates {
        if &*block.key(db).name == "declare" {
            let message = REDEFINED.to_owned();
            found.push(at_name(reporter, *block, Severity::Warning, message));
        }
    }
    found
}

/// What is said of a `declare` whose label another file of the same import has: that one counts.
const REDEFINED: &str = "declare block redefined";

fn at_name(
    reporter: &Reporter<'_>,
    block: Block,
    severity: Severity,
    message: String,
) -> Diagnostic {
    let fault = Fault::plain(Subject::Statement([].into(), Part::Name), message);
    reporter.diagnostic(block, severity, &fault.with_code(codes::DUPLICATE_BLOCK))
}

/// What refuses a module that is about to run, and warnings.
pub(crate) fn module_findings(engine: &Engine, module: u32) -> Vec<Diagnostic> {
    let all = engine.store.modules[module].blocks.iter().copied().collect();
    load_findings(engine, module, &all, true)
}

/// What refuses a load, and warnings: about those blocks of a module that are in `new`, and if the
/// structure of the module may have changed, about all that depends on it. Texts are those of
/// spec/runtime.md §3.
pub(crate) fn load_findings(
    engine: &Engine,
    module: u32,
    new: &BTreeSet<u32>,
    structure_changed: bool,
) -> Vec<Diagnostic> {
    let db = &engine.db;
    let reporter = Reporter::new(engine);
    let input = engine.store.modules[module].module;
    let of_module = |at: &u32| {
        let slot = &engine.store.blocks[*at];
        (slot.module == module).then(|| (slot.block, new.contains(at)))
    };
    let blocks: Vec<(Block, bool)> = if structure_changed {
        engine.store.modules[module].blocks.iter().filter_map(of_module).collect()
    } else {
        new.iter().filter_map(of_module).collect()
    };
    let mut stray: Vec<Diagnostic> = blocks
        .iter()
        .filter(|(_, is_new)| *is_new)
        .filter_map(|(block, _)| stray_attribute(&reporter, db, *block))
        .collect();
    // The first one ends its file.
    stray.dedup_by(|second, first| first.file == second.file);
    if input.kind(db) == ModuleKind::Import {
        for found in &mut stray {
            found.message = "only declare and import blocks are allowed in a module".to_owned();
        }
    }
    if !stray.is_empty() {
        return stray;
    }
    let mut found = Vec::new();
    if let Some(owner) = input.owner(db) {
        let strays = stray_in_body(db, owner);
        found.extend(strays.iter().filter_map(|finding| in_load(&reporter, owner, finding)));
    }
    if input.kind(db) == ModuleKind::Import {
        found.extend(import_findings(engine, module, &reporter));
    }
    let duplicates = if structure_changed { duplicates(&reporter, db, input) } else { Vec::new() };
    for class_now in [Class::Service, Class::Declare, Class::ConfigBlock, Class::Component] {
        for (block, is_new) in &blocks {
            if class(&block.key(db).name) != class_now {
                continue;
            }
            let twice = duplicates.iter().filter(|(b, _)| b == block);
            found.extend(twice.map(|(_, d)| duplicate_in_load(&block.key(db).name, d)));
            if *is_new || structure_changed {
                let findings = structure(db, *block).iter();
                found.extend(findings.filter_map(|f| in_load(&reporter, *block, f)));
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
        for cycle in &graph(db, input).cycles {
            let (message, code) = match &ids(db, cycle)[..] {
                [only] => (format!("self reference: {only}"), codes::SELF_REFERENCE),
                ids => (format!("cycle: {}", ids.join(", ")), codes::CYCLE),
            };
            found.push(Diagnostic::error(alloy_syntax::Span::None, message).with_code(code));
        }
    }
    found
}
