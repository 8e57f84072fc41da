//! A configuration as lints look at it: blocks with their definitions and the references between
//! them.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_queries::Source;
use alloy_syntax::ast::{self, AccessExpr, Body, Expr, Statement};
use alloy_syntax::{Diagnostic, LineIndex, Span, SyntaxKind, SyntaxNode, TextRange, parse_file};
use alloy_value::{Definition, Field, FieldKind, Lookup, Registry, StructSchema};

use crate::selection::severity;

/// A file of the configuration.
pub(crate) struct File<'s> {
    pub(crate) name: &'s Arc<str>,
    pub(crate) text: &'s str,
    pub(crate) lines: LineIndex,
    /// True if it has no syntax errors.
    pub(crate) is_ok: bool,
}

/// A block that can be referred to, or one that stands beside those.
pub(crate) struct Node {
    pub(crate) file: usize,
    pub(crate) block: ast::Block,
    pub(crate) name: String,
    pub(crate) label: String,
    /// The module that it stands in.
    pub(crate) scope: usize,
    /// What it is, if this version knows its arguments.
    pub(crate) definition: Option<&'static Definition>,
}

impl Node {
    /// Name and label.
    pub(crate) fn id(&self) -> String {
        match self.label.is_empty() {
            true => self.name.clone(),
            false => format!("{}.{}", self.name, self.label),
        }
    }

    pub(crate) fn schema(&self) -> Option<&'static StructSchema> {
        let (schema, _) = self.definition?.args?;
        Some(schema())
    }

    pub(crate) fn exports(&self) -> Option<&'static StructSchema> {
        self.definition?.exports.map(|schema| schema())
    }
}

/// What contains blocks.
struct Scope {
    parent: Option<usize>,
    blocks: BTreeMap<String, usize>,
}

/// A configuration.
pub(crate) struct Model<'s> {
    pub(crate) files: Vec<File<'s>>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) references: Vec<Reference>,
    scopes: Vec<Scope>,
}

/// A dotted name in an expression.
pub(crate) struct Reference {
    /// The block in which it stands.
    pub(crate) from: usize,
    /// The block that it names.
    pub(crate) target: usize,
}

/// A statement of a body with its field.
pub(crate) enum Argument {
    Attribute {
        /// The struct that the body is, through which defaults are found.
        owner: &'static StructSchema,
        field: &'static Field,
        attribute: ast::Attribute,
        /// True if the defaults of the struct hold here.
        own_defaults: bool,
    },
    Block {
        field: &'static Field,
        block: ast::Block,
    },
}

/// Block names whose body is a module or part of one.
fn opens_scope(name: &str) -> bool {
    matches!(name, "declare" | "foreach" | "template")
}

impl<'s> Model<'s> {
    pub(crate) fn new(registry: &'static Registry, sources: &'s [Source]) -> Self {
        let mut model = Self {
            files: Vec::new(),
            nodes: Vec::new(),
            references: Vec::new(),
            scopes: vec![Scope { parent: None, blocks: BTreeMap::new() }],
        };
        for (index, source) in sources.iter().enumerate() {
            let parse = parse_file(&source.text);
            let (body, is_ok) = (parse.file().body(), parse.is_ok());
            let lines = LineIndex::new(&source.text);
            model.files.push(File { name: &source.name, text: &source.text, lines, is_ok });
            model.add(registry, index, 0, &body);
        }
        for from in 0..model.nodes.len() {
            model.refer(from);
        }
        model
    }

    fn add(&mut self, registry: &'static Registry, file: usize, scope: usize, body: &Body) {
        for block in body.blocks() {
            let (name, label) = (block.name(), block.label());
            let definition = match registry.lookup(&name) {
                Lookup::Known(definition) => Some(definition),
                _ => None,
            };
            let inner = block.body();
            let opens = opens_scope(&name);
            let node = Node { file, block, name, label, scope, definition };
            if let Some(scope) = self.scopes.get_mut(scope) {
                scope.blocks.entry(node.id()).or_insert(self.nodes.len());
            }
            self.nodes.push(node);
            if let (true, Some(inner)) = (opens, inner) {
                self.scopes.push(Scope { parent: Some(scope), blocks: BTreeMap::new() });
                self.add(registry, file, self.scopes.len() - 1, &inner);
            }
        }
    }

    /// Collects the references of a block; those inside of a module belong to the blocks there.
    fn refer(&mut self, from: usize) {
        let Some(node) = self.nodes.get(from) else { return };
        let Some(body) = node.block.body() else { return };
        let scope = node.scope;
        let mut found = Vec::new();
        if opens_scope(&node.name) {
            for attribute in body.attributes() {
                collect(attribute.syntax(), &mut found);
            }
        } else {
            collect(body.syntax(), &mut found);
        }
        for path in found {
            if let Some(target) = self.resolve(scope, &path) {
                self.references.push(Reference { from, target });
            }
        }
    }

    /// The block whose name `path` starts with, in the scope or one around it.
    fn resolve(&self, scope: usize, path: &[String]) -> Option<usize> {
        let mut scope = Some(scope);
        while let Some(index) = scope {
            let here = self.scopes.get(index)?;
            let mut id = String::new();
            for (count, part) in path.iter().enumerate() {
                if count > 0 {
                    id.push('.');
                }
                id.push_str(part);
                // A block without a label is no value.
                if let (true, Some(node)) = (count > 0, here.blocks.get(&id)) {
                    return Some(*node);
                }
            }
            scope = here.parent;
        }
        None
    }

    /// A finding at a place of a file, with the severity of its rule.
    pub(crate) fn finding(
        &self,
        node: usize,
        range: TextRange,
        code: &'static str,
        message: impl Into<String>,
    ) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(Span::range(range), message).with_code(code);
        diagnostic.severity = severity(code);
        let Some(node) = self.nodes.get(node) else { return diagnostic };
        diagnostic = diagnostic.with_component(node.id());
        match self.files.get(node.file) {
            Some(file) => diagnostic.resolve(Some(file.name), &file.lines),
            None => diagnostic,
        }
    }

    /// The text of a file.
    pub(crate) fn text(&self, node: &Node) -> &'s str {
        self.files.get(node.file).map_or("", |file| file.text)
    }

    /// All statements of a block that its schema knows, at any depth.
    pub(crate) fn arguments(&self, node: &Node) -> Vec<Argument> {
        let mut found = Vec::new();
        if let (Some(schema), Some(body)) = (node.schema(), node.block.body()) {
            arguments(schema, &body, true, &mut found);
        }
        found
    }
}

fn arguments(
    schema: &'static StructSchema,
    body: &Body,
    own_defaults: bool,
    found: &mut Vec<Argument>,
) {
    if schema.open {
        return;
    }
    for statement in body.statements() {
        match statement {
            Statement::Attribute(attribute) => {
                let Some(name) = attribute.name() else { continue };
                let Some(named) = schema.find(name.text()) else { continue };
                if named.field.kind == FieldKind::Attribute {
                    let (owner, field) = (schema, named.field);
                    found.push(Argument::Attribute { owner, field, attribute, own_defaults });
                }
            }
            Statement::Block(block) => {
                let Some(named) = schema.find(&block.name()) else { continue };
                let field = named.member.unwrap_or(named.field);
                if let (Some(inner), Some(body)) = (named.body(), block.body()) {
                    arguments(inner, &body, inner.own_defaults, found);
                }
                found.push(Argument::Block { field, block });
            }
        }
    }
}

/// The dotted names below a tree, each as a whole.
fn collect(tree: &SyntaxNode, found: &mut Vec<Vec<String>>) {
    for node in tree.descendants() {
        let is_part = node.parent().is_some_and(|p| p.kind() == SyntaxKind::AccessExpr);
        if is_part {
            continue;
        }
        if let Some(expr @ (Expr::Access(_) | Expr::Ident(_))) = Expr::cast(node) {
            found.extend(path(expr));
        }
    }
}

fn path(expr: Expr) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut at = Some(expr);
    while let Some(expr) = at {
        let name = match &expr {
            Expr::Access(access) => {
                at = AccessExpr::base(access);
                access.name()?
            }
            Expr::Ident(ident) => {
                at = None;
                ident.name()?
            }
            _ => return None,
        };
        parts.push(name.text().to_owned());
    }
    parts.reverse();
    Some(parts)
}

/// An expression without the parentheses around it.
pub(crate) fn bare(expr: Expr) -> Expr {
    match expr {
        Expr::Paren(ref paren) => match paren.inner() {
            Some(inner) => bare(inner),
            None => expr,
        },
        expr => expr,
    }
}

/// The text of a string literal.
pub(crate) fn string(expr: &Expr) -> Option<String> {
    let Expr::Literal(literal) = expr else { return None };
    String::from_utf8(literal.string()?).ok()
}
