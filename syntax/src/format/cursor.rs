//! Trees without positions of their own, walked by reference: a node or token and where it starts.
//! Costs no allocation per node, unlike [`crate::SyntaxNode`].

use rowan::{GreenNodeData, GreenTokenData, Language as _, NodeOrToken};

use crate::SyntaxKind as K;
use crate::kind::Alloy;

/// A node.
#[derive(Clone, Copy)]
pub(crate) struct Node<'t> {
    green: &'t GreenNodeData,
    start: u32,
}

/// A token.
#[derive(Clone, Copy)]
pub(crate) struct Token<'t> {
    green: &'t GreenTokenData,
    pub(crate) start: u32,
}

impl<'t> Token<'t> {
    pub(crate) fn kind(self) -> K {
        Alloy::kind_from_raw(self.green.kind())
    }

    pub(crate) fn text(self) -> &'t str {
        self.green.text()
    }

    pub(crate) fn end(self) -> u32 {
        self.start + u32::from(self.green.text_len())
    }
}

impl<'t> Node<'t> {
    pub(crate) fn root(green: &'t GreenNodeData) -> Self {
        Self { green, start: 0 }
    }

    pub(crate) fn kind(self) -> K {
        Alloy::kind_from_raw(self.green.kind())
    }

    pub(crate) fn start(self) -> u32 {
        self.start
    }

    pub(crate) fn end(self) -> u32 {
        self.start + u32::from(self.green.text_len())
    }

    /// Nodes and tokens in source order, trivia included.
    pub(crate) fn children(self) -> impl Iterator<Item = NodeOrToken<Node<'t>, Token<'t>>> {
        let mut start = self.start;
        self.green.children().map(move |child| {
            let at = start;
            match child {
                NodeOrToken::Node(green) => {
                    start += u32::from(green.text_len());
                    NodeOrToken::Node(Node { green, start: at })
                }
                NodeOrToken::Token(green) => {
                    start += u32::from(green.text_len());
                    NodeOrToken::Token(Token { green, start: at })
                }
            }
        })
    }

    pub(crate) fn nodes(self) -> impl Iterator<Item = Node<'t>> {
        self.children().filter_map(NodeOrToken::into_node)
    }

    pub(crate) fn tokens(self) -> impl Iterator<Item = Token<'t>> {
        self.children().filter_map(NodeOrToken::into_token)
    }

    /// The first direct token of that kind.
    pub(crate) fn token(self, kind: K) -> Option<Token<'t>> {
        self.tokens().find(|token| token.kind() == kind)
    }

    /// Expressions among the direct nodes.
    pub(crate) fn exprs(self) -> impl Iterator<Item = Node<'t>> {
        self.nodes().filter(|node| is_expr(node.kind()))
    }

    /// The last token at any depth.
    pub(crate) fn last_token(self) -> Option<Token<'t>> {
        let mut node = self;
        loop {
            match node.children().last()? {
                NodeOrToken::Node(last) => node = last,
                NodeOrToken::Token(last) => return Some(last),
            }
        }
    }

    /// The text.
    pub(crate) fn text(self) -> String {
        self.green.to_string()
    }
}

pub(crate) fn is_expr(kind: K) -> bool {
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
