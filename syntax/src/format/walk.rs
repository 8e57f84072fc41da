//! Writes the nodes of a tree through the printer (spec/language.md §12.2, §12.3, §12.6).

use rowan::TextSize;

use crate::ast::{self, Expr, Statement};
use crate::chars::quote;
use crate::format::printer::{Place, Printer, Space};
use crate::{LineIndex, SyntaxKind as K, SyntaxNode, SyntaxToken};

pub(crate) struct Walker<'a> {
    pub(crate) printer: Printer,
    pub(crate) lines: &'a LineIndex,
}

impl Walker<'_> {
    pub(crate) fn body(&mut self, body: &ast::Body) {
        let mut previous_end: Option<usize> = None;
        for statement in body.statements() {
            let (first, last) = self.line_span(statement.syntax());
            if let Some(end) = previous_end {
                let is_block = matches!(statement, Statement::Block(_));
                if is_block || first > end + 1 {
                    self.printer.space(Space::HardBreak);
                }
            }
            match &statement {
                Statement::Attribute(attribute) => self.attribute(attribute),
                Statement::Block(block) => self.block(block),
            }
            self.printer.space(if first == last { Space::Newline } else { Space::HardBreak });
            previous_end = Some(last);
        }
    }

    fn attribute(&mut self, attribute: &ast::Attribute) {
        if let Some(name) = attribute.name() {
            self.token(&name);
        }
        self.assign(attribute.syntax());
        if let Some(value) = attribute.value() {
            self.expr(&value);
        }
    }

    fn assign(&mut self, node: &SyntaxNode) {
        self.printer.space(Space::Column);
        self.attracting_token(node, K::Assign);
        self.printer.space(Space::Blank);
    }

    fn block(&mut self, block: &ast::Block) {
        for token in child_tokens(block.syntax()) {
            match token.kind() {
                K::Ident => self.token(&token),
                K::Dot => self.attract(&token),
                _ => {}
            }
        }
        self.printer.space(Space::Blank);
        if let Some(label) = block.label_token().filter(|token| token.text() != "\"\"") {
            self.token(&label);
            self.printer.space(Space::Blank);
        }
        let Some(body) = block.body() else { return };
        self.child_token(body.syntax(), K::LCurly);
        self.printer.space(Space::Indent);
        if body.statements().next().is_some() {
            self.printer.space(Space::HardBreak);
            self.body(&body);
        } else {
            self.printer.space(Space::Blank);
        }
        self.printer.space(Space::Unindent);
        self.child_token(body.syntax(), K::RCurly);
    }

    pub(crate) fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Literal(literal) => {
                if let Some(token) = literal.token() {
                    let place = self.place(token.text_range().start());
                    self.printer.literal_at(place, token.text());
                }
            }
            Expr::Ident(ident) => {
                if let Some(name) = ident.name() {
                    self.token(&name);
                }
            }
            Expr::Paren(paren) => {
                self.attracting_token(paren.syntax(), K::LParen);
                self.optional(paren.inner());
                self.attracting_token(paren.syntax(), K::RParen);
            }
            Expr::Array(array) => self.array(array),
            Expr::Object(object) => self.object(object),
            Expr::Access(access) => {
                let base = access.base();
                let after_number = base.as_ref().is_some_and(|base| {
                    base.syntax().last_token().is_some_and(|token| token.kind() == K::Number)
                });
                self.optional(base);
                if after_number {
                    // `1.a` would read as a float.
                    self.printer.space(Space::Blank);
                }
                self.attracting_token(access.syntax(), K::Dot);
                if let Some(name) = access.name() {
                    self.token(&name);
                }
            }
            Expr::Index(index) => {
                self.optional(index.base());
                self.child_token(index.syntax(), K::LBracket);
                self.optional(index.index());
                self.child_token(index.syntax(), K::RBracket);
            }
            Expr::Call(call) => self.call(call),
            Expr::Unary(unary) => {
                if let Some(operator) = unary.operator() {
                    self.token(&operator);
                }
                self.optional(unary.operand());
            }
            Expr::Binary(binary) => {
                self.optional(binary.left());
                self.printer.space(Space::Blank);
                if let Some(operator) = binary.operator() {
                    self.token(&operator);
                }
                self.printer.space(Space::Blank);
                self.optional(binary.right());
            }
            // Only trees without errors are formatted; an expression alone may still have some.
            Expr::Error(error) => {
                let place = self.place(error.range().start());
                self.printer.literal_at(place, &error.syntax().text().to_string());
            }
        }
    }

    fn optional(&mut self, expr: Option<Expr>) {
        if let Some(expr) = expr {
            self.expr(&expr);
        }
    }

    fn array(&mut self, array: &ast::ArrayExpr) {
        self.child_token(array.syntax(), K::LBracket);
        let close = self.child_line(array.syntax(), K::RBracket);
        let open = self.line(array.range().start());
        self.elements(array.elements(), open, close);
        self.child_token(array.syntax(), K::RBracket);
    }

    /// Ours: comments around the arguments stay where they are (spec/language.md §12.9, 3), and
    /// a call without arguments is `f()` (6).
    fn call(&mut self, call: &ast::CallExpr) {
        self.optional(call.callee());
        let Some(list) = call.syntax().children().find(|node| node.kind() == K::ArgList) else {
            return;
        };
        self.attracting_token(&list, K::LParen);
        let open = self.line(list.text_range().start());
        let close = self.child_line(&list, K::RParen);
        self.elements(call.args(), open, close);
        self.child_token(&list, K::RParen);
    }

    /// Expressions between brackets on the lines `open` and `close`. Each starts a line if it does
    /// so in the source.
    fn elements(&mut self, elements: impl Iterator<Item = Expr>, open: usize, close: usize) {
        let mut elements = elements.peekable();
        let mut previous_end = open;
        let mut any = false;
        while let Some(element) = elements.next() {
            let (first, last) = self.line_span(element.syntax());
            let on_new_line = first != previous_end;
            if on_new_line {
                self.printer.space(Space::Indent);
                self.printer.space(Space::HardBreak);
            } else if any {
                self.printer.space(Space::Blank);
            }
            self.expr(&element);
            if elements.peek().is_some() || close != last {
                self.printer.token(",");
            }
            if on_new_line {
                self.printer.space(Space::Unindent);
            }
            previous_end = last;
            any = true;
        }
        if any && close != previous_end {
            // Comments in front of the bracket belong to the elements.
            self.printer.space(Space::Indent);
            self.printer.space(Space::HardBreak);
            self.printer.space(Space::Unindent);
        }
    }

    fn object(&mut self, object: &ast::ObjectExpr) {
        self.child_token(object.syntax(), K::LCurly);
        self.printer.space(Space::Indent);
        let close = self.child_line(object.syntax(), K::RCurly);
        let mut previous_name = self.line(object.range().start());
        let mut previous_was_one_line = false;
        let mut any = false;
        let mut fields = object.fields().peekable();
        while let Some(field) = fields.next() {
            let Some(key) = field.key_token() else { continue };
            let line = self.line(key.text_range().start());
            if line != previous_name {
                let soft = any && previous_was_one_line;
                self.printer.space(if soft { Space::Newline } else { Space::HardBreak });
            } else if any {
                self.printer.space(Space::Blank);
            }
            self.printer.literal_at(self.place(key.text_range().start()), &key_text(key.text()));
            self.assign(field.syntax());
            if let Some(value) = field.value() {
                self.expr(&value);
                let (first, last) = self.line_span(value.syntax());
                previous_was_one_line = first == last;
            }
            previous_name = self.line(key.text_range().end());
            if fields.peek().is_some() || close != previous_name {
                self.printer.token(",");
            }
            any = true;
        }
        if any && close != previous_name {
            self.printer.space(Space::HardBreak);
        }
        self.printer.space(Space::Unindent);
        self.child_token(object.syntax(), K::RCurly);
    }

    fn token(&mut self, token: &SyntaxToken) {
        self.printer.token_at(self.place(token.text_range().start()), token.text());
    }

    /// Writes the direct token `kind` of a node, behind which block comments move.
    fn attracting_token(&mut self, node: &SyntaxNode, kind: K) {
        if let Some(token) = child_token(node, kind) {
            self.attract(&token);
        }
    }

    fn attract(&mut self, token: &SyntaxToken) {
        self.printer.attracting_token_at(self.place(token.text_range().start()), token.text());
    }

    /// Writes the direct token `kind` of a node.
    fn child_token(&mut self, node: &SyntaxNode, kind: K) {
        if let Some(token) = child_token(node, kind) {
            self.token(&token);
        }
    }

    fn child_line(&self, node: &SyntaxNode, kind: K) -> usize {
        let end = node.text_range().end();
        self.line(child_token(node, kind).map_or(end, |token| token.text_range().start()))
    }

    fn place(&self, at: TextSize) -> Place {
        Place { offset: usize::from(at), line: self.line(at) }
    }

    fn line(&self, at: TextSize) -> usize {
        self.lines.line_of(at.into())
    }

    /// First and last line of a node.
    fn line_span(&self, node: &SyntaxNode) -> (usize, usize) {
        let range = node.text_range();
        let last = u32::from(range.end()).saturating_sub(1);
        (self.line(range.start()), self.lines.line_of(last))
    }
}

fn child_tokens(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> + use<> {
    node.children_with_tokens().filter_map(rowan::NodeOrToken::into_token)
}

fn child_token(node: &SyntaxNode, kind: K) -> Option<SyntaxToken> {
    child_tokens(node).find(|token| token.kind() == kind)
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
