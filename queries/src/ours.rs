//! What a check says beyond the reference: references to exports and functions that do not exist,
//! and exports of a type that does not fit.
//!
//! Only what is certain is reported: where a type is not known, or where the value decides whether
//! it fits, nothing is said.

use alloy_syntax::{Applicability, Severity};
use alloy_value::{Field, FieldKind, Lookup, StructSchema, TypeSchema, quote};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use crate::api::NodeKind;
use crate::check::{Finding, structure};
use crate::custom::node_type;
use crate::db::Db;
use crate::eval::{DecodeFn, Evaluator, precheck_body};
use crate::fault::{Fault, Part, Subject};
use crate::help::{Change, Elsewhere};
use crate::hir::{BlockHir, Expr, ExprId, Statement};
use crate::imports::reads_machine;
use crate::inputs::{Block, Item, ModuleKind};
use crate::module_types::{Need, Surroundings, attributes};
use crate::names::{Ref, Target, deps, refs};
use crate::queries::block_hir;
use crate::rules::codes;
use crate::schema::{Nothing, checked};
use crate::stdlib;
use crate::words::{TARGET, type_words};

/// See the module. In source order. Nothing is said about items of `broken`: even the names in them
/// may be others.
pub(crate) fn findings(
    around: Surroundings<'_>,
    block: Block,
    broken: &FxHashSet<Item>,
) -> Vec<Finding> {
    let db = around.db;
    let hir = block_hir(db, block);
    let mut walk = Walk::new(around, block);
    for (reference, target) in refs(db, block).iter().zip(&deps(db, block).targets) {
        match target {
            Target::Block { block: target, .. } if broken.contains(&target.item(db)) => {
                walk.known.remove(&reference.expr);
            }
            Target::Block { block: target, segments, .. } => {
                walk.check_export(reference, *target, *segments as usize);
            }
            Target::Library => walk.library(reference),
            Target::Variable => walk.argument(block, reference),
            Target::Unresolved => {}
        }
    }
    if let (None, Lookup::NotBuilt(definition)) =
        (node_type(db, block), db.registry().lookup(&block.key(db).name))
        && structure(db, block).is_empty()
    {
        walk.findings.push((ExprId(0), not_checked(definition.name)));
    }
    let schema = node_type(db, block)
        .filter(|(kind, _)| *kind != NodeKind::Custom)
        .and_then(|(_, definition)| definition.args);
    if let Some((schema, _)) = schema {
        walk.body(schema(), &hir.statements);
    }
    walk.calls(db, block);
    if let Some(declare) = around.imports.declare(db, block) {
        walk.module_arguments(declare);
    }
    if walk.findings.is_empty()
        && checked(db, block).findings.is_empty()
        && let Some((_, decode)) = schema
        && let Err(fault) = evaluated(db, block, decode)
    {
        return vec![Finding::fault(fault)];
    }
    walk.findings.sort_by_key(|(at, _)| *at);
    walk.findings.into_iter().map(|(_, finding)| finding).collect()
}

/// What is wrong with the arguments of a block whatever the references in it stand for, and on
/// whichever machine.
fn evaluated(db: &dyn Db, block: Block, decode: DecodeFn) -> Result<(), Fault> {
    let hir = block_hir(db, block);
    let unknown: Vec<ExprId> = refs(db, block)
        .iter()
        .zip(&deps(db, block).targets)
        .filter(|(reference, target)| **target != Target::Library || reads_machine(reference))
        .map(|(reference, _)| reference.first)
        .collect();
    if checked(db, block).decodes && !is_computed(hir, &hir.statements, &unknown) {
        return Ok(());
    }
    precheck_body(hir, &Evaluator::new(hir, &Nothing), decode, &unknown).map_err(|mut fault| {
        if fault.subject == Subject::Nowhere {
            let near = fault.help().near.take().unwrap_or_default();
            fault.subject = Subject::Statement(near, Part::Header);
            // Without an expression there is nothing in front of the message.
            fault.decorated = false;
        }
        fault
    })
}

/// True if a body has something in it that is neither literal nor reads one of `unknown`.
fn is_computed(hir: &BlockHir, statements: &[Statement], unknown: &[ExprId]) -> bool {
    statements.iter().any(|statement| match statement {
        Statement::Attribute { value, .. } => {
            !hir.is_literal(*value) && !hir.contains(*value, unknown)
        }
        Statement::Block(block) => is_computed(hir, &block.statements, unknown),
    })
}

/// About a component that this version does not know more of than its name.
fn not_checked(component: &str) -> Finding {
    let message = format!("the arguments of {} are not checked", quote(component));
    let subject = Subject::Statement([].into(), Part::Name);
    Finding { severity: Severity::Info, ..Finding::warning(subject, message) }
        .with_code(codes::NOT_IN_THIS_VERSION)
        .with_help(|help| {
            help.notes.push("this version knows the component by name only".to_owned());
        })
}

/// What an expression is known to give.
#[derive(Clone)]
struct Known {
    ty: TypeSchema,
    /// The block that it comes from.
    source: Option<(Block, String)>,
    /// For a component as a whole: what it exports.
    exports: Vec<&'static Field>,
}

/// What is done with expressions of a type that is known to be needed.
pub(crate) enum Uses {
    /// They are checked.
    Checked,
    /// Those that read an argument of the module are collected, with its name.
    Collected(Vec<(SmolStr, TypeSchema, ExprId)>),
}

/// A block whose expressions have types.
pub(crate) struct Walk<'a> {
    around: Surroundings<'a>,
    pub(crate) hir: &'a BlockHir,
    /// Types of references, by their outermost expression.
    known: FxHashMap<ExprId, Known>,
    pub(crate) findings: Vec<(ExprId, Finding)>,
    pub(crate) uses: Uses,
    /// The place in a module that needs what is compared.
    reader: Option<Need>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(around: Surroundings<'a>, block: Block) -> Self {
        let db = around.db;
        let mut walk = Self {
            around,
            hir: block_hir(db, block),
            known: FxHashMap::default(),
            findings: Vec::new(),
            uses: Uses::Checked,
            reader: None,
        };
        for (reference, target) in refs(db, block).iter().zip(&deps(db, block).targets) {
            if let Target::Block { block, segments, .. } = target {
                walk.learn(reference, *block, *segments as usize);
            }
        }
        walk
    }

    /// Notes the type of what a reference reads of `block`, which its first `segments` name.
    fn learn(&mut self, reference: &Ref, block: Block, segments: usize) {
        let rest = &reference.path[segments.min(reference.path.len())..];
        let Some((kind, definition)) = node_type(self.around.db, block) else { return };
        let (ty, exports) = match (kind, rest.split_first()) {
            (NodeKind::Component, None) => {
                let Some(schema) = definition.exports else { return };
                (Some(TypeSchema::Struct(schema)), schema().flat_fields())
            }
            (NodeKind::Component, Some((first, deeper))) => {
                let Some(schema) = definition.exports else { return };
                let fields = schema().flat_fields();
                let field = fields.iter().find(|field| field.name == first.as_str());
                (field.and_then(|field| member_type(&field.ty, deeper)), Vec::new())
            }
            (NodeKind::Custom, Some((first, deeper))) => {
                let declare = self.around.imports.declare(self.around.db, block);
                let ty = declare.and_then(|declare| self.around.export_type(declare, first));
                (ty.and_then(|ty| member_type(&ty, deeper)), Vec::new())
            }
            _ => return,
        };
        let Some(ty) = ty else { return };
        let source = || (block, "this component exports it".to_owned());
        let source = exports.is_empty().then(source);
        self.known.insert(reference.expr, Known { ty, source, exports });
    }

    /// The type of an expression, if it is certain.
    pub(crate) fn type_of(&self, expr: ExprId) -> Option<TypeSchema> {
        if let Some(known) = self.known.get(&expr) {
            return Some(known.ty);
        }
        Some(match self.hir.expr(expr) {
            Expr::Paren(inner) => return self.type_of(*inner),
            Expr::Call { callee, .. } => return self.result(*callee),
            Expr::String(_) => TypeSchema::String,
            Expr::Bool(_) => TypeSchema::Bool,
            Expr::Int(_) | Expr::Uint(_) | Expr::Float(_) => TypeSchema::Number("float"),
            Expr::Object(_) => TypeSchema::Map(&TypeSchema::Any),
            // The first element stands for all: the others are errors of their own.
            Expr::Array(items) => match items.first().and_then(|item| self.type_of(*item)) {
                Some(TypeSchema::Capsule(kind)) => match receivers(kind) {
                    Some(receivers) => receivers,
                    None => TypeSchema::List(&TypeSchema::Any),
                },
                _ => TypeSchema::List(&TypeSchema::Any),
            },
            _ => return None,
        })
    }

    /// The name of the argument whose value an expression reads.
    pub(crate) fn argument_read(&self, expr: ExprId) -> Option<SmolStr> {
        let Expr::Access { base, member } = self.hir.expr(self.hir.strip_parens(expr)) else {
            return None;
        };
        let Expr::Access { base, member: name } = self.hir.expr(*base) else { return None };
        let is_argument = matches!(self.hir.expr(*base), Expr::Ident(first) if first == "argument");
        (member == "value" && is_argument).then(|| name.clone())
    }

    /// Compares what a custom component is given with what its module needs.
    fn module_arguments(&mut self, declare: Block) {
        let needs = self.around.needs(declare);
        for (name, value) in attributes(self.hir) {
            for need in needs.get(name).into_iter().flatten() {
                let before = self.findings.len();
                self.reader = Some(*need);
                self.expect(value, &need.ty);
                self.reader = None;
                // Further places would say the same.
                if self.findings.len() > before {
                    break;
                }
            }
        }
    }

    /// Checks what a reference reads of `block`, which its first `segments` name.
    fn check_export(&mut self, reference: &Ref, block: Block, segments: usize) {
        let db = self.around.db;
        let rest = &reference.path[segments.min(reference.path.len())..];
        let (Some(first), Some((kind, definition))) = (rest.first(), node_type(db, block)) else {
            return;
        };
        match kind {
            NodeKind::Custom => self.custom_export(reference, block, segments),
            NodeKind::Component => {
                let Some(schema) = definition.exports else { return };
                let fields = schema().flat_fields();
                if !fields.iter().any(|field| field.name == first.as_str()) {
                    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
                    self.unknown_export(reference, segments, definition.name, block, &names);
                }
            }
            _ => {}
        }
    }

    fn custom_export(&mut self, reference: &Ref, block: Block, segments: usize) {
        let db = self.around.db;
        let Some(first) = reference.path.get(segments) else { return };
        let name = &*block.key(db).name;
        let Some(declare) = self.around.imports.declare(db, block) else { return };
        let Some(module) = declare.body(db) else { return };
        let blocks = module.blocks(db);
        let exports = blocks.iter().filter(|block| &*block.key(db).name == "export");
        let names: Vec<&str> = exports.filter_map(|block| block.key(db).label.as_deref()).collect();
        if !names.contains(&first.as_str()) {
            self.unknown_export(reference, segments, name, declare, &names);
        }
    }

    fn unknown_export(
        &mut self,
        reference: &Ref,
        segments: usize,
        component: &str,
        source: Block,
        names: &[&str],
    ) {
        let Some(wrong) = reference.path.get(segments) else { return };
        let member = self.segment(reference, segments);
        let message = match names {
            [] => format!("{} exports nothing", quote(component)),
            _ => format!("{} does not export {}", quote(component), quote(wrong)),
        };
        let finding = Finding::error(Subject::Member(member), message)
            .with_code(codes::UNKNOWN_EXPORT)
            .with_help(|help| {
                let subject = Subject::Member(member);
                help.suggest(wrong, names.iter().copied(), subject, str::to_owned);
                let all: Vec<String> = names.iter().map(|name| quote(name)).collect();
                if !all.is_empty() {
                    help.notes.push(format!("it exports {}", all.join(", ")));
                }
                help.related.push(Elsewhere {
                    block: Some(source),
                    subject: Subject::Statement([].into(), Part::Header),
                    message: "this is what the reference leads to".to_owned(),
                });
            });
        self.findings.push((reference.first, finding));
    }

    /// The access expression whose member is segment `at` of a reference.
    fn segment(&self, reference: &Ref, at: usize) -> ExprId {
        let mut expr = reference.expr;
        for _ in at + 1..reference.path.len() {
            if let Expr::Access { base, .. } = self.hir.expr(expr) {
                expr = *base;
            }
        }
        expr
    }

    /// Looks up the argument that a reference reads.
    fn argument(&mut self, block: Block, reference: &Ref) {
        let db = self.around.db;
        let [first, wrong, ..] = &*reference.path else { return };
        let mut at = Some(block.module(db));
        let declare = loop {
            match at {
                None => return,
                Some(module) if module.kind(db) == ModuleKind::Declare => break module,
                Some(module) => at = module.outer(db),
            }
        };
        if first != "argument" {
            return;
        }
        let blocks = declare.blocks(db);
        let arguments = blocks.iter().filter(|block| &*block.key(db).name == "argument");
        let names: Vec<&str> =
            arguments.filter_map(|block| block.key(db).label.as_deref()).collect();
        if names.contains(&wrong.as_str()) {
            return;
        }
        let member = self.segment(reference, 1);
        let message = format!("the module has no argument {}", quote(wrong));
        // Where the module is not used nothing fails.
        let finding = Finding::warning(Subject::Member(member), message)
            .with_code(codes::UNRESOLVED_REFERENCE)
            .with_help(|help| {
                let subject = Subject::Member(member);
                help.suggest(wrong, names.iter().copied(), subject, str::to_owned);
            });
        self.findings.push((reference.first, finding));
    }

    fn library(&mut self, reference: &Ref) {
        let text = reference.text();
        let [namespace, _] = &*reference.path else { return };
        let is_namespace = stdlib::full_names()
            .any(|name| name.split_once('.').is_some_and(|(first, _)| first == namespace.as_str()));
        if !is_namespace || stdlib::full_names().any(|name| name == text) {
            return;
        }
        let message = format!("the standard library has no {}", quote(&text));
        let finding = Finding::error(Subject::Expr(reference.expr), message)
            .with_code(codes::UNRESOLVED_REFERENCE)
            .with_help(|help| {
                let subject = Subject::Expr(reference.expr);
                help.suggest(&text, stdlib::full_names(), subject, str::to_owned);
            });
        self.findings.push((reference.first, finding));
    }

    /// Looks at all attributes of a body.
    pub(crate) fn body(&mut self, schema: &'static StructSchema, statements: &[Statement]) {
        for statement in statements {
            match statement {
                Statement::Attribute { name, value } => {
                    let found = schema.find(name).map(|found| found.member.unwrap_or(found.field));
                    if let Some(field) = found.filter(|field| field.kind == FieldKind::Attribute) {
                        self.expect(*value, &field.ty);
                    }
                }
                Statement::Block(block) => {
                    let Some(found) = schema.find(&block.name) else { continue };
                    let field = found.member.unwrap_or(found.field);
                    match (found.body(), field.ty) {
                        _ if field.kind == FieldKind::Attribute => {}
                        (Some(body), _) => self.body(body, &block.statements),
                        (None, TypeSchema::Map(inner)) => self.free_body(inner, &block.statements),
                        _ => {}
                    }
                }
            }
        }
    }

    fn free_body(&mut self, inner: &TypeSchema, statements: &[Statement]) {
        for statement in statements {
            if let Statement::Attribute { value, .. } = statement {
                self.expect(*value, inner);
            }
        }
    }

    /// Reports parts of `expr` that are certainly not of the type `wanted`.
    fn expect(&mut self, expr: ExprId, wanted: &TypeSchema) {
        if let Some(name) = self.argument_read(expr) {
            if let Uses::Collected(uses) = &mut self.uses {
                uses.push((name, *wanted, expr));
            }
            return;
        }
        match (self.hir.expr(expr), wanted) {
            (Expr::Paren(inner), _) => self.expect(*inner, wanted),
            (_, TypeSchema::Optional(inner)) => self.expect(expr, inner),
            (Expr::Array(items), TypeSchema::List(inner) | TypeSchema::FixedList(inner, _)) => {
                for item in items {
                    self.expect(*item, inner);
                }
            }
            (Expr::Object(members), TypeSchema::Map(inner)) => {
                for (_, value) in members {
                    self.expect(*value, inner);
                }
            }
            (Expr::Object(members), TypeSchema::Struct(schema)) => {
                let fields = schema().flat_fields();
                for (key, value) in members {
                    let key = key.to_lossy();
                    if let Some(field) = fields.iter().find(|field| field.name == key) {
                        self.expect(*value, &field.ty);
                    }
                }
            }
            (Expr::Call { callee, .. }, _) => {
                if let Some(ty) = self.result(*callee) {
                    let known = Known { ty, source: None, exports: Vec::new() };
                    self.compare(expr, wanted, &known);
                }
            }
            _ => {
                if let Some(known) = self.known.get(&expr).cloned() {
                    self.compare(expr, wanted, &known);
                } else if let (Some(_), Some(ty)) = (self.reader, self.type_of(expr)) {
                    // Literals are compared elsewhere, except with what a module needs.
                    let known = Known { ty, source: None, exports: Vec::new() };
                    self.compare(expr, wanted, &known);
                }
            }
        }
    }

    fn compare(&mut self, expr: ExprId, wanted: &TypeSchema, known: &Known) {
        if !is_mismatch(wanted, &known.ty) {
            return;
        }
        let code = if is_kind_mismatch(wanted, &known.ty) {
            codes::WRONG_EXPORT_KIND
        } else {
            codes::TYPE_MISMATCH
        };
        let found = match known.exports.is_empty() {
            true => type_words(&known.ty),
            false => "a component as a whole".to_owned(),
        };
        let message = format!("expected {}, found {found}", type_words(wanted));
        let finding = Finding::error(Subject::Expr(expr), message).with_code(code);
        let finding = finding.with_help(|help| {
            if let Some(need) = self.reader {
                help.related.push(Elsewhere {
                    block: Some(need.block),
                    subject: Subject::Expr(need.expr),
                    message: "the module reads the argument here".to_owned(),
                });
            }
            if let Some((block, message)) = &known.source {
                help.related.push(Elsewhere {
                    block: Some(*block),
                    subject: Subject::Statement([].into(), Part::Header),
                    message: message.clone(),
                });
            }
            let fits = |field: &&&Field| !is_mismatch(wanted, &field.ty);
            let fitting: Vec<&&Field> = known.exports.iter().filter(fits).collect();
            if let ([field], Some(text)) = (fitting.as_slice(), self.chain(expr)) {
                let text = format!("{text}.{}", field.name);
                let title = format!("read its export {}", quote(field.name));
                let change = Change::Replace(Subject::Expr(expr), text);
                help.fix(title, Applicability::Unsafe, change);
            }
        });
        self.findings.push((expr, finding));
    }

    /// A chain of names as it is written.
    fn chain(&self, expr: ExprId) -> Option<String> {
        match self.hir.expr(expr) {
            Expr::Ident(name) => Some(name.to_string()),
            Expr::Access { base, member } => Some(format!("{}.{member}", self.chain(*base)?)),
            _ => None,
        }
    }

    /// What a call of a library function gives, where that does not depend on its arguments.
    fn result(&self, callee: ExprId) -> Option<TypeSchema> {
        const TEXTS: &TypeSchema = &TypeSchema::String;
        const ANY: &TypeSchema = &TypeSchema::Any;
        if self.known.contains_key(&callee) {
            return None;
        }
        let name = self.chain(callee)?;
        let name = stdlib::current_name(&name).unwrap_or(&name);
        Some(match name {
            "string.split" => TypeSchema::List(TEXTS),
            "array.concat" | "json_path" => TypeSchema::List(ANY),
            "sys.env"
            | "convert.nonsensitive"
            | "encoding.to_base64"
            | "encoding.to_URLbase64"
            | "encoding.url_encode"
            | "encoding.url_decode"
            | "file.path_join"
            | "string.join"
            | "string.replace"
            | "string.to_lower"
            | "string.to_upper"
            | "string.trim"
            | "string.trim_prefix"
            | "string.trim_suffix"
            | "string.trim_space" => TypeSchema::String,
            _ => return None,
        })
    }
}

/// A list of receivers.
fn receivers(kind: &str) -> Option<TypeSchema> {
    const KINDS: &[TypeSchema] = &[
        TypeSchema::Capsule("storage.Appendable"),
        TypeSchema::Capsule("loki.LogsReceiver"),
        TypeSchema::Capsule("otelcol.Consumer"),
        TypeSchema::Capsule("pyroscope.ProfilesReceiver"),
    ];
    let is_kind = |ty: &&TypeSchema| matches!(ty, TypeSchema::Capsule(known) if *known == kind);
    KINDS.iter().find(is_kind).map(TypeSchema::List)
}

/// The type of what `path` reads of a value of type `ty`, if that is certain.
fn member_type(ty: &TypeSchema, path: &[SmolStr]) -> Option<TypeSchema> {
    let [first, rest @ ..] = path else { return Some(*ty) };
    match ty {
        TypeSchema::Optional(inner) => member_type(inner, path),
        TypeSchema::Struct(schema) => {
            let fields = schema().flat_fields();
            let field = fields.iter().find(|field| field.name == first.as_str())?;
            member_type(&field.ty, rest)
        }
        // A member that is missing is an error of its own, at run time.
        TypeSchema::Map(inner) => member_type(inner, rest),
        _ => None,
    }
}

/// True if no value of type `found` is accepted where `wanted` belongs (spec/language.md §6).
pub(crate) fn is_mismatch(wanted: &TypeSchema, found: &TypeSchema) -> bool {
    use TypeSchema as T;
    let is_target = |kind: &str| kind == TARGET;
    match (wanted, found) {
        (T::Optional(wanted), _) => is_mismatch(wanted, found),
        (_, T::Optional(found)) => is_mismatch(wanted, found),
        (T::Any, _) | (_, T::Any) => false,
        (T::Capsule(a), T::Capsule(b)) => a != b,
        (T::Capsule(a), T::Map(_) | T::Struct(_)) => !is_target(a),
        (T::Capsule(_), _) => true,
        (T::Map(_) | T::Struct(_), T::Capsule(b)) => !is_target(b),
        (_, T::Capsule(_)) => true,
        (T::List(wanted) | T::FixedList(wanted, _), T::List(found) | T::FixedList(found, _)) => {
            is_mismatch(wanted, found)
        }
        // Strings are lists of bytes.
        (T::List(inner) | T::FixedList(inner, _), T::String) => !matches!(inner, T::Number(_)),
        // Structs with a label are also made of objects.
        (T::List(inner) | T::FixedList(inner, _), T::Map(_) | T::Struct(_)) => {
            !matches!(inner, T::Struct(_))
        }
        (T::List(_) | T::FixedList(..), _) => true,
        (T::Map(wanted), T::Map(found)) => is_mismatch(wanted, found),
        (T::Map(_) | T::Struct(_), T::Map(_) | T::Struct(_)) => false,
        (T::Map(_) | T::Struct(_), _) => true,
        (T::Bool, T::Bool) => false,
        (T::Bool, _) => true,
        (T::Number(_), T::Bool | T::List(_) | T::FixedList(..) | T::Map(_) | T::Struct(_)) => true,
        (T::Number(_), _) => false,
        // Arrays of numbers may be bytes.
        (_, T::List(inner) | T::FixedList(inner, _)) => !matches!(inner, T::Number(_) | T::Any),
        (T::Text(_), _) => false,
        (T::String | T::OneOf(_) | T::Duration, T::Secret) => true,
        (_, T::Bool | T::Map(_) | T::Struct(_)) => true,
        _ => false,
    }
}

/// True if both are of opaque kinds, and the kinds differ.
fn is_kind_mismatch(wanted: &TypeSchema, found: &TypeSchema) -> bool {
    match (wanted, found) {
        (TypeSchema::Capsule(_), TypeSchema::Capsule(_)) => true,
        (TypeSchema::List(wanted), TypeSchema::List(found)) => is_kind_mismatch(wanted, found),
        _ => false,
    }
}
