//! Faults with their positions: what users see.

use alloy_syntax::{Diagnostic, Fix, LineIndex, Related, Severity, Span as ShownSpan};
use alloy_value::{DefinitionKind, Object, Str, Value};

use crate::Engine;
use crate::api::{EvalError, HostFacts, NodeId};
use crate::db::Db as _;
use crate::fault::{Fault, Part, Span, Subject};
use crate::help::Help;
use crate::hir::{SourceMap, block_id};
use crate::imports::{Brought, Imports};
use crate::inputs::{Block, SourceFile};
use crate::module_types::attributes;
use crate::queries::{block_hir, is_ok, item_start, line_index, source_map};
use crate::redact::redact_part;
use crate::{edits, words};

/// The `constants` object.
pub(crate) fn constants(host: &HostFacts) -> Value {
    let version = match host.version.as_str() {
        "" => "v0.0.0".to_owned(),
        version
            if version.starts_with('v') || !version.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            version.to_owned()
        }
        version => format!("v{version}"),
    };
    let members = [
        ("hostname", host.hostname.as_str()),
        ("os", &host.os),
        ("arch", &host.arch),
        ("version", &version),
    ];
    Value::from(
        members
            .into_iter()
            .map(|(name, text)| (Str::from(name), Value::from(text)))
            .collect::<Object>(),
    )
}

pub(crate) fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
}

impl EvalError {
    /// The node does not exist (any more).
    pub(crate) fn gone() -> Self {
        Self::new(Diagnostic::error(ShownSpan::None, "the block has been removed"), None)
    }
}

/// Gives faults their positions.
pub(crate) struct Reporter<'a> {
    engine: &'a Engine,
}

impl<'a> Reporter<'a> {
    pub(crate) fn new(engine: &'a Engine) -> Self {
        Self { engine }
    }

    /// Syntax errors of the files that hold one of the items `slots`, as of whole files: what is wrong in one
    /// item may hide what is wrong in the next.
    pub(crate) fn syntax(&self, slots: &[u32]) -> Vec<Diagnostic> {
        let db = &self.engine.db;
        let broken: Vec<SourceFile> = slots
            .iter()
            .map(|slot| self.engine.store.items[*slot].item)
            .filter(|item| !is_ok(db, *item))
            .map(|item| item.file(db))
            .collect();
        let mut diagnostics = Vec::new();
        let store = &self.engine.store;
        let files = (0..store.modules.len() as u32).flat_map(|module| &store.modules[module].files);
        for file in files.filter(|file| broken.contains(&file.input)) {
            let text = file.text(&store.items);
            let lines = line_index(db, file.input);
            let parse = alloy_syntax::parse_file(&text);
            let resolve = |d: &Diagnostic| d.clone().resolve(Some(&file.name), lines);
            diagnostics.extend(parse.diagnostics().iter().map(resolve));
        }
        diagnostics
    }

    pub(crate) fn diagnostic(&self, block: Block, severity: Severity, fault: &Fault) -> Diagnostic {
        let db = &self.engine.db;
        let text = block.item(db).text(db);
        let map = source_map(db, block);
        let registry = db.registry();
        let message = fault.text(|expr| {
            let Span { start, end } = map.expr(expr);
            formatted(&redact_part(&text, start as usize, end as usize, registry))
        });
        let mut diagnostic = self.place(block, severity, span_of(map, &fault.subject), message);
        diagnostic.code = Some(fault.code);
        diagnostic.plain = words::plain(&fault.message).filter(|_| fault.path.is_empty());
        if let Some(help) = &fault.help {
            self.add_help(&mut diagnostic, block, help);
        }
        diagnostic
    }

    /// A finding about text that stands in an import block, at its place there: exact for raw
    /// strings, else the whole expression.
    pub(crate) fn inline(&self, block: Block, brought: &Brought, found: Diagnostic) -> Diagnostic {
        let db = &self.engine.db;
        let item = block.item(db);
        let (map, file) = (source_map(db, block), item.file(db));
        let content = attributes(block_hir(db, block)).find(|(name, _)| *name == "content");
        let span = content.map_or(map.root.header, |(_, value)| map.expr(value));
        let written = item.text(db);
        let written = written.get(span.start as usize..span.end as usize).unwrap_or_default();
        let start = item_start(db, file).get(&item).copied().unwrap_or(0) + span.start;
        let inner = brought.files.first();
        let raw = written.strip_prefix('`').and_then(|text| text.strip_suffix('`'));
        let place =
            inner.and_then(|inner| found.span.locate(&inner.text, &LineIndex::new(&inner.text)));
        let mut shown = found.clone();
        shown.fixes.clear();
        shown.component = self.place(block, Severity::Error, None, String::new()).component;
        let is_elsewhere = |related: &Related| {
            inner.is_none_or(|inner| related.file.as_ref() != Some(&inner.name))
        };
        shown.related.retain(is_elsewhere);
        shown.span = match place {
            Some(place)
                if raw.is_some_and(|raw| inner.is_some_and(|inner| raw == &*inner.text)) =>
            {
                let shift = start + 1;
                let end = Some(place.end.byte + shift);
                ShownSpan::Bytes { start: place.start.byte + shift, end }
            }
            place => {
                if let Some(place) = place {
                    let (line, column) = (place.start.line, place.start.column);
                    let at = format!("line {line}, column {column} of the text: ");
                    shown.message.insert_str(0, &at);
                    if let Some(plain) = &mut shown.plain {
                        plain.insert_str(0, &at);
                    }
                }
                let end = Some(start + span.end - span.start);
                ShownSpan::Bytes { start, end }
            }
        };
        shown.resolve(Some(&file.name(db)), line_index(db, file))
    }

    fn add_help(&self, diagnostic: &mut Diagnostic, block: Block, help: &Help) {
        if help.plain.is_some() {
            diagnostic.plain.clone_from(&help.plain);
        }
        diagnostic.notes.clone_from(&help.notes);
        diagnostic.follows = help.follows;
        for place in &help.related {
            let at = place.block.unwrap_or(block);
            let map = source_map(&self.engine.db, at);
            let span = span_of(map, &place.subject);
            let found = self.place(at, Severity::Info, span, String::new());
            diagnostic.related.push(Related {
                file: found.file,
                span: found.span,
                message: place.message.clone(),
            });
        }
        let db = &self.engine.db;
        let item = block.item(db);
        let (text, map) = (item.text(db), source_map(db, block));
        let start = item_start(db, item.file(db)).get(&item).copied().unwrap_or(0);
        for remedy in &help.fixes {
            let Some(mut edits) = edits::edits(&text, map, &remedy.change) else { continue };
            for edit in &mut edits {
                edit.span = edit.span.start + start..edit.span.end + start;
            }
            diagnostic.fixes.push(Fix {
                title: remedy.title.clone(),
                applicability: remedy.applicability,
                edits,
            });
        }
    }

    /// A message about a stretch of an item.
    pub(crate) fn place(
        &self,
        block: Block,
        severity: Severity,
        span: Option<Span>,
        message: String,
    ) -> Diagnostic {
        let db = &self.engine.db;
        let item = block.item(db);
        let key = block.key(db);
        let mut diagnostic = Diagnostic::error(ShownSpan::None, message)
            .with_component(block_id(&key.name, key.label.as_deref()));
        diagnostic.severity = severity;
        let Some(span) = span else { return diagnostic };
        let file = item.file(db);
        let start = item_start(db, file).get(&item).copied().unwrap_or(0);
        diagnostic.span =
            ShownSpan::Bytes { start: span.start + start, end: Some(span.end + start) };
        diagnostic.resolve(Some(&file.name(db)), line_index(db, file))
    }

    /// `FILE:LINE:COL` of the name of a block.
    pub(crate) fn position_text(&self, block: Block) -> String {
        let db = &self.engine.db;
        let name = source_map(db, block).root.name;
        let mut text = self.place(block, Severity::Error, Some(name), String::new()).to_string();
        let end = text.trim_end_matches(": ").len();
        text.truncate(end);
        text
    }

    /// As [`Self::position_text`]; what stands in the text of an import block has its place there.
    pub(crate) fn imported_position(&self, block: Block, imports: &Imports) -> String {
        let (db, store) = (&self.engine.db, &self.engine.store);
        let name = source_map(db, block).root.name;
        let mut found = self.place(block, Severity::Error, Some(name), String::new());
        let mut module = block.module(db);
        loop {
            while let Some(owner) = module.owner(db) {
                module = owner.module(db);
            }
            let is_it = |brought: &&Brought| store.modules[brought.module].module == module;
            let Some(brought) = imports.brought.iter().find(is_it).filter(|brought| brought.inline)
            else {
                break;
            };
            let import = store.blocks[brought.block].block;
            found = self.inline(import, brought, found);
            module = import.module(db);
        }
        found.to_string().trim_end_matches(": ").to_owned()
    }

    /// What a failed evaluation reports (spec/runtime.md §4.2): a finding with a position stands for
    /// itself, except in config blocks.
    pub(crate) fn eval_error(&self, id: NodeId, fault: &Fault) -> EvalError {
        let Some(block) = self.engine.block_of(id) else { return EvalError::gone() };
        let cause = self.diagnostic(block, Severity::Error, fault);
        let kind = self.engine.node(id).map(|info| info.definition.kind);
        let prefix = match kind {
            Some(DefinitionKind::ConfigBlock) => "Failed to evaluate node for config block",
            _ if cause.start().is_some() => return EvalError::new(cause, None),
            Some(DefinitionKind::Service) => "Failed to evaluate service",
            _ => "Failed to build component",
        };
        let whole = source_map(&self.engine.db, block).root.whole;
        let message = format!("{prefix}: {}", EvalError::new(cause.clone(), None));
        let mut report = self.place(block, Severity::Error, Some(whole), message);
        report.code = cause.code;
        EvalError::new(cause, Some(report))
    }
}

pub(crate) fn span_of(map: &SourceMap, subject: &Subject) -> Option<Span> {
    Some(match subject {
        Subject::Nowhere => return None,
        Subject::Expr(expr) => map.expr(*expr),
        Subject::Member(access) => map.member(*access),
        Subject::Field(value) => map.field(*value),
        Subject::Statement(path, part) => {
            let statement = map.statement(path);
            match part {
                Part::Whole => statement.whole,
                Part::Header => statement.header,
                Part::Name => statement.name,
            }
        }
    })
}

/// The formatted text of an expression.
pub(crate) fn expression_text(text: &str, span: Span) -> String {
    formatted(text.get(span.start as usize..span.end as usize).unwrap_or_default())
}

fn formatted(source: &str) -> String {
    match alloy_syntax::parse_expr(source).expr() {
        Some(expr) => alloy_syntax::format_expr(&expr),
        None => source.to_owned(),
    }
}
