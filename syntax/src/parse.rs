//! The results of parsing.

use std::sync::Arc;

use rowan::GreenNode;

use crate::{Diagnostic, SyntaxNode, ast, lexer, parser};

/// A tree and what was wrong with the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parse {
    green: GreenNode,
    diagnostics: Arc<[Diagnostic]>,
}

impl Parse {
    fn new((green, diagnostics): (GreenNode, Vec<Diagnostic>)) -> Parse {
        Parse { green, diagnostics: diagnostics.into() }
    }

    /// The tree, shareable between threads.
    pub fn green(&self) -> &GreenNode {
        &self.green
    }

    /// The root of the tree, with positions.
    pub fn syntax(&self) -> SyntaxNode {
        SyntaxNode::new_root(self.green.clone())
    }

    /// The root as a file. For the tree of an expression it has no statements.
    pub fn file(&self) -> ast::File {
        ast::File::of_root(self.syntax())
    }

    /// The expression of [`parse_expr`].
    pub fn expr(&self) -> Option<ast::Expr> {
        self.syntax().children().find_map(ast::Expr::cast)
    }

    /// What was wrong, in order, with byte offsets in the parsed text. Empty means that the text
    /// is well-formed.
    pub fn diagnostics(&self) -> &Arc<[Diagnostic]> {
        &self.diagnostics
    }

    /// True if nothing was wrong.
    pub fn is_ok(&self) -> bool {
        self.diagnostics.is_empty()
    }
}

/// Parses a whole file.
pub fn parse_file(text: &str) -> Parse {
    Parse::new(parser::parse_file(text, &[]))
}

/// Parses one item of [`crate::split`]; offsets are relative to the item. If the items of a file
/// are well-formed, so is the file, and the other way round.
pub fn parse_item(text: &str) -> Parse {
    parse_file(text)
}

/// Parses a whole file of unknown encoding. Bytes that are not UTF-8 are reported and appear as
/// NUL in the tree, so that offsets stay what they are.
pub fn parse_bytes(bytes: &[u8]) -> Parse {
    let (text, invalid) = lexer::decode_bytes(bytes);
    Parse::new(parser::parse_file(&text, &invalid))
}

/// Parses a single expression.
pub fn parse_expr(text: &str) -> Parse {
    Parse::new(parser::parse_expr(text))
}
