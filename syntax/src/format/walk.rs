//! Writes the nodes of a tree through the printer (spec/language.md §12.2, §12.3, §12.6).

use std::cell::Cell;

use rowan::NodeOrToken;

use crate::chars::quote;
use crate::format::cursor::{Node, Token, is_expr};
use crate::format::printer::{Place, Printer, Space};
use crate::{LineIndex, SyntaxKind as K};

/// Lines of offsets that mostly rise.
pub(crate) struct Lines<'a> {
    index: &'a LineIndex,
    last: Cell<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(index: &'a LineIndex) -> Self {
        Self { index, last: Cell::new(0) }
    }

    pub(crate) fn line_of(&self, offset: u32) -> usize {
        let line = self.index.line_near(offset, self.last.get());
        self.last.set(line);
        line
    }
}

pub(crate) struct Walker<'a> {
    pub(crate) printer: Printer,
    pub(crate) lines: Lines<'a>,
}

impl Walker<'_> {
    /// Statements of a file or of the body of a block.
    pub(crate) fn body(&mut self, body: Node<'_>) {
        let mut previous_end: Option<usize> = None;
        for statement in body.nodes() {
            let kind = statement.kind();
            if !matches!(kind, K::Attribute | K::Block) {
                continue;
            }
            let (first, last) = self.line_span(statement);
            if let Some(end) = previous_end
                && (kind == K::Block || first > end + 1)
            {
                self.printer.space(Space::HardBreak);
            }
            match kind {
                K::Block => self.block(statement),
                _ => self.attribute(statement),
            }
            self.printer.space(if first == last { Space::Newline } else { Space::HardBreak });
            previous_end = Some(last);
        }
    }

    fn attribute(&mut self, attribute: Node<'_>) {
        for child in attribute.children() {
            match child {
                NodeOrToken::Token(token) if token.kind() == K::Ident => self.token(token),
                NodeOrToken::Token(token) if token.kind() == K::Assign => self.assign(token),
                NodeOrToken::Node(node) => self.expr(node),
                NodeOrToken::Token(_) => {}
            }
        }
    }

    fn assign(&mut self, sign: Token<'_>) {
        self.printer.space(Space::Column);
        self.attract(sign);
        self.printer.space(Space::Blank);
    }

    fn block(&mut self, block: Node<'_>) {
        let mut named = false;
        for child in block.children() {
            match child {
                NodeOrToken::Token(token) => match token.kind() {
                    K::Ident => self.token(token),
                    K::Dot => self.attract(token),
                    K::Str if token.text() != "\"\"" => {
                        named = true;
                        self.printer.space(Space::Blank);
                        self.token(token);
                        self.printer.space(Space::Blank);
                    }
                    _ => {}
                },
                NodeOrToken::Node(body) if body.kind() == K::BlockBody => {
                    if !named {
                        self.printer.space(Space::Blank);
                    }
                    self.block_body(body);
                }
                NodeOrToken::Node(_) => {}
            }
        }
    }

    fn block_body(&mut self, body: Node<'_>) {
        self.child_token(body, K::LCurly);
        self.printer.space(Space::Indent);
        if body.nodes().any(|node| matches!(node.kind(), K::Attribute | K::Block)) {
            self.printer.space(Space::HardBreak);
            self.body(body);
        } else {
            self.printer.space(Space::Blank);
        }
        self.printer.space(Space::Unindent);
        self.child_token(body, K::RCurly);
    }

    pub(crate) fn expr(&mut self, expr: Node<'_>) {
        match expr.kind() {
            K::LiteralExpr => {
                if let Some(token) = expr.tokens().next() {
                    self.printer.literal_at(self.place(token.start), token.text());
                }
            }
            K::IdentExpr => self.child_token(expr, K::Ident),
            K::ParenExpr => self.each(expr, |walker, token| match token.kind() {
                K::LParen | K::RParen => walker.attract(token),
                _ => {}
            }),
            K::ArrayExpr => self.array(expr),
            K::ObjectExpr => self.object(expr),
            K::AccessExpr => self.access(expr),
            K::IndexExpr => self.each(expr, |walker, token| match token.kind() {
                K::LBracket | K::RBracket => walker.token(token),
                _ => {}
            }),
            K::CallExpr => self.call(expr),
            K::UnaryExpr => self.each(expr, |walker, token| match token.kind() {
                K::Not | K::Minus => walker.token(token),
                _ => {}
            }),
            K::BinaryExpr => self.each(expr, |walker, token| {
                if !token.kind().is_trivia() {
                    walker.printer.space(Space::Blank);
                    walker.token(token);
                    walker.printer.space(Space::Blank);
                }
            }),
            // Only trees without errors are formatted; an expression alone may still have some.
            _ => self.printer.literal_at(self.place(expr.start()), &expr.text()),
        }
    }

    /// The direct tokens and expressions of a node in source order.
    fn each(&mut self, node: Node<'_>, token: impl Fn(&mut Self, Token<'_>)) {
        for child in node.children() {
            match child {
                NodeOrToken::Token(found) => token(self, found),
                NodeOrToken::Node(node) if is_expr(node.kind()) => self.expr(node),
                NodeOrToken::Node(_) => {}
            }
        }
    }

    fn access(&mut self, access: Node<'_>) {
        let base = access.exprs().next();
        if let Some(base) = base {
            self.expr(base);
        }
        if base.and_then(Node::last_token).is_some_and(|token| token.kind() == K::Number) {
            // `1.a` would read as a float.
            self.printer.space(Space::Blank);
        }
        if let Some(dot) = access.token(K::Dot) {
            self.attract(dot);
        }
        self.child_token(access, K::Ident);
    }

    fn array(&mut self, array: Node<'_>) {
        self.child_token(array, K::LBracket);
        self.elements(array, K::RBracket);
        self.child_token(array, K::RBracket);
    }

    /// Ours: comments around the arguments stay where they are (spec/language.md §12.9, 3), and
    /// a call without arguments is `f()` (6).
    fn call(&mut self, call: Node<'_>) {
        if let Some(callee) = call.exprs().next() {
            self.expr(callee);
        }
        let Some(list) = call.nodes().find(|node| node.kind() == K::ArgList) else { return };
        if let Some(open) = list.token(K::LParen) {
            self.attract(open);
        }
        self.elements(list, K::RParen);
        self.child_token(list, K::RParen);
    }

    /// Expressions between brackets, the last of which is `close`. Each starts a line if it does so
    /// in the source.
    fn elements(&mut self, list: Node<'_>, close: K) {
        let open = self.line(list.start());
        let mut elements = list.exprs().peekable();
        if elements.peek().is_none() {
            return;
        }
        let close = self.child_line(list, close);
        let mut previous_end = open;
        let mut any = false;
        while let Some(element) = elements.next() {
            let (first, last) = self.line_span(element);
            let on_new_line = first != previous_end;
            if on_new_line {
                self.printer.space(Space::Indent);
                self.printer.space(Space::HardBreak);
            } else if any {
                self.printer.space(Space::Blank);
            }
            self.expr(element);
            if elements.peek().is_some() || close != last {
                self.printer.token(",");
            }
            if on_new_line {
                self.printer.space(Space::Unindent);
            }
            previous_end = last;
            any = true;
        }
        if close != previous_end {
            // Comments in front of the bracket belong to the elements.
            self.printer.space(Space::Indent);
            self.printer.space(Space::HardBreak);
            self.printer.space(Space::Unindent);
        }
    }

    fn object(&mut self, object: Node<'_>) {
        self.child_token(object, K::LCurly);
        self.printer.space(Space::Indent);
        let close = self.child_line(object, K::RCurly);
        let mut previous_name = self.line(object.start());
        let mut previous_was_one_line = false;
        let mut any = false;
        let mut fields = object.nodes().filter(|node| node.kind() == K::Field).peekable();
        while let Some(field) = fields.next() {
            let Some(key) = key_token(field) else { continue };
            let line = self.line(key.start);
            if line != previous_name {
                let soft = any && previous_was_one_line;
                self.printer.space(if soft { Space::Newline } else { Space::HardBreak });
            } else if any {
                self.printer.space(Space::Blank);
            }
            match key.text().starts_with('`') {
                true => self.printer.literal_at(self.place(key.start), &key_text(key.text())),
                false => self.printer.literal_at(self.place(key.start), key.text()),
            }
            if let Some(sign) = field.token(K::Assign) {
                self.assign(sign);
            }
            if let Some(value) = field.exprs().next() {
                self.expr(value);
                let (first, last) = self.line_span(value);
                previous_was_one_line = first == last;
            }
            previous_name = self.line(key.end());
            if fields.peek().is_some() || close != previous_name {
                self.printer.token(",");
            }
            any = true;
        }
        if any && close != previous_name {
            self.printer.space(Space::HardBreak);
        }
        self.printer.space(Space::Unindent);
        self.child_token(object, K::RCurly);
    }

    fn token(&mut self, token: Token<'_>) {
        self.printer.token_at(self.place(token.start), token.text());
    }

    /// Writes a token behind which block comments move.
    fn attract(&mut self, token: Token<'_>) {
        self.printer.attracting_token_at(self.place(token.start), token.text());
    }

    /// Writes the direct token `kind` of a node.
    fn child_token(&mut self, node: Node<'_>, kind: K) {
        if let Some(token) = node.token(kind) {
            self.token(token);
        }
    }

    fn child_line(&self, node: Node<'_>, kind: K) -> usize {
        self.line(node.token(kind).map_or(node.end(), |token| token.start))
    }

    fn place(&self, at: u32) -> Place {
        Place { offset: at as usize, line: self.line(at) }
    }

    fn line(&self, at: u32) -> usize {
        self.lines.line_of(at)
    }

    /// First and last line of a node.
    fn line_span(&self, node: Node<'_>) -> (usize, usize) {
        (self.line(node.start()), self.line(node.end().saturating_sub(1)))
    }
}

/// The key of a field: the name or string in front of its sign.
fn key_token(field: Node<'_>) -> Option<Token<'_>> {
    field
        .tokens()
        .take_while(|token| token.kind() != K::Assign)
        .find(|token| matches!(token.kind(), K::Ident | K::Str))
}

/// A key as it is written: raw strings become quoted ones if their text stays the same that way,
/// because escapes mean nothing in keys. Ours: the key never changes (spec/language.md §12.9, 2).
fn key_text(source: &str) -> String {
    if source.len() > 2 && source.starts_with('`') {
        let text = source.get(1..source.len() - 1).unwrap_or_default();
        let quoted = quote(text);
        if quoted.get(1..quoted.len() - 1) == Some(text) {
            return quoted;
        }
    }
    source.to_owned()
}
