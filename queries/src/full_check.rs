//! Everything that is wrong with a configuration, as `validate` and as `check` tell it.

use std::sync::Arc;

use alloy_syntax::{Diagnostic, Severity};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::advice::{self, Broken};
use crate::check::{
    CLASSES, Finding, class, custom_arguments, duplicates, has_definition, ids, references,
    stray_attribute, stray_in_body, structure,
};
use crate::db::Db;
use crate::fault::{Fault, Part, Subject};
use crate::imports::Imports;
use crate::inputs::{Block, Item, Module};
use crate::module_types::Surroundings;
use crate::names::{Cycle, graph};
use crate::queries::is_ok;
use crate::report::Reporter;
use crate::rules::codes;
use crate::schema::checked;
use crate::similar::similar;
use crate::store::ROOT;
use crate::{Engine, gates, ours};

/// Whose findings are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Those of the reference, all of them and no others.
    Reference,
    /// Ours: more of them, but none that only follows from another one.
    Ours,
}

/// Everything that a check finds, in the order of spec/language.md §17.2.
pub(crate) fn diagnostics(engine: &Engine, style: Style, imports: &Imports) -> Vec<Diagnostic> {
    let reporter = Reporter::new(engine);
    let mut found = of_module(&reporter, engine, style, imports, ROOT);
    if style == Style::Ours {
        found.extend(of_imports(&reporter, engine, imports));
        found.retain(|diagnostic| !diagnostic.follows);
        let files = &engine.store.modules[ROOT].files;
        let file_of = |diagnostic: &Diagnostic| {
            let name = diagnostic.file.as_ref()?;
            files.iter().position(|file| file.name == *name)
        };
        // What is in imported files comes last, what is nowhere first.
        found.sort_by_cached_key(|found| {
            let file = found.file.as_ref().map(|_| file_of(found).unwrap_or(usize::MAX));
            (file, found.start())
        });
    }
    found
}

/// What is wrong with the files of a module.
fn of_module(
    reporter: &Reporter<'_>,
    engine: &Engine,
    style: Style,
    imports: &Imports,
    module: u32,
) -> Vec<Diagnostic> {
    let db = &engine.db;
    let files = &engine.store.modules[module].files;
    let items: Vec<u32> = files.iter().flat_map(|file| file.items.iter().copied()).collect();
    let mut found = reporter.syntax(&items);
    if style == Style::Reference && !found.is_empty() {
        return found;
    }
    let item_of = |at: u32| engine.store.items[at].item;
    let is_broken = |at: &u32| !found.is_empty() && !is_ok(db, item_of(*at));
    let mut broken = Broken::default();
    let mut broken_items = FxHashSet::default();
    for at in items.into_iter().filter(is_broken) {
        broken.add_text(&engine.store.items[at].text);
        broken_items.insert(item_of(at));
    }
    let mut check = Check { reporter, db, style, imports, broken, broken_items };
    let mut blocks = Vec::new();
    for file in files {
        let of_file = file.items.iter();
        let of_file = of_file.filter(|at| !check.broken_items.contains(&item_of(**at)));
        let of_file = of_file.filter_map(|item| engine.store.items[*item].block);
        for block in of_file.map(|at| engine.store.blocks[at].block) {
            if let Some(stray) = stray_attribute(reporter, db, block) {
                found.push(stray);
                match style {
                    // Ends this file.
                    Style::Reference => break,
                    Style::Ours => continue,
                }
            }
            blocks.push(block);
        }
    }
    check.module(engine.store.modules[module].module, &blocks, &mut found);
    found
}

/// What is wrong with imports and with what they bring: errors only, because advice about a module
/// is for those who write it.
fn of_imports(reporter: &Reporter<'_>, engine: &Engine, imports: &Imports) -> Vec<Diagnostic> {
    let header = || Subject::Statement([].into(), Part::Header);
    let block_of = |at: u32| engine.store.blocks[at].block;
    let mut found = Vec::new();
    for (at, reason) in &imports.failed {
        let message = format!("the import is not followed: {reason}");
        let fault = Fault::plain(header(), message).with_code(codes::IMPORT_NOT_READ);
        found.push(reporter.diagnostic(block_of(*at), Severity::Info, &fault));
    }
    for at in &imports.circular {
        let fault = Fault::plain(header(), "the module imports itself").with_code(codes::CYCLE);
        found.push(reporter.diagnostic(block_of(*at), Severity::Error, &fault));
    }
    // Inner modules come first, so that a text in a text finds its way out.
    let mut inner: FxHashMap<u32, Vec<Diagnostic>> = FxHashMap::default();
    for brought in imports.brought.iter().rev() {
        let mut own = of_module(reporter, engine, Style::Ours, imports, brought.module);
        own.retain(|diagnostic| diagnostic.severity == Severity::Error);
        own.extend(inner.remove(&brought.module).unwrap_or_default());
        if !brought.inline {
            found.extend(own);
            continue;
        }
        let block = block_of(brought.block);
        let shown: Vec<Diagnostic> =
            own.into_iter().map(|diagnostic| reporter.inline(block, brought, diagnostic)).collect();
        let mut outer = engine.store.blocks[brought.block].module;
        while let Some(owner) = engine.store.modules[outer].module.owner(&engine.db) {
            outer = engine.store.blocks[engine.store.of_block(owner)].module;
        }
        match outer {
            ROOT => found.extend(shown),
            _ => inner.entry(outer).or_default().extend(shown),
        }
    }
    found
}

struct Check<'a> {
    reporter: &'a Reporter<'a>,
    db: &'a dyn Db,
    style: Style,
    imports: &'a Imports,
    /// What is probably declared by text that is refused.
    broken: Broken,
    /// Items that are not well-formed.
    broken_items: FxHashSet<Item>,
}

impl Check<'_> {
    fn module(&mut self, module: Module, blocks: &[Block], found: &mut Vec<Diagnostic>) {
        let (reporter, db) = (self.reporter, self.db);
        if self.style == Style::Ours {
            self.expect_refused(blocks);
        }
        let duplicates = duplicates(reporter, db, module);
        for class_now in CLASSES {
            for block in blocks {
                let key = block.key(db);
                if class(&key.name) != class_now {
                    continue;
                }
                let structural = structure(db, *block);
                let (labels, rest): (Vec<_>, Vec<_>) =
                    structural.iter().partition(|f| f.fault.code == codes::MISSING_LABEL);
                let show = |f: &Finding| reporter.diagnostic(*block, f.severity, &f.fault);
                found.extend(labels.into_iter().map(show));
                found.extend(duplicates.iter().filter(|(b, _)| b == block).map(|(_, d)| d.clone()));
                let rest = rest.into_iter().filter(|finding| !self.is_consequence(finding));
                found.extend(rest.map(show));
                if block.body(db).is_some() {
                    found.extend(stray_in_body(db, *block).iter().map(show));
                }
                let arguments =
                    checked(db, *block).findings.iter().filter(|finding| self.is_wanted(finding));
                found.extend(arguments.map(show));
                found.extend(custom_arguments(db, self.imports, *block).iter().map(show));
                if has_definition(db, *block) {
                    let references = references(db, *block);
                    let shown = references.iter().filter(|finding| !self.is_consequence(finding));
                    found.extend(shown.map(show));
                    if self.style == Style::Ours {
                        found.extend(gates::findings(db, *block).iter().map(show));
                        let around = Surroundings::new(db, self.imports);
                        let ours = ours::findings(around, *block, &self.broken_items);
                        found.extend(ours.iter().map(show));
                    }
                }
                if let Some(body) = block.body(db) {
                    self.module(body, &body.blocks(db), found);
                }
            }
        }
        let graph = graph(db, module);
        let header = Subject::Statement([].into(), Part::Header);
        let (selfish, cycles): (Vec<&Arc<Cycle>>, Vec<_>) =
            graph.cycles.iter().partition(|cycle| cycle.members.len() == 1);
        for cycle in cycles {
            let mut ids = ids(db, cycle);
            ids.sort();
            let message = format!("cycle detected: {}", ids.join(", "));
            let fault = Fault::plain(header.clone(), message).with_code(codes::CYCLE);
            for (at, block) in cycle.members.iter().enumerate() {
                let mut fault = fault.clone();
                advice::cycle(&ids, &cycle.members, at, fault.help());
                found.push(reporter.diagnostic(*block, Severity::Error, &fault));
            }
        }
        let mut fault =
            Fault::plain(header, "cannot reference self").with_code(codes::SELF_REFERENCE);
        fault.help().plain = Some("the block refers to itself".to_owned());
        for cycle in selfish {
            found.extend(
                cycle
                    .members
                    .iter()
                    .map(|block| reporter.diagnostic(*block, Severity::Error, &fault)),
            );
        }
    }

    /// Notes what blocks that are refused were probably meant to be, so that references to those
    /// are not reported as well.
    fn expect_refused(&mut self, blocks: &[Block]) {
        let db = self.db;
        for block in blocks {
            let key = block.key(db);
            for finding in structure(db, *block) {
                match finding.fault.code {
                    codes::MISSING_LABEL => self.broken.add_block(&[&key.name], None),
                    codes::UNKNOWN_COMPONENT => {
                        let known = db.registry().iter().map(|definition| definition.name);
                        let meant = similar(&key.name, known);
                        self.broken.add_block(&meant, key.label.as_deref());
                    }
                    _ => {}
                }
            }
        }
    }

    /// True unless only we report a finding and the reference's are wanted.
    fn is_wanted(&self, finding: &Finding) -> bool {
        let is_ours = finding.fault.help.as_ref().is_some_and(|help| help.is_ours);
        self.style == Style::Ours || !is_ours
    }

    /// True if a finding goes away with what is wrong elsewhere.
    fn is_consequence(&self, finding: &Finding) -> bool {
        let unknown = finding.fault.help.as_ref().and_then(|help| help.unknown.as_ref());
        self.style == Style::Ours && unknown.is_some_and(|name| self.broken.may_define(name))
    }
}
