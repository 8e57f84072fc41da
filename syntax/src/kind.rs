//! Kinds of tokens and nodes.

/// Kind of a token or node of a syntax tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum SyntaxKind {
    // Trivia.
    /// Blanks, carriage returns and line feeds between tokens.
    Whitespace,
    /// `// …` or `/* … */`.
    Comment,
    /// Byte order mark at the very start of a file.
    Bom,
    // Tokens.
    /// A name.
    Ident,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
    /// Decimal digits.
    Number,
    /// A number with fraction or exponent.
    Float,
    /// A quoted or raw string, terminated or not.
    Str,
    /// Text that is no token.
    Illegal,
    /// `||`
    OrOr,
    /// `&&`
    AndAnd,
    /// `!`
    Not,
    /// `=`
    Assign,
    /// `==`
    EqEq,
    /// `!=`
    NotEq,
    /// `<`
    Lt,
    /// `<=`
    LtEq,
    /// `>`
    Gt,
    /// `>=`
    GtEq,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `%`
    Percent,
    /// `^`
    Caret,
    /// `{`
    LCurly,
    /// `}`
    RCurly,
    /// `(`
    LParen,
    /// `)`
    RParen,
    /// `[`
    LBracket,
    /// `]`
    RBracket,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// End of a statement. Has no text: the line feed behind it is [`SyntaxKind::Whitespace`].
    Terminator,
    /// End of the text. Has no text and never appears in a tree.
    Eof,
    // Nodes.
    /// Root of a file or of an item.
    SourceFile,
    /// Root of a stand-alone expression.
    ExprRoot,
    /// `name = value`
    Attribute,
    /// `name "label" { … }`
    Block,
    /// `{ … }` of a block.
    BlockBody,
    /// A literal.
    LiteralExpr,
    /// A single name.
    IdentExpr,
    /// `( … )`
    ParenExpr,
    /// `[ … ]`
    ArrayExpr,
    /// `{ … }` as a value.
    ObjectExpr,
    /// `key = value` of an object.
    Field,
    /// `value.name`
    AccessExpr,
    /// `value[index]`
    IndexExpr,
    /// `callee(args)`
    CallExpr,
    /// `( … )` of a call.
    ArgList,
    /// `!value`, `-value`
    UnaryExpr,
    /// `left op right`
    BinaryExpr,
    /// Text that could not be parsed.
    Error,
}

use SyntaxKind as K;

const ALL: &[SyntaxKind] = &[
    K::Whitespace,
    K::Comment,
    K::Bom,
    K::Ident,
    K::Bool,
    K::Null,
    K::Number,
    K::Float,
    K::Str,
    K::Illegal,
    K::OrOr,
    K::AndAnd,
    K::Not,
    K::Assign,
    K::EqEq,
    K::NotEq,
    K::Lt,
    K::LtEq,
    K::Gt,
    K::GtEq,
    K::Plus,
    K::Minus,
    K::Star,
    K::Slash,
    K::Percent,
    K::Caret,
    K::LCurly,
    K::RCurly,
    K::LParen,
    K::RParen,
    K::LBracket,
    K::RBracket,
    K::Comma,
    K::Dot,
    K::Terminator,
    K::Eof,
    K::SourceFile,
    K::ExprRoot,
    K::Attribute,
    K::Block,
    K::BlockBody,
    K::LiteralExpr,
    K::IdentExpr,
    K::ParenExpr,
    K::ArrayExpr,
    K::ObjectExpr,
    K::Field,
    K::AccessExpr,
    K::IndexExpr,
    K::CallExpr,
    K::ArgList,
    K::UnaryExpr,
    K::BinaryExpr,
    K::Error,
];

impl SyntaxKind {
    /// White space, comments and the byte order mark: they belong to no rule of the grammar.
    pub fn is_trivia(self) -> bool {
        matches!(self, K::Whitespace | K::Comment | K::Bom)
    }

    /// Name in messages: upper-case word for token classes, source text for operators.
    pub fn name(self) -> &'static str {
        match self {
            K::Whitespace => "WHITESPACE",
            K::Comment => "COMMENT",
            K::Bom => "BOM",
            K::Ident => "IDENT",
            K::Bool => "BOOL",
            K::Null => "NULL",
            K::Number => "NUMBER",
            K::Float => "FLOAT",
            K::Str => "STRING",
            K::Illegal => "ILLEGAL",
            K::OrOr => "||",
            K::AndAnd => "&&",
            K::Not => "!",
            K::Assign => "=",
            K::EqEq => "==",
            K::NotEq => "!=",
            K::Lt => "<",
            K::LtEq => "<=",
            K::Gt => ">",
            K::GtEq => ">=",
            K::Plus => "+",
            K::Minus => "-",
            K::Star => "*",
            K::Slash => "/",
            K::Percent => "%",
            K::Caret => "^",
            K::LCurly => "{",
            K::RCurly => "}",
            K::LParen => "(",
            K::RParen => ")",
            K::LBracket => "[",
            K::RBracket => "]",
            K::Comma => ",",
            K::Dot => ".",
            K::Terminator => "TERMINATOR",
            K::Eof => "EOF",
            _ => "NODE",
        }
    }
}

/// The language tag of the trees of this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Alloy {}

impl rowan::Language for Alloy {
    type Kind = SyntaxKind;

    fn kind_from_raw(raw: rowan::SyntaxKind) -> SyntaxKind {
        ALL.get(usize::from(raw.0)).copied().unwrap_or(K::Error)
    }

    fn kind_to_raw(kind: SyntaxKind) -> rowan::SyntaxKind {
        rowan::SyntaxKind(kind as u16)
    }
}

/// A node of a syntax tree, with its position.
pub type SyntaxNode = rowan::SyntaxNode<Alloy>;
/// A token of a syntax tree, with its position.
pub type SyntaxToken = rowan::SyntaxToken<Alloy>;
/// A node or a token.
pub type SyntaxElement = rowan::SyntaxElement<Alloy>;

#[cfg(test)]
mod tests {
    use super::*;
    use rowan::Language as _;

    #[test]
    fn raw_kinds_round_trip() {
        for &kind in ALL {
            assert_eq!(Alloy::kind_from_raw(Alloy::kind_to_raw(kind)), kind);
        }
    }
}
