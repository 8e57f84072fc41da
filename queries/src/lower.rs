//! Syntax trees into [`BlockHir`], with and without positions.

use alloy_syntax::{Number, SyntaxKind as K, SyntaxNode, SyntaxToken};
use alloy_value::Str;
use smol_str::SmolStr;
use std::sync::Arc;

use crate::fault::Span;
use crate::hir::{
    BinaryOp, BlockEntry, BlockHir, Expr, ExprId, ItemHir, NestedBlock, SourceMap, Statement,
    StatementSpan, UnaryOp,
};

/// Lowers the tree of one item. The maps belong to the blocks of the result, one each; an item that
/// is no block has one.
pub(crate) fn lower_item(root: &SyntaxNode) -> (ItemHir, Vec<SourceMap>) {
    let Some(node) = root.children().find(|n| matches!(n.kind(), K::Block | K::Attribute)) else {
        return (ItemHir::Empty, vec![SourceMap::default()]);
    };
    if node.kind() == K::Attribute {
        let mut lower = Lower::default();
        let (statement, span) = lower.attribute(&node);
        let name = match statement {
            Statement::Attribute { name, .. } => name,
            Statement::Block(block) => block.name,
        };
        return (ItemHir::Attribute(name), vec![lower.finish(span).1]);
    }
    let mut table = Table::default();
    table.add(&node, 0);
    (ItemHir::Blocks(table.entries.into()), table.maps)
}

/// The blocks of one item.
#[derive(Default)]
struct Table {
    entries: Vec<BlockEntry>,
    maps: Vec<SourceMap>,
}

impl Table {
    /// Adds a block and, behind it, those of its module. The depth is bounded by the parser.
    fn add(&mut self, node: &SyntaxNode, parent: u32) {
        let mut lower = Lower::default();
        let (block, span) = lower.block(node, Body::Outermost);
        let members = std::mem::take(&mut lower.members_of_module);
        let (exprs, map) = lower.finish(span);
        let NestedBlock { name, label, statements } = block;
        let at = self.entries.len() as u32;
        self.entries.push(BlockEntry {
            hir: Arc::new(BlockHir { name, label, statements, exprs }),
            parent,
        });
        self.maps.push(map);
        for member in members {
            self.add(&member, at);
        }
    }
}

/// Lowers the statements of a file into a block without a name.
pub(crate) fn lower_file(root: &SyntaxNode) -> (BlockHir, SourceMap) {
    let mut lower = Lower::default();
    let is_statement = |node: &SyntaxNode| matches!(node.kind(), K::Block | K::Attribute);
    let lowered = |node| lower.statement(&node, Body::Nested);
    let (statements, nested): (Vec<_>, Vec<_>) =
        root.children().filter(is_statement).map(lowered).unzip();
    let whole = node_span(root);
    let start = Span { start: whole.start, end: whole.start };
    let (exprs, map) =
        lower.finish(StatementSpan { whole, name: start, header: start, nested: nested.into() });
    let name = SmolStr::default();
    (BlockHir { name, label: None, statements: statements.into(), exprs }, map)
}

/// Lowers a stand-alone expression into a block with one attribute called `expr`.
pub(crate) fn lower_expr(root: &SyntaxNode) -> (BlockHir, SourceMap, ExprId) {
    let mut lower = Lower::default();
    let value = match root.children().find(|node| is_expr(node.kind())) {
        Some(node) => lower.expr(&node),
        None => lower.push(Expr::Missing, Span::default()),
    };
    let (exprs, map) = lower.finish(StatementSpan::default());
    let statements = Box::new([Statement::Attribute { name: "expr".into(), value }]);
    (BlockHir { name: SmolStr::default(), label: None, statements, exprs }, map, value)
}

#[derive(Default)]
struct Lower {
    exprs: Vec<Expr>,
    spans: Vec<Span>,
    members: Vec<(ExprId, Span)>,
    keys: Vec<(ExprId, Span)>,
    /// Blocks that belong to the module in this block instead of to the block.
    members_of_module: Vec<SyntaxNode>,
}

/// Where a body stands, which decides whether its blocks are those of a module.
#[derive(Clone, Copy, PartialEq)]
enum Body {
    /// Of a block of a module.
    Outermost,
    /// Directly in a `foreach`.
    InForeach,
    Nested,
}

impl Lower {
    fn finish(self, root: StatementSpan) -> (Box<[Expr]>, SourceMap) {
        let map = SourceMap {
            exprs: self.spans.into(),
            members: self.members.into(),
            keys: self.keys.into(),
            root,
        };
        (self.exprs.into(), map)
    }

    fn statement(&mut self, node: &SyntaxNode, body: Body) -> (Statement, StatementSpan) {
        if node.kind() == K::Block {
            let (block, span) = self.block(node, body);
            (Statement::Block(block), span)
        } else {
            self.attribute(node)
        }
    }

    fn attribute(&mut self, node: &SyntaxNode) -> (Statement, StatementSpan) {
        let name = token(node, |kind| kind == K::Ident);
        let value = self.child(node, 0);
        let name_span = name.as_ref().map(token_span).unwrap_or_default();
        let end = self.spans[value.index()].end.max(name_span.end);
        let span = StatementSpan {
            whole: Span { start: name_span.start, end },
            name: name_span,
            header: name_span,
            nested: Box::default(),
        };
        let name = name.map(|name| SmolStr::new(name.text())).unwrap_or_default();
        (Statement::Attribute { name, value }, span)
    }

    fn block(&mut self, node: &SyntaxNode, body: Body) -> (NestedBlock, StatementSpan) {
        let mut name = String::new();
        let mut name_span: Option<Span> = None;
        let mut label = None;
        for token in tokens(node) {
            let span = token_span(&token);
            match token.kind() {
                K::Ident | K::Dot => {
                    name.push_str(token.text());
                    let start = name_span.map_or(span.start, |name| name.start);
                    name_span = Some(Span { start, end: span.end });
                }
                K::Str => {
                    let text = token.text().trim_matches('"');
                    label = (!text.is_empty()).then(|| SmolStr::new(text));
                }
                _ => {}
            }
        }
        let name_span = name_span.unwrap_or_default();
        let mut statements = Vec::new();
        let mut nested = Vec::new();
        let mut open = name_span;
        let mut end = name_span.end;
        let is_module = match body {
            Body::Outermost => name == "declare",
            Body::InForeach => name == "template",
            Body::Nested => false,
        };
        let inside = match (body, name.as_str()) {
            (Body::Outermost, "foreach") => Body::InForeach,
            _ => Body::Nested,
        };
        if let Some(body) = node.children().find(|child| child.kind() == K::BlockBody) {
            for token in tokens(&body) {
                match token.kind() {
                    K::LCurly => open = token_span(&token),
                    K::RCurly => end = token_span(&token).end,
                    _ => {}
                }
            }
            for child in body.children() {
                if is_module && child.kind() == K::Block {
                    self.members_of_module.push(child);
                } else if matches!(child.kind(), K::Block | K::Attribute) {
                    let (statement, span) = self.statement(&child, inside);
                    statements.push(statement);
                    nested.push(span);
                }
            }
        }
        let span = StatementSpan {
            whole: Span { start: name_span.start, end: end.max(open.end) },
            name: name_span,
            header: Span { start: name_span.start, end: open.end },
            nested: nested.into(),
        };
        let block = NestedBlock { name: name.into(), label, statements: statements.into() };
        (block, span)
    }

    /// Lowers expression number `n` among the children of `node`.
    fn child(&mut self, node: &SyntaxNode, n: usize) -> ExprId {
        match node.children().filter(|child| is_expr(child.kind())).nth(n) {
            Some(child) => self.expr(&child),
            None => {
                let end = node_span(node).end;
                self.push(Expr::Missing, Span { start: end, end })
            }
        }
    }

    fn children(&mut self, node: &SyntaxNode) -> Box<[ExprId]> {
        node.children().filter(|n| is_expr(n.kind())).map(|n| self.expr(&n)).collect()
    }

    fn expr(&mut self, node: &SyntaxNode) -> ExprId {
        let span = node_span(node);
        let expr = match node.kind() {
            K::LiteralExpr => literal(node),
            K::IdentExpr => Expr::Ident(first_ident(node)),
            K::ParenExpr => Expr::Paren(self.child(node, 0)),
            K::ArrayExpr => Expr::Array(self.children(node)),
            K::ObjectExpr => self.object(node),
            K::AccessExpr => {
                let base = self.child(node, 0);
                let member = last_token(node, K::Ident);
                let id = self.push(
                    Expr::Access {
                        base,
                        member: member.as_ref().map(|m| m.text().into()).unwrap_or_default(),
                    },
                    span,
                );
                self.members.push((id, member.as_ref().map_or(span, token_span)));
                return id;
            }
            K::IndexExpr => Expr::Index { base: self.child(node, 0), index: self.child(node, 1) },
            K::CallExpr => {
                let callee = self.child(node, 0);
                let args = match node.children().find(|child| child.kind() == K::ArgList) {
                    Some(list) => self.children(&list),
                    None => Box::default(),
                };
                Expr::Call { callee, args }
            }
            K::UnaryExpr => {
                let not = token(node, |kind| matches!(kind, K::Not | K::Minus))
                    .is_some_and(|token| token.kind() == K::Not);
                let op = if not { UnaryOp::Not } else { UnaryOp::Negate };
                Expr::Unary { op, operand: self.child(node, 0) }
            }
            K::BinaryExpr => self.binary(node),
            _ => Expr::Missing,
        };
        self.push(expr, span)
    }

    fn object(&mut self, node: &SyntaxNode) -> Expr {
        let mut fields = Vec::new();
        for field in node.children().filter(|child| child.kind() == K::Field) {
            let Some(key) = token(&field, |kind| matches!(kind, K::Ident | K::Str)) else {
                continue;
            };
            let value = self.child(&field, 0);
            self.keys.push((value, token_span(&key)));
            fields.push((object_key(&key), value));
        }
        self.keys.sort_by_key(|(id, _)| *id);
        Expr::Object(fields.into())
    }

    fn binary(&mut self, node: &SyntaxNode) -> Expr {
        let op = tokens(node).find_map(|token| binary_op(token.kind()));
        let left = self.child(node, 0);
        let right = self.child(node, 1);
        match op {
            Some(op) => Expr::Binary { op, left, right },
            None => Expr::Missing,
        }
    }

    fn push(&mut self, expr: Expr, span: Span) -> ExprId {
        let id = ExprId(self.exprs.len() as u32);
        self.exprs.push(expr);
        self.spans.push(span);
        id
    }
}

fn is_expr(kind: K) -> bool {
    matches!(
        kind,
        K::LiteralExpr
            | K::IdentExpr
            | K::ParenExpr
            | K::ArrayExpr
            | K::ObjectExpr
            | K::AccessExpr
            | K::IndexExpr
            | K::CallExpr
            | K::UnaryExpr
            | K::BinaryExpr
            | K::Error
    )
}

fn binary_op(kind: K) -> Option<BinaryOp> {
    Some(match kind {
        K::OrOr => BinaryOp::Or,
        K::AndAnd => BinaryOp::And,
        K::EqEq => BinaryOp::Eq,
        K::NotEq => BinaryOp::Ne,
        K::Lt => BinaryOp::Lt,
        K::LtEq => BinaryOp::Le,
        K::Gt => BinaryOp::Gt,
        K::GtEq => BinaryOp::Ge,
        K::Plus => BinaryOp::Add,
        K::Minus => BinaryOp::Sub,
        K::Star => BinaryOp::Mul,
        K::Slash => BinaryOp::Div,
        K::Percent => BinaryOp::Rem,
        K::Caret => BinaryOp::Pow,
        _ => return None,
    })
}

fn literal(node: &SyntaxNode) -> Expr {
    let Some(token) = token(node, |kind| !kind.is_trivia()) else { return Expr::Missing };
    let text = token.text();
    match token.kind() {
        K::Null => Expr::Null,
        K::Bool => Expr::Bool(text == "true"),
        K::Number | K::Float => number(text),
        K::Str => Expr::String(Str::from(&*alloy_syntax::unescape(text))),
        _ => Expr::Missing,
    }
}

fn number(text: &str) -> Expr {
    match alloy_syntax::parse_number(text) {
        Some(Number::Int(value)) => Expr::Int(value),
        Some(Number::Uint(value)) => Expr::Uint(value),
        Some(Number::Float(value)) => Expr::Float(value),
        None => Expr::HugeFloat(text.into()),
    }
}

/// Object keys are the text between the quotes, escapes and all; `""` keeps its quotes.
fn object_key(token: &SyntaxToken) -> Str {
    let text = token.text();
    if token.kind() == K::Ident || text == "\"\"" {
        return Str::from(text);
    }
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or(text);
    Str::from(inner)
}

fn tokens(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> + use<> {
    node.children_with_tokens().filter_map(|element| element.into_token())
}

fn token(node: &SyntaxNode, wanted: impl Fn(K) -> bool) -> Option<SyntaxToken> {
    tokens(node).find(|token| wanted(token.kind()))
}

fn last_token(node: &SyntaxNode, kind: K) -> Option<SyntaxToken> {
    tokens(node).filter(|token| token.kind() == kind).last()
}

fn first_ident(node: &SyntaxNode) -> SmolStr {
    token(node, |kind| kind == K::Ident).map(|t| SmolStr::new(t.text())).unwrap_or_default()
}

fn token_span(token: &SyntaxToken) -> Span {
    let range = token.text_range();
    Span { start: range.start().into(), end: range.end().into() }
}

fn node_span(node: &SyntaxNode) -> Span {
    let range = node.text_range();
    Span { start: range.start().into(), end: range.end().into() }
}
