//! Typed view of the trees.
//!
//! Ranges of nodes are exact: from the first byte of the first token to the last byte of the last
//! one, without blanks and comments around them (spec/language.md §3.2; ranges are half open).

use std::borrow::Cow;

use rowan::TextRange;

use crate::literal::{self, Number};
use crate::parser::cut_quotes;
use crate::{SyntaxKind, SyntaxNode, SyntaxToken};

use SyntaxKind as K;

macro_rules! node {
    ($(#[$doc:meta])* $name:ident = $kind:pat) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(SyntaxNode);

        impl $name {
            /// This node as that kind, if it is one.
            pub fn cast(node: SyntaxNode) -> Option<Self> {
                matches!(node.kind(), $kind).then_some(Self(node))
            }

            /// The untyped node.
            pub fn syntax(&self) -> &SyntaxNode {
                &self.0
            }

            /// Its place in the parsed text.
            pub fn range(&self) -> TextRange {
                self.0.text_range()
            }
        }
    };
}

node! {
    /// A file, or an item of one.
    File = K::SourceFile
}
node! {
    /// Statements: of a file, or between the braces of a block.
    Body = K::SourceFile | K::BlockBody
}
node! {
    /// `name = value`
    Attribute = K::Attribute
}
node! {
    /// `name "label" { … }`
    Block = K::Block
}
node! {
    /// A literal.
    LiteralExpr = K::LiteralExpr
}
node! {
    /// A name as a value.
    IdentExpr = K::IdentExpr
}
node! {
    /// `(inner)`
    ParenExpr = K::ParenExpr
}
node! {
    /// `[a, b]`
    ArrayExpr = K::ArrayExpr
}
node! {
    /// `{key = value}`
    ObjectExpr = K::ObjectExpr
}
node! {
    /// One field of an object.
    Field = K::Field
}
node! {
    /// `value.name`
    AccessExpr = K::AccessExpr
}
node! {
    /// `value[index]`
    IndexExpr = K::IndexExpr
}
node! {
    /// `callee(args)`
    CallExpr = K::CallExpr
}
node! {
    /// `!value` or `-value`
    UnaryExpr = K::UnaryExpr
}
node! {
    /// `left op right`
    BinaryExpr = K::BinaryExpr
}
node! {
    /// Where an expression should be. Appears only in texts with errors.
    ErrorExpr = K::Error
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Statement {
    /// `name = value`
    Attribute(Attribute),
    /// `name "label" { … }`
    Block(Block),
}

impl Statement {
    /// This node as a statement, if it is one.
    pub fn cast(node: SyntaxNode) -> Option<Statement> {
        match node.kind() {
            K::Attribute => Some(Statement::Attribute(Attribute(node))),
            K::Block => Some(Statement::Block(Block(node))),
            _ => None,
        }
    }

    /// The untyped node.
    pub fn syntax(&self) -> &SyntaxNode {
        match self {
            Statement::Attribute(attribute) => attribute.syntax(),
            Statement::Block(block) => block.syntax(),
        }
    }

    /// Its place in the parsed text.
    pub fn range(&self) -> TextRange {
        self.syntax().text_range()
    }
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expr {
    /// A literal.
    Literal(LiteralExpr),
    /// A name.
    Ident(IdentExpr),
    /// `(inner)`
    Paren(ParenExpr),
    /// `[a, b]`
    Array(ArrayExpr),
    /// `{key = value}`
    Object(ObjectExpr),
    /// `value.name`
    Access(AccessExpr),
    /// `value[index]`
    Index(IndexExpr),
    /// `callee(args)`
    Call(CallExpr),
    /// `!value`, `-value`
    Unary(UnaryExpr),
    /// `left op right`
    Binary(BinaryExpr),
    /// Could not be parsed.
    Error(ErrorExpr),
}

impl Expr {
    /// This node as an expression, if it is one.
    pub fn cast(node: SyntaxNode) -> Option<Expr> {
        Some(match node.kind() {
            K::LiteralExpr => Expr::Literal(LiteralExpr(node)),
            K::IdentExpr => Expr::Ident(IdentExpr(node)),
            K::ParenExpr => Expr::Paren(ParenExpr(node)),
            K::ArrayExpr => Expr::Array(ArrayExpr(node)),
            K::ObjectExpr => Expr::Object(ObjectExpr(node)),
            K::AccessExpr => Expr::Access(AccessExpr(node)),
            K::IndexExpr => Expr::Index(IndexExpr(node)),
            K::CallExpr => Expr::Call(CallExpr(node)),
            K::UnaryExpr => Expr::Unary(UnaryExpr(node)),
            K::BinaryExpr => Expr::Binary(BinaryExpr(node)),
            K::Error => Expr::Error(ErrorExpr(node)),
            _ => return None,
        })
    }

    /// The untyped node.
    pub fn syntax(&self) -> &SyntaxNode {
        match self {
            Expr::Literal(expr) => expr.syntax(),
            Expr::Ident(expr) => expr.syntax(),
            Expr::Paren(expr) => expr.syntax(),
            Expr::Array(expr) => expr.syntax(),
            Expr::Object(expr) => expr.syntax(),
            Expr::Access(expr) => expr.syntax(),
            Expr::Index(expr) => expr.syntax(),
            Expr::Call(expr) => expr.syntax(),
            Expr::Unary(expr) => expr.syntax(),
            Expr::Binary(expr) => expr.syntax(),
            Expr::Error(expr) => expr.syntax(),
        }
    }

    /// Its place in the parsed text.
    pub fn range(&self) -> TextRange {
        self.syntax().text_range()
    }
}

fn tokens(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> + use<> {
    node.children_with_tokens().filter_map(rowan::NodeOrToken::into_token)
}

fn token(node: &SyntaxNode, kind: K) -> Option<SyntaxToken> {
    tokens(node).find(|token| token.kind() == kind)
}

fn exprs(node: &SyntaxNode) -> impl Iterator<Item = Expr> + use<> {
    node.children().filter_map(Expr::cast)
}

fn expr(node: &SyntaxNode, index: usize) -> Option<Expr> {
    exprs(node).nth(index)
}

impl File {
    pub(crate) fn of_root(root: SyntaxNode) -> File {
        File(root)
    }

    /// The statements of the file.
    pub fn body(&self) -> Body {
        Body(self.0.clone())
    }
}

impl Body {
    /// Attributes and blocks in source order.
    pub fn statements(&self) -> impl Iterator<Item = Statement> + use<> {
        self.0.children().filter_map(Statement::cast)
    }

    /// Attributes in source order.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute> + use<> {
        self.0.children().filter_map(Attribute::cast)
    }

    /// Blocks in source order.
    pub fn blocks(&self) -> impl Iterator<Item = Block> + use<> {
        self.0.children().filter_map(Block::cast)
    }
}

impl Attribute {
    /// The name. In well-formed text there is exactly one.
    pub fn name(&self) -> Option<SyntaxToken> {
        token(&self.0, K::Ident)
    }

    /// The value.
    pub fn value(&self) -> Option<Expr> {
        expr(&self.0, 0)
    }
}

impl Block {
    /// The parts of the dotted name.
    pub fn name_parts(&self) -> impl Iterator<Item = SyntaxToken> + use<> {
        tokens(&self.0).filter(|token| token.kind() == K::Ident)
    }

    /// The name, parts joined by dots.
    pub fn name(&self) -> String {
        let mut name = String::new();
        for part in self.name_parts() {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(part.text());
        }
        name
    }

    /// From the first to the last part of the name.
    pub fn name_range(&self) -> TextRange {
        let mut parts = self.name_parts();
        let Some(first) = parts.next() else { return self.range() };
        let last = parts.last().unwrap_or_else(|| first.clone());
        first.text_range().cover(last.text_range())
    }

    /// The label with its quotes; also an empty one.
    pub fn label_token(&self) -> Option<SyntaxToken> {
        token(&self.0, K::Str)
    }

    /// The label; empty text if there is none. Escapes mean nothing in labels.
    pub fn label(&self) -> String {
        self.label_token().map(|token| cut_quotes(token.text()).to_owned()).unwrap_or_default()
    }

    /// What stands between the braces.
    pub fn body(&self) -> Option<Body> {
        self.0.children().find_map(Body::cast)
    }

    /// From the name to the opening brace.
    pub fn header_range(&self) -> TextRange {
        let brace = self.body().and_then(|body| token(&body.0, K::LCurly));
        match brace {
            Some(brace) => TextRange::new(self.range().start(), brace.text_range().end()),
            None => self.range(),
        }
    }
}

/// The classes of literals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LiteralKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool,
    /// Digits only.
    Number,
    /// With fraction or exponent.
    Float,
    /// Quoted or raw.
    String,
}

impl LiteralExpr {
    /// The literal's token.
    pub fn token(&self) -> Option<SyntaxToken> {
        self.0.first_token()
    }

    /// Which class of literal.
    pub fn kind(&self) -> LiteralKind {
        match self.token().map(|token| token.kind()) {
            Some(K::Bool) => LiteralKind::Bool,
            Some(K::Number) => LiteralKind::Number,
            Some(K::Float) => LiteralKind::Float,
            Some(K::Str) => LiteralKind::String,
            _ => LiteralKind::Null,
        }
    }

    /// Source text.
    pub fn text(&self) -> String {
        self.token().map(|token| token.text().to_owned()).unwrap_or_default()
    }

    /// The value of a string literal.
    pub fn string(&self) -> Option<Vec<u8>> {
        let token = self.token().filter(|token| token.kind() == K::Str)?;
        Some(literal::unescape(token.text()).into_owned())
    }

    /// The value of a number literal; `None` also if it is out of range.
    pub fn number(&self) -> Option<Number> {
        literal::parse_number(self.token()?.text())
    }

    /// The value of a boolean literal.
    pub fn bool(&self) -> Option<bool> {
        let token = self.token().filter(|token| token.kind() == K::Bool)?;
        Some(token.text() == "true")
    }
}

impl IdentExpr {
    /// The name.
    pub fn name(&self) -> Option<SyntaxToken> {
        token(&self.0, K::Ident)
    }
}

impl ParenExpr {
    /// What stands between the parentheses.
    pub fn inner(&self) -> Option<Expr> {
        expr(&self.0, 0)
    }
}

impl ArrayExpr {
    /// Elements in source order.
    pub fn elements(&self) -> impl Iterator<Item = Expr> + use<> {
        exprs(&self.0)
    }
}

impl ObjectExpr {
    /// Fields in source order, duplicates included.
    pub fn fields(&self) -> impl Iterator<Item = Field> + use<> {
        self.0.children().filter_map(Field::cast)
    }
}

impl Field {
    /// The key: a name or a string with its quotes.
    pub fn key_token(&self) -> Option<SyntaxToken> {
        tokens(&self.0)
            .take_while(|token| token.kind() != K::Assign)
            .find(|token| matches!(token.kind(), K::Ident | K::Str))
    }

    /// The key as it names the field: the text between the quotes, escapes included. The empty
    /// key keeps its quotes (spec/language.md §3.1).
    pub fn key(&self) -> String {
        self.key_token().map(|token| field_key(token.text()).into_owned()).unwrap_or_default()
    }

    /// The value.
    pub fn value(&self) -> Option<Expr> {
        expr(&self.0, 0)
    }
}

/// The key of a field from its source.
pub(crate) fn field_key(source: &str) -> Cow<'_, str> {
    let quoted = source.starts_with(['"', '`']);
    if !quoted || source.len() <= 2 {
        return Cow::Borrowed(source);
    }
    Cow::Borrowed(cut_quotes(source))
}

impl AccessExpr {
    /// What the name is looked up in.
    pub fn base(&self) -> Option<Expr> {
        expr(&self.0, 0)
    }

    /// The name behind the dot.
    pub fn name(&self) -> Option<SyntaxToken> {
        token(&self.0, K::Ident)
    }
}

impl IndexExpr {
    /// What is indexed.
    pub fn base(&self) -> Option<Expr> {
        expr(&self.0, 0)
    }

    /// What stands between the brackets.
    pub fn index(&self) -> Option<Expr> {
        expr(&self.0, 1)
    }
}

impl CallExpr {
    /// What is called.
    pub fn callee(&self) -> Option<Expr> {
        expr(&self.0, 0)
    }

    /// Arguments in source order.
    pub fn args(&self) -> impl Iterator<Item = Expr> + use<> {
        let list = self.0.children().find(|node| node.kind() == K::ArgList);
        list.into_iter().flat_map(|list| exprs(&list))
    }
}

impl UnaryExpr {
    /// [`SyntaxKind::Not`] or [`SyntaxKind::Minus`].
    pub fn operator(&self) -> Option<SyntaxToken> {
        self.0.first_token()
    }

    /// What it applies to.
    pub fn operand(&self) -> Option<Expr> {
        expr(&self.0, 0)
    }
}

impl BinaryExpr {
    /// The operator.
    pub fn operator(&self) -> Option<SyntaxToken> {
        tokens(&self.0).find(|token| !token.kind().is_trivia())
    }

    /// Left operand.
    pub fn left(&self) -> Option<Expr> {
        expr(&self.0, 0)
    }

    /// Right operand.
    pub fn right(&self) -> Option<Expr> {
        expr(&self.0, 1)
    }
}
