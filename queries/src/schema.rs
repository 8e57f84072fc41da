//! Checks a block against the schema of its arguments without evaluating references
//! (spec/language.md §17.1).

use alloy_syntax::Applicability;
use alloy_value::{
    About, BodyEntry, EvaluatedBlock, EvaluatedBody, Field, FieldKind, Object, PathSegment, Str,
    StructSchema, TypeSchema, Value, quote,
};

use crate::api::NodeKind;
use crate::check::Finding;
use crate::custom::node_type;
use crate::db::Db;
use crate::eval::{DecodeFn, Evaluator, Scope, decorate};
use crate::fault::{Fault, Part, Subject, decode_code};
use crate::help::{Change, Elsewhere, Help};
use crate::hir::{BlockHir, Expr, ExprId, NestedBlock, Statement};
use crate::inputs::Block;
use crate::queries::block_hir;
use crate::rules::codes;
use crate::similar::similar;
use crate::words::{type_words, value_words};

/// What text alone tells of the arguments of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    /// What is wrong with them.
    pub(crate) findings: Box<[Finding]>,
    /// True if nothing is, and all literals decode together as they are written.
    pub(crate) decodes: bool,
}

/// Checks the arguments of a block as far as text alone tells.
#[salsa::tracked(returns(ref))]
pub(crate) fn checked(db: &dyn Db, block: Block) -> Checked {
    let hir = block_hir(db, block);
    let definition = match node_type(db, block) {
        // What a custom component takes is not in the registry.
        Some((NodeKind::Custom, _)) | None => return Checked::default(),
        Some((_, definition)) => definition,
    };
    let Some((schema, decode)) = definition.args else { return Checked::default() };
    check_statements(hir, schema(), decode)
}

/// Checks the statements of `hir` as arguments with that schema.
pub(crate) fn check_statements(
    hir: &BlockHir,
    schema: &'static StructSchema,
    decode: DecodeFn,
) -> Checked {
    let (path, blocks, findings) = (Vec::new(), Vec::new(), Vec::new());
    let mut checker = Checker { hir, decode, path, blocks, sound: false, exact: true, findings };
    let sound = checker.body(schema, &hir.statements);
    let decodes = sound && checker.exact && checker.findings.is_empty();
    Checked { findings: checker.findings.into(), decodes }
}

struct Checker<'a> {
    hir: &'a BlockHir,
    decode: DecodeFn,
    /// Statement indices that lead to the body under way.
    path: Vec<u32>,
    /// The blocks on that way.
    blocks: Vec<Probed>,
    /// True if all literals of the body under way are known to decode.
    sound: bool,
    /// False if something of the last body that was decoded was left out or put right.
    exact: bool,
    findings: Vec<Finding>,
}

/// What a block must have so that an error in its body is the first that decoding finds.
#[derive(Clone, Copy)]
struct Probed {
    takes_label: bool,
    times: usize,
}

/// A field by the name that a statement uses for it.
#[derive(Clone, Copy)]
struct Named {
    field: &'static Field,
    /// The body's schema, if the statement must be a block.
    body: BlockType,
}

/// What the body of a block may hold, and how often the block may appear.
#[derive(Clone, Copy)]
enum BlockType {
    /// Not a block.
    None,
    Once(&'static StructSchema),
    Many(&'static StructSchema),
    Exactly(&'static StructSchema, usize),
    /// Attributes only, of any name.
    Map,
}

fn block_type(ty: &TypeSchema) -> BlockType {
    match ty {
        TypeSchema::Struct(schema) => BlockType::Once(schema()),
        TypeSchema::Optional(inner) => block_type(inner),
        TypeSchema::List(TypeSchema::Struct(schema)) => BlockType::Many(schema()),
        TypeSchema::List(TypeSchema::Optional(TypeSchema::Struct(schema))) => {
            BlockType::Many(schema())
        }
        TypeSchema::FixedList(TypeSchema::Struct(schema), count) => {
            BlockType::Exactly(schema(), *count)
        }
        _ => BlockType::Map,
    }
}

fn find(schema: &StructSchema, name: &str) -> Option<Named> {
    let found = schema.find(name)?;
    let field = found.member.unwrap_or(found.field);
    let body = match (field.kind, found.member) {
        (FieldKind::Attribute, _) => BlockType::None,
        // Each occurrence of a one-of block is an element of its list.
        (_, Some(_)) => found.body().map_or(BlockType::Map, BlockType::Many),
        _ => block_type(&field.ty),
    };
    Some(Named { field, body })
}

/// The names that statements of one kind may have in a body: attributes, or blocks.
fn names(schema: &StructSchema, kind: FieldKind) -> Vec<String> {
    let mut names = Vec::new();
    for field in schema.flat_fields() {
        match (field.kind, field.ty.struct_schema()) {
            (FieldKind::Enum, Some(members)) if kind == FieldKind::Block => {
                let prefix = if field.name.is_empty() { "" } else { "." };
                let member = |m: &Field| format!("{}{prefix}{}", field.name, m.name);
                names.extend(members.fields.iter().map(member));
            }
            (found, _) if found == kind => names.push(field.name.to_owned()),
            _ => {}
        }
    }
    names
}

/// True if a statement that is wrong is probably what should have been `field`: a misspelt name, or
/// a block for an attribute.
fn is_meant(schema: &StructSchema, statements: &[Statement], field: &Field) -> bool {
    statements.iter().any(|statement| {
        let (name, kind) = match statement {
            Statement::Attribute { name, .. } => (name, FieldKind::Attribute),
            Statement::Block(block) => (&block.name, FieldKind::Block),
        };
        if name == field.name {
            return true;
        }
        kind == field.kind
            && find(schema, name).is_none()
            && similar(name, names(schema, kind).iter().map(String::as_str)).contains(&field.name)
    })
}

/// True if two expressions are written alike, apart from layout.
fn same_expression(hir: &BlockHir, a: ExprId, b: ExprId) -> bool {
    let same = |a: &ExprId, b: &ExprId| same_expression(hir, *a, *b);
    let all =
        |a: &[ExprId], b: &[ExprId]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b));
    match (hir.expr(a), hir.expr(b)) {
        (Expr::Array(a), Expr::Array(b)) => all(a, b),
        (Expr::Object(a), Expr::Object(b)) => {
            a.len() == b.len()
                && a.iter().zip(b.iter()).all(|(a, b)| a.0 == b.0 && same(&a.1, &b.1))
        }
        (Expr::Access { base: a, member: m }, Expr::Access { base: b, member: n }) => {
            m == n && same(a, b)
        }
        (Expr::Index { base: a, index: i }, Expr::Index { base: b, index: j }) => {
            same(a, b) && same(i, j)
        }
        (Expr::Call { callee: a, args: x }, Expr::Call { callee: b, args: y }) => {
            same(a, b) && all(x, y)
        }
        (Expr::Unary { op: o, operand: a }, Expr::Unary { op: p, operand: b }) => {
            o == p && same(a, b)
        }
        (Expr::Binary { op: o, left: a, right: x }, Expr::Binary { op: p, left: b, right: y }) => {
            o == p && same(a, b) && same(x, y)
        }
        (Expr::Paren(a), Expr::Paren(b)) => same(a, b),
        // What is left holds no other expressions.
        (a, b) => a == b,
    }
}

/// The part of a value that `path` leads to.
fn part_of<'v>(value: &'v Value, path: &[PathSegment]) -> Option<&'v Value> {
    let [first, rest @ ..] = path else { return Some(value) };
    match (value, first) {
        (Value::Array(items), PathSegment::Index(index)) => part_of(items.get(*index)?, rest),
        (Value::Object(object), PathSegment::Field(name)) => part_of(object.get(name)?, rest),
        _ => None,
    }
}

/// The type of the part of a value that `path` leads to.
fn type_at<'t>(ty: &'t TypeSchema, path: &[PathSegment]) -> Option<&'t TypeSchema> {
    match (ty, path) {
        (TypeSchema::Optional(inner), _) => type_at(inner, path),
        (_, []) => Some(ty),
        (
            TypeSchema::List(inner) | TypeSchema::FixedList(inner, _),
            [PathSegment::Index(_), rest @ ..],
        )
        | (TypeSchema::Map(inner), [PathSegment::Field(_), rest @ ..]) => type_at(inner, rest),
        (TypeSchema::Struct(schema), [PathSegment::Field(name), rest @ ..]) => {
            type_at(&schema().find(name)?.field.ty, rest)
        }
        _ => None,
    }
}

impl Checker<'_> {
    /// Looks at a body; true if all of it that is literal decodes together.
    fn body(&mut self, schema: &'static StructSchema, statements: &[Statement]) -> bool {
        if schema.open {
            return false;
        }
        let around = self.sound;
        let sound = around || self.decodes(schema, statements);
        self.sound = sound;
        let count = |name: &str| {
            let is = |s: &&Statement| matches!(s, Statement::Block(block) if block.name == name);
            statements.iter().filter(is).count()
        };
        for (at, statement) in statements.iter().enumerate() {
            self.path.push(at as u32);
            match statement {
                Statement::Attribute { name, value } => {
                    let seen = &statements[..at];
                    self.attribute(schema, seen, name, *value);
                }
                Statement::Block(block) => match find(schema, &block.name) {
                    None => self.unknown_block(schema, &block.name),
                    Some(named) => {
                        let quoted = || quote(&block.name);
                        match named.body {
                            BlockType::None => {
                                let message = format!(
                                    "{} must be an attribute, but is used as a block",
                                    quoted()
                                );
                                self.block_for_attribute(message, &named.field.ty, block);
                            }
                            BlockType::Once(schema) => {
                                if count(&block.name) > 1 {
                                    let message =
                                        format!("block {} may only be specified once", quoted());
                                    self.repeated_block(message, statements, at, &block.name);
                                } else {
                                    self.label(schema, block);
                                    self.nested(schema, 1, &block.statements);
                                }
                            }
                            BlockType::Many(schema) => {
                                self.label(schema, block);
                                self.nested(schema, 1, &block.statements);
                            }
                            BlockType::Exactly(schema, want) => {
                                let got = count(&block.name);
                                if got != want {
                                    let message = format!(
                                        "block {} must be specified exactly {want} times, but was \
                                         specified {got} times",
                                        quoted()
                                    );
                                    self.error(codes::REPEATED, Part::Whole, message);
                                } else {
                                    self.nested(schema, want, &block.statements);
                                }
                            }
                            BlockType::Map => {
                                if count(&block.name) > 1 {
                                    let message =
                                        format!("block {} may only be specified once", quoted());
                                    self.repeated_block(message, statements, at, &block.name);
                                } else if block.label.is_some() {
                                    let message =
                                        format!("block {} requires empty label", quoted());
                                    self.error(codes::UNEXPECTED_LABEL, Part::Header, message);
                                }
                            }
                        }
                    }
                },
            }
            self.path.pop();
        }
        for field in schema.flat_fields() {
            if !field.required {
                continue;
            }
            let present = statements.iter().any(|statement| match (statement, field.kind) {
                (Statement::Attribute { name, .. }, FieldKind::Attribute) => name == field.name,
                (Statement::Block(block), FieldKind::Block) => block.name == field.name,
                _ => false,
            });
            if !present {
                let quoted = quote(field.name);
                let (code, what) = match field.kind {
                    FieldKind::Attribute => (codes::MISSING_ATTRIBUTE, "attribute"),
                    FieldKind::Block => (codes::MISSING_BLOCK, "block"),
                    _ => continue,
                };
                let message = format!("missing required {what} {quoted}");
                let plain = format!("{} needs the {what} {quoted}", self.owner());
                let follows = is_meant(schema, statements, field);
                self.findings.push(self.finding(code, Part::Whole, message).with_help(|help| {
                    help.plain = Some(plain);
                    help.follows = follows;
                }));
            }
        }
        self.sound = around;
        sound
    }

    /// Reports a label that a block lacks or must not have. The reference finds out when it decodes.
    fn label(&mut self, schema: &StructSchema, block: &NestedBlock) {
        let quoted = || quote(&block.name);
        let (code, message) = match (schema.takes_label(), &block.label) {
            (true, None) => {
                (codes::MISSING_LABEL, format!("block {} requires non-empty label", quoted()))
            }
            (false, Some(_)) => (
                codes::UNEXPECTED_LABEL,
                format!("block {} does not support specifying labels", quoted()),
            ),
            _ => return,
        };
        let change = Change::RemoveLabel(self.path.as_slice().into());
        let finding = self.finding(code, Part::Header, message).with_help(|help| {
            help.is_ours = true;
            if code == codes::MISSING_LABEL {
                help.plain = Some(format!("the block {} needs a label", quoted()));
            } else {
                help.plain = Some(format!("the block {} has no label", quoted()));
                help.fix("remove the label", Applicability::Safe, change);
            }
        });
        self.findings.push(finding);
    }

    /// Looks into the block at the current path, which must stand there `times` times.
    fn nested(&mut self, schema: &'static StructSchema, times: usize, statements: &[Statement]) {
        self.blocks.push(Probed { takes_label: schema.takes_label(), times });
        self.body(schema, statements);
        self.blocks.pop();
    }

    fn attribute(&mut self, schema: &StructSchema, seen: &[Statement], name: &str, value: ExprId) {
        let quoted = || quote(name);
        let Some(named) = find(schema, name) else {
            let message = format!("unrecognized attribute name {}", quoted());
            let finding = self.finding(codes::UNKNOWN_ATTRIBUTE, Part::Whole, message);
            let subject = Subject::Statement(self.path.as_slice().into(), Part::Name);
            let names = names(schema, FieldKind::Attribute);
            let plain = format!("{} has no attribute {}", self.owner(), quoted());
            self.findings.push(finding.with_help(|help| {
                help.plain = Some(plain);
                help.suggest(name, names.iter().map(String::as_str), subject, str::to_owned);
            }));
            return;
        };
        if named.field.kind != FieldKind::Attribute {
            let message = format!("{} must be a block, but is used as an attribute", quoted());
            let finding = self.finding(codes::ATTRIBUTE_OR_BLOCK, Part::Whole, message);
            let is_object = matches!(self.hir.expr(value), Expr::Object(_));
            let change = Change::AttributeToBlock(self.path.as_slice().into());
            self.findings.push(finding.with_help(|help| {
                help.plain = Some(format!("{} is a block, not an attribute", quoted()));
                if is_object {
                    help.fix("write it as a block", Applicability::Safe, change);
                }
            }));
            return;
        }
        let twice = |s: &Statement| matches!(s, Statement::Attribute { name: n, .. } if n == name);
        if let Some(first) = seen.iter().position(twice) {
            let message = format!("attribute {} may only be provided once", quoted());
            self.repeated(message, first);
            let is_same = matches!(&seen[first], Statement::Attribute { value: other, .. }
                if same_expression(self.hir, *other, value));
            if let Some(finding) = self.findings.last_mut().filter(|_| is_same) {
                let change = Change::Remove(self.path.as_slice().into());
                finding.fault.help().fix("remove it", Applicability::Safe, change);
            }
            return;
        }
        if !self.sound {
            self.literal(value, &named.field.ty);
            return;
        }
        let mut found = Vec::new();
        self.missing_members(value, &named.field.ty, &mut found);
        self.findings.extend(found.into_iter().map(|(_, finding)| finding));
    }

    /// True if the body at the current path decodes as far as it is literal. Each of its attributes
    /// would then decode alone, which is not to be tried one by one: a decoding starts from the
    /// defaults of the whole component.
    fn decodes(&mut self, schema: &'static StructSchema, statements: &[Statement]) -> bool {
        self.exact = true;
        self.literal_body(schema, statements)
            .is_some_and(|body| (self.decode)(&self.within(&self.path, body)).is_ok())
    }

    /// A body without what is not known: what it must have is null. `None` if that is not enough to
    /// decode it.
    fn literal_body(
        &mut self,
        schema: &'static StructSchema,
        statements: &[Statement],
    ) -> Option<EvaluatedBody> {
        let mut entries = Vec::with_capacity(statements.len());
        for statement in statements {
            match statement {
                Statement::Attribute { name, value } => {
                    let field = find(schema, name)?.field;
                    let mut found = Vec::new();
                    let value = self.literal_value(*value, &mut Vec::new(), &mut found);
                    if field.kind != FieldKind::Attribute || !found.is_empty() {
                        return None;
                    }
                    let value = match value {
                        Some(value) => fitted(value, &field.ty, &mut self.exact),
                        None if field.required => Value::Null,
                        None => continue,
                    };
                    entries.push(BodyEntry::Attribute { name: name.as_str().into(), value });
                }
                Statement::Block(block) => {
                    let (label, body) = match find(schema, &block.name)?.body {
                        BlockType::None => return None,
                        BlockType::Map => {
                            self.exact = false;
                            (None, EvaluatedBody::default())
                        }
                        BlockType::Once(schema)
                        | BlockType::Many(schema)
                        | BlockType::Exactly(schema, _) => {
                            let label = block.label.as_deref().unwrap_or("label");
                            let label = schema.takes_label().then(|| label.into());
                            if schema.open {
                                self.exact = false;
                                (label, EvaluatedBody::default())
                            } else {
                                (label, self.literal_body(schema, &block.statements)?)
                            }
                        }
                    };
                    let name = block.name.as_str().into();
                    entries.push(BodyEntry::Block(EvaluatedBlock { name, label, body }));
                }
            }
        }
        Some(EvaluatedBody { entries })
    }

    /// Decodes a body that holds nothing but this attribute, with null in the place of everything
    /// that is no literal, until nothing is wrong with it any more.
    fn literal(&mut self, expr: ExprId, ty: &TypeSchema) {
        let mut found: Vec<(ExprId, Finding)> = Vec::new();
        let mut nulled = Vec::new();
        while let Some(value) = self.literal_value(expr, &mut nulled, &mut found) {
            let Err(error) = (self.decode)(&self.probe(&fitted(value.clone(), ty, &mut true)))
            else {
                break;
            };
            // Errors about enclosing bodies (missing attributes) are none of this attribute.
            let about_value = matches!(error.about, About::Value | About::Validation);
            if error.statements.len() != self.path.len() || !about_value {
                break;
            }
            let undecorated = error.undecorated();
            let path = error.path.clone();
            let wanted = type_at(ty, &error.path);
            let code = match (decode_code(&error), wanted) {
                (codes::MALFORMED_TEXT, Some(TypeSchema::OneOf(_))) => codes::INVALID_ENUM_VALUE,
                (code, _) => code,
            };
            let fault = decorate(self.hir, expr, None, error);
            let Subject::Expr(subject) = fault.subject else { break };
            if nulled.contains(&subject) || !fault.path.is_empty() {
                break;
            }
            nulled.push(subject);
            // For a sign the operand is what has the position.
            let shown = match self.hir.expr(subject) {
                Expr::Unary { operand, .. } => *operand,
                _ => subject,
            };
            let finding = match undecorated.strip_prefix("does not have field named ") {
                Some(key) => Finding::error(
                    Subject::Field(subject),
                    format!("unrecognized attribute name {key}"),
                ),
                None => Finding::error(Subject::Expr(shown), undecorated),
            };
            let found_value = part_of(&value, &path);
            let plain = wanted.zip(found_value).and_then(|(w, v)| worded(code, w, v));
            // The reference takes any string for a receiver in a list.
            let is_listed = matches!(path.last(), Some(PathSegment::Index(_)));
            let is_taken = is_listed
                && matches!(wanted, Some(TypeSchema::Capsule(_)))
                && matches!(found_value, Some(Value::String(_)));
            let finding = finding.with_code(code).with_help(|help| {
                help.plain = plain;
                help.is_ours = is_taken;
                if code == codes::MALFORMED_TEXT && matches!(wanted, Some(TypeSchema::Duration)) {
                    let note = "a duration is written with units, such as 30s or 1h30m";
                    help.notes.push(note.to_owned());
                }
            });
            let finding = match (wanted, self.hir.expr(subject)) {
                (Some(TypeSchema::OneOf(values)), Expr::String(text)) => {
                    finding.with_help(|help| suggest_value(help, text, values, subject))
                }
                _ => finding,
            };
            found.push((subject, finding));
        }
        self.missing_members(expr, ty, &mut found);
        // Ids of expressions rise in source order.
        found.sort_by_key(|(id, _)| *id);
        self.findings.extend(found.into_iter().map(|(_, finding)| finding));
    }

    /// Finds object literals that lack a required member of their struct. Decoding takes the zero
    /// value for it (spec/language.md §6.5).
    fn missing_members(&self, expr: ExprId, ty: &TypeSchema, found: &mut Vec<(ExprId, Finding)>) {
        match (self.hir.expr(expr), ty) {
            (_, TypeSchema::Optional(inner)) => self.missing_members(expr, inner, found),
            (Expr::Array(items), TypeSchema::List(inner) | TypeSchema::FixedList(inner, _)) => {
                for item in items {
                    self.missing_members(*item, inner, found);
                }
            }
            (Expr::Object(members), TypeSchema::Map(inner)) => {
                for (_, value) in members {
                    self.missing_members(*value, inner, found);
                }
            }
            (Expr::Object(members), TypeSchema::Struct(schema)) => {
                for field in schema().flat_fields() {
                    let mut given =
                        members.iter().filter(|(key, _)| key.as_bytes() == field.name.as_bytes());
                    match given.next() {
                        Some((_, value)) => self.missing_members(*value, &field.ty, found),
                        None if field.required && field.kind == FieldKind::Attribute => {
                            let name = quote(field.name);
                            let message = format!("missing required attribute {name}");
                            let finding = Finding::error(Subject::Expr(expr), message);
                            found.push((expr, finding.with_code(codes::MISSING_ATTRIBUTE)));
                        }
                        None => {}
                    }
                }
            }
            _ => {}
        }
    }

    /// The value of an expression as far as it is literal; `None` if nothing of it is. What cannot
    /// be computed is reported and null from then on.
    fn literal_value(
        &self,
        id: ExprId,
        nulled: &mut Vec<ExprId>,
        found: &mut Vec<(ExprId, Finding)>,
    ) -> Option<Value> {
        if nulled.contains(&id) {
            return Some(Value::Null);
        }
        let is_computed = match self.hir.expr(id) {
            Expr::Array(items) => {
                let items = items
                    .iter()
                    .map(|item| self.literal_value(*item, nulled, found).unwrap_or_default())
                    .collect::<Vec<_>>();
                return Some(Value::from(items));
            }
            Expr::Object(fields) => {
                let members = fields.iter().map(|(key, value)| {
                    (key.clone(), self.literal_value(*value, nulled, found).unwrap_or_default())
                });
                return Some(Value::from(members.collect::<alloy_value::Object>()));
            }
            Expr::Unary { operand, .. } => self.is_scalar(*operand),
            Expr::Binary { left, right, .. } => self.is_scalar(*left) && self.is_scalar(*right),
            Expr::HugeFloat(_) => true,
            _ => self.is_scalar(id),
        };
        if !is_computed {
            return None;
        }
        match self.evaluate(id) {
            Ok(value) => Some(value),
            Err(fault) => {
                nulled.push(id);
                found.push((id, Finding::fault(fault)));
                Some(Value::Null)
            }
        }
    }

    fn is_scalar(&self, id: ExprId) -> bool {
        matches!(
            self.hir.expr(id),
            Expr::Null
                | Expr::Bool(_)
                | Expr::Int(_)
                | Expr::Uint(_)
                | Expr::Float(_)
                | Expr::String(_)
        )
    }

    fn evaluate(&self, id: ExprId) -> Result<Value, Fault> {
        Evaluator::new(self.hir, &Nothing).evaluate(id).map_err(|mut fault| {
            if let Expr::Binary { .. } = self.hir.expr(id) {
                fault.subject = Subject::Expr(id);
            }
            // The static form of the message has no expression text in front.
            fault.decorated = false;
            if let Some(rest) = fault.message.strip_prefix("should be ") {
                fault.message = format!("expected {rest}");
            }
            if fault.subject == Subject::Nowhere {
                fault.subject = Subject::Expr(id);
            }
            fault
        })
    }

    /// A body with the attribute at the current path and what decoding must find to get there.
    fn probe(&self, value: &Value) -> EvaluatedBody {
        let (Some((_, around)), Some(Statement::Attribute { name, .. })) =
            (self.path.split_last(), self.hir.statement(&self.path))
        else {
            return EvaluatedBody::default();
        };
        let attribute = BodyEntry::Attribute { name: name.as_str().into(), value: value.clone() };
        self.within(around, EvaluatedBody { entries: vec![attribute] })
    }

    /// A body that holds nothing but another one, in the blocks that `path` leads through. Labels
    /// are not checked here, so they are put right.
    fn within(&self, mut path: &[u32], mut body: EvaluatedBody) -> EvaluatedBody {
        while let Some(Statement::Block(block)) = self.hir.statement(path) {
            let probed = self.blocks.get(path.len() - 1);
            let entry = BodyEntry::Block(EvaluatedBlock {
                name: block.name.as_str().into(),
                label: probed.is_some_and(|p| p.takes_label).then(|| "label".into()),
                body,
            });
            body = EvaluatedBody { entries: vec![entry; probed.map_or(1, |p| p.times)] };
            path = &path[..path.len() - 1];
        }
        body
    }

    fn unknown_block(&mut self, schema: &StructSchema, name: &str) {
        let message = format!("unrecognized block name {}", quote(name));
        let finding = self.finding(codes::UNKNOWN_BLOCK, Part::Whole, message);
        let subject = Subject::Statement(self.path.as_slice().into(), Part::Name);
        let names = names(schema, FieldKind::Block);
        let plain = format!("{} has no block {}", self.owner(), quote(name));
        self.findings.push(finding.with_help(|help| {
            help.plain = Some(plain);
            help.suggest(name, names.iter().map(String::as_str), subject, str::to_owned);
        }));
    }

    /// The block around the statement at the current path, or the body itself, in words.
    fn owner(&self) -> String {
        let outer = match self.hir.statement(&self.path) {
            // Within a statement that is a body itself, or at one that is none.
            Some(Statement::Block(block)) if self.blocks.len() == self.path.len() => {
                return quote(&block.name);
            }
            _ => self.path.split_last().map(|(_, outer)| outer).unwrap_or_default(),
        };
        match self.hir.statement(outer) {
            Some(Statement::Block(block)) => quote(&block.name),
            _ if self.hir.name.is_empty() => "this".to_owned(),
            _ => quote(&self.hir.name),
        }
    }

    /// Reports every occurrence of a block, for people only those behind the first.
    fn repeated_block(&mut self, message: String, statements: &[Statement], at: usize, name: &str) {
        let is = |s: &Statement| matches!(s, Statement::Block(block) if block.name == name);
        match statements[..at].iter().position(is) {
            Some(first) => self.repeated(message, first),
            None => {
                let finding = self.finding(codes::REPEATED, Part::Whole, message);
                self.findings.push(finding.with_help(|help| help.follows = true));
            }
        }
    }

    /// Reports the statement at the current path, which repeats number `first` of its body.
    fn repeated(&mut self, message: String, first: usize) {
        let mut path = self.path.clone();
        path.pop();
        path.push(first as u32);
        let finding = self.finding(codes::REPEATED, Part::Whole, message);
        self.findings.push(finding.with_help(|help| {
            help.related.push(Elsewhere {
                block: None,
                subject: Subject::Statement(path.into(), Part::Name),
                message: "it is there already".to_owned(),
            });
        }));
    }

    fn block_for_attribute(&mut self, message: String, ty: &TypeSchema, block: &NestedBlock) {
        let finding = self.finding(codes::ATTRIBUTE_OR_BLOCK, Part::Whole, message);
        let takes_object =
            matches!(ty, TypeSchema::Map(_) | TypeSchema::Struct(_) | TypeSchema::Any);
        let change = Change::BlockToAttribute(self.path.as_slice().into());
        let plain = format!("{} is an attribute, not a block", quote(&block.name));
        self.findings.push(finding.with_help(|help| {
            help.plain = Some(plain);
            if takes_object && block.label.is_none() {
                help.fix("write it as an attribute", Applicability::Safe, change);
            }
        }));
    }

    fn finding(&self, code: &'static str, part: Part, message: String) -> Finding {
        let subject = Subject::Statement(self.path.as_slice().into(), part);
        Finding::error(subject, message).with_code(code)
    }

    fn error(&mut self, code: &'static str, part: Part, message: String) {
        let finding = self.finding(code, part, message);
        self.findings.push(finding);
    }
}

/// What is wrong with a value, in words that users know.
fn worded(code: &str, wanted: &TypeSchema, found: &Value) -> Option<String> {
    let text = match found {
        Value::String(text) => quote(&text.to_lossy()),
        _ => String::new(),
    };
    match (code, wanted) {
        (codes::TYPE_MISMATCH, _) => {
            Some(format!("expected {}, found {}", type_words(wanted), value_words(found)))
        }
        (codes::INVALID_ENUM_VALUE, _) => Some(format!("{text} is none of the allowed values")),
        (codes::MALFORMED_TEXT, TypeSchema::Duration) => Some(format!("{text} is no duration")),
        _ => None,
    }
}

/// Names the values that an attribute allows.
fn suggest_value(help: &mut Help, text: &Str, values: &[&'static str], literal: ExprId) {
    let text = text.to_lossy();
    help.suggest(&text, values.iter().copied(), Subject::Expr(literal), quote);
    let all: Vec<String> = values.iter().map(|value| quote(value)).collect();
    help.notes.push(format!("allowed are {}", all.join(", ")));
}

/// The value with as many elements as lists of a fixed length want: lengths are not checked here.
/// Neither are objects that become targets. `exact` becomes false if the value is another one then.
fn fitted(value: Value, ty: &TypeSchema, exact: &mut bool) -> Value {
    match (value, ty) {
        (value, TypeSchema::Optional(inner)) => fitted(value, inner, exact),
        (Value::Array(items), TypeSchema::FixedList(inner, len)) => {
            *exact &= items.len() == *len;
            let mut items: Vec<_> = items.iter().map(|v| fitted(v.clone(), inner, exact)).collect();
            items.resize(*len, Value::Null);
            Value::from(items)
        }
        (Value::Array(items), TypeSchema::List(inner)) => {
            Value::Array(items.iter().map(|v| fitted(v.clone(), inner, exact)).collect())
        }
        (Value::Object(object), TypeSchema::Map(_) | TypeSchema::Struct(_)) => {
            let member_type = |name: &str| match ty {
                TypeSchema::Map(inner) => Some(*inner),
                TypeSchema::Struct(schema) => schema().find(name).map(|found| &found.field.ty),
                _ => None,
            };
            let mut object = std::sync::Arc::unwrap_or_clone(object);
            for (name, member) in &mut object.members {
                if let Some(ty) = member_type(&name.to_lossy()) {
                    *member = fitted(std::mem::take(member), ty, exact);
                }
            }
            Value::from(object)
        }
        // What converts to a capsule takes any members: they are looked at when it is evaluated.
        (Value::Object(object), TypeSchema::Capsule(_)) => {
            *exact &= object.members.is_empty();
            Value::from(Object::default())
        }
        (value, _) => value,
    }
}

/// The scope of literals.
pub(crate) struct Nothing;

impl Scope for Nothing {
    fn variable(&self, _: &str) -> Option<Value> {
        None
    }

    fn env(&self, _: &str) -> Value {
        Value::Null
    }

    fn constants(&self) -> Value {
        Value::Null
    }
}
