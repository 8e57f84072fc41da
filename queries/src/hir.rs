//! Position-free form of a block: what evaluation and checks read.
//!
//! Two texts that differ only in layout or comments lower to equal values, so everything computed
//! from them is reused. Expressions live in one arena per block; an [`ExprId`] is an index into it
//! and, in the [`SourceMap`] of the same text, the way back to a position.

use smol_str::SmolStr;

use alloy_value::{Str, Value};

use crate::fault::Span;

/// An expression of one [`BlockHir`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ExprId(pub(crate) u32);

impl ExprId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

impl Expr {
    /// The value of a literal.
    pub(crate) fn literal(&self) -> Option<Value> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Uint(value) => Value::Uint(*value),
            Self::Float(value) => Value::Float(*value),
            Self::String(value) => Value::String(value.clone()),
            _ => return None,
        })
    }
}

/// Operator with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnaryOp {
    Not,
    Negate,
}

/// Operator with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOp {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    Pow,
}

impl BinaryOp {
    /// Its spelling.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Rem => "%",
            Self::Pow => "^",
        }
    }
}

/// An expression. Literals are parsed; parentheses stay because messages show them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expr {
    /// Where the parser found no expression. Never evaluated: such text is rejected before.
    Missing,
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    /// A float literal out of range, with its text.
    HugeFloat(SmolStr),
    String(Str),
    Array(Box<[ExprId]>),
    Object(Box<[(Str, ExprId)]>),
    Ident(SmolStr),
    Access {
        base: ExprId,
        member: SmolStr,
    },
    Index {
        base: ExprId,
        index: ExprId,
    },
    Call {
        callee: ExprId,
        args: Box<[ExprId]>,
    },
    Unary {
        op: UnaryOp,
        operand: ExprId,
    },
    Binary {
        op: BinaryOp,
        left: ExprId,
        right: ExprId,
    },
    Paren(ExprId),
}

/// One statement of a body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Statement {
    Attribute { name: SmolStr, value: ExprId },
    Block(NestedBlock),
}

/// A block inside of a block.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NestedBlock {
    pub(crate) name: SmolStr,
    pub(crate) label: Option<SmolStr>,
    pub(crate) statements: Box<[Statement]>,
}

/// A top-level block.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct BlockHir {
    pub(crate) name: SmolStr,
    pub(crate) label: Option<SmolStr>,
    pub(crate) statements: Box<[Statement]>,
    pub(crate) exprs: Box<[Expr]>,
}

impl BlockHir {
    pub(crate) fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.index()]
    }

    /// The statement that `path`, indices from the outermost body inwards, leads to.
    pub(crate) fn statement(&self, path: &[u32]) -> Option<&Statement> {
        let (last, outer) = path.split_last()?;
        let mut statements = &self.statements;
        for &index in outer {
            match statements.get(index as usize)? {
                Statement::Block(block) => statements = &block.statements,
                Statement::Attribute { .. } => return None,
            }
        }
        statements.get(*last as usize)
    }

    /// What an attribute of the outermost body is written as, without parentheses.
    pub(crate) fn attribute(&self, wanted: &str) -> Option<&Expr> {
        self.statements.iter().find_map(|statement| match statement {
            Statement::Attribute { name, value } if name == wanted => {
                Some(self.expr(self.strip_parens(*value)))
            }
            _ => None,
        })
    }

    /// `id` without the parentheses around it.
    pub(crate) fn strip_parens(&self, mut id: ExprId) -> ExprId {
        while let Expr::Paren(inner) = self.expr(id) {
            id = *inner;
        }
        id
    }

    /// True if the expression `id` contains one of `wanted`.
    pub(crate) fn contains(&self, id: ExprId, wanted: &[ExprId]) -> bool {
        let inside = |id: &ExprId| self.contains(*id, wanted);
        wanted.contains(&id)
            || match self.expr(id) {
                Expr::Array(items) => items.iter().any(inside),
                Expr::Object(fields) => fields.iter().any(|(_, value)| inside(value)),
                Expr::Access { base, .. } => inside(base),
                Expr::Index { base, index } => inside(base) || inside(index),
                Expr::Call { callee, args } => inside(callee) || args.iter().any(inside),
                Expr::Unary { operand, .. } => inside(operand),
                Expr::Binary { left, right, .. } => inside(left) || inside(right),
                Expr::Paren(inner) => inside(inner),
                _ => false,
            }
    }

    /// True if the expression `id` is a literal, or an array or object of such.
    pub(crate) fn is_literal(&self, id: ExprId) -> bool {
        match self.expr(id) {
            Expr::Array(items) => items.iter().all(|item| self.is_literal(*item)),
            Expr::Object(fields) => fields.iter().all(|(_, value)| self.is_literal(*value)),
            expr => expr.literal().is_some(),
        }
    }
}

/// True for blocks whose body is, or holds, the blocks of another module.
pub(crate) fn opens_module(name: &str) -> bool {
    matches!(name, "declare" | "foreach" | "template")
}

/// The id of a block: its name, and its label if it has one.
pub(crate) fn block_id(name: &str, label: Option<&str>) -> String {
    match label {
        Some(label) => format!("{name}.{label}"),
        None => name.to_owned(),
    }
}

/// What one item of a file lowers to.
#[derive(Debug, PartialEq)]
pub(crate) enum ItemHir {
    /// White space and comments.
    Empty,
    /// `name = value` at file level, which is an error.
    Attribute(SmolStr),
    /// The block first, then the blocks of the modules in it, each before its own.
    Blocks(Box<[BlockEntry]>),
}

impl ItemHir {
    /// The blocks directly in the module that the block at `parent` holds, with their positions in
    /// the table.
    pub(crate) fn children(&self, parent: u32) -> impl Iterator<Item = (u32, &BlockEntry)> {
        let entries: &[BlockEntry] = match self {
            Self::Blocks(entries) => entries,
            _ => &[],
        };
        let entries = (0_u32..).zip(entries);
        entries.skip(parent as usize + 1).filter(move |(_, entry)| entry.parent == parent)
    }
}

/// A block whose references are resolved on its own.
#[derive(Debug, PartialEq)]
pub(crate) struct BlockEntry {
    pub(crate) hir: std::sync::Arc<BlockHir>,
    /// Position of the `declare` or `foreach` that it belongs to; its own for the item's block.
    pub(crate) parent: u32,
}

/// Positions of everything in an item, relative to its start.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct SourceMap {
    /// By [`ExprId`].
    pub(crate) exprs: Box<[Span]>,
    /// Names after the dot, by the [`ExprId`] of the access expression; sorted.
    pub(crate) members: Box<[(ExprId, Span)]>,
    /// Keys of object fields, by the [`ExprId`] of the value; sorted.
    pub(crate) keys: Box<[(ExprId, Span)]>,
    /// The block or attribute itself.
    pub(crate) root: StatementSpan,
}

/// Positions of a statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StatementSpan {
    /// First to last byte.
    pub(crate) whole: Span,
    /// The name.
    pub(crate) name: Span,
    /// Name start to the opening brace; for attributes the name.
    pub(crate) header: Span,
    /// Statements of the body.
    pub(crate) nested: Box<[StatementSpan]>,
}

impl SourceMap {
    pub(crate) fn expr(&self, id: ExprId) -> Span {
        self.exprs.get(id.index()).copied().unwrap_or_default()
    }

    pub(crate) fn member(&self, access: ExprId) -> Span {
        find(&self.members, access).unwrap_or_else(|| self.expr(access))
    }

    /// From the key to the end of the value.
    pub(crate) fn field(&self, value: ExprId) -> Span {
        let end = self.expr(value);
        find(&self.keys, value).map_or(end, |key| Span { start: key.start, end: end.end })
    }

    pub(crate) fn statement(&self, path: &[u32]) -> &StatementSpan {
        let mut span = &self.root;
        for &index in path {
            match span.nested.get(index as usize) {
                Some(nested) => span = nested,
                None => break,
            }
        }
        span
    }
}

fn find(spans: &[(ExprId, Span)], id: ExprId) -> Option<Span> {
    spans.binary_search_by_key(&id, |(id, _)| *id).ok().map(|at| spans[at].1)
}
