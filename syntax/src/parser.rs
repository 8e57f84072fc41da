//! Builds syntax trees, whatever the text.
//!
//! # Invariants
//! - The text of the tree is the text that was parsed.
//! - No tree is deeper than [`MAX_DEPTH`] constructs; what is nested deeper becomes one error node
//!   up to the matching bracket.
//! - Messages, their positions and the skipping after them follow spec/language.md §3.3. Broken text
//!   is read a second time for its tree, with guesses about where statements end: half-typed ones
//!   leave their neighbours intact.
//!
//! Start reading at [`Parser::body`].

use rowan::{GreenNode, GreenNodeBuilder, Language as _, NodeCache};

use crate::cache::Cache;
use crate::chars::{is_identifier, quote, sanitize_identifier};
use crate::guide::{Guide, Open};
use crate::kind::Alloy;
use crate::lexer::{LexError, Lexer, MAX_ERRORS, Token};
use crate::{Applicability, Diagnostic, Edit, Fix, LineIndex, Related, Span, SyntaxKind};

use SyntaxKind as K;

/// How deep constructs may nest: blocks, brackets, unary operators, and the links of operator and
/// postfix chains.
pub const MAX_DEPTH: u32 = 256;

/// Code of the diagnostics of this module, labels excepted.
pub const SYNTAX: &str = "AL001";

/// Code of diagnostics about labels that are no labels.
pub const INVALID_LABEL: &str = "AL002";

pub(crate) fn parse_file(text: &str, invalid: &[u32]) -> (GreenNode, Vec<Diagnostic>) {
    let (green, diagnostics, _) = parse_counting(text, invalid);
    (green, diagnostics)
}

/// [`parse_file`], and how many steps that took.
pub(crate) fn parse_counting(text: &str, invalid: &[u32]) -> (GreenNode, Vec<Diagnostic>, u64) {
    let mut cache = Cache::take();
    let parsed = parse_with(text, invalid, &mut cache.nodes);
    cache.give_back(text);
    parsed
}

fn parse_with(
    text: &str,
    invalid: &[u32],
    cache: &mut NodeCache,
) -> (GreenNode, Vec<Diagnostic>, u64) {
    let mut parser = Parser::new(text, invalid, cache);
    parser.stops_building = true;
    parser.start(K::SourceFile);
    parser.body(K::Eof, Open::ROOT);
    let mut first = parser.finish_root();
    if let Some(green) = first.green
        && first.diagnostics.is_empty()
    {
        return (green, first.diagnostics, first.steps);
    }
    // What is reported is fixed; where statements end is ours to guess.
    let guide = Guide::new(text, &first.tokens);
    first.steps += first.tokens.len() as u64;
    guide.judge(&first.tokens, &mut first.diagnostics);
    let mut parser = Parser::with_tokens(text, first.tokens, Vec::new(), cache);
    parser.guide = Some(guide);
    parser.start(K::SourceFile);
    parser.body(K::Eof, Open::ROOT);
    let second = parser.finish_root();
    let steps = first.steps + second.steps;
    (second.tree(), first.diagnostics, steps)
}

pub(crate) fn parse_expr(text: &str) -> (GreenNode, Vec<Diagnostic>) {
    let mut cache = NodeCache::default();
    let mut parser = Parser::new(text, &[], &mut cache);
    parser.start(K::ExprRoot);
    parser.expr();
    parser.expect(K::Terminator);
    let mut root = parser.finish_root();
    let diagnostics = std::mem::take(&mut root.diagnostics);
    (root.tree(), diagnostics)
}

/// What a parser leaves behind.
struct Root {
    /// `None` if an error ended the building.
    green: Option<GreenNode>,
    diagnostics: Vec<Diagnostic>,
    tokens: Vec<Token>,
    steps: u64,
}

impl Root {
    fn tree(self) -> GreenNode {
        self.green.unwrap_or_else(|| GreenNode::new(raw(K::SourceFile), []))
    }
}

/// Skipped stretches of more tokens than this become one token each: nobody looks into them.
const LONGEST_SKIPPED: usize = 4096;

/// Longest piece of text that a message shows, in characters.
const LONGEST_SHOWN: usize = 30;

/// A place in the tree being built, around which a node can be put later.
type Checkpoint = rowan::Checkpoint;

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    /// Index of the current token; never trivia.
    at: usize,
    current: K,
    /// Tokens before this index are in the tree.
    built: usize,
    builder: GreenNodeBuilder<'a>,
    lex_errors: std::iter::Peekable<std::vec::IntoIter<LexError>>,
    diagnostics: Vec<Diagnostic>,
    lines: Option<LineIndex>,
    last_error_line: Option<usize>,
    depth: u32,
    /// Set while a broken text is read again for its tree.
    guide: Option<Guide>,
    /// The first error makes the tree useless.
    stops_building: bool,
    /// False once it is.
    builds: bool,
    /// Tokens and characters looked at.
    steps: u64,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, invalid: &[u32], cache: &'a mut NodeCache) -> Parser<'a> {
        let mut lexer = Lexer::with_invalid(text, invalid);
        let tokens = lexer.rest();
        let (lex_errors, steps) = lexer.end();
        Parser { steps, ..Parser::with_tokens(text, tokens, lex_errors, cache) }
    }

    fn with_tokens(
        text: &'a str,
        tokens: Vec<Token>,
        lex_errors: Vec<LexError>,
        cache: &'a mut NodeCache,
    ) -> Parser<'a> {
        let mut parser = Parser {
            text,
            tokens,
            at: 0,
            current: K::Eof,
            built: 0,
            builder: GreenNodeBuilder::with_cache(cache),
            lex_errors: lex_errors.into_iter().peekable(),
            diagnostics: Vec::new(),
            lines: None,
            last_error_line: None,
            depth: 0,
            guide: None,
            stops_building: false,
            builds: true,
            steps: 0,
        };
        parser.skip_trivia();
        parser
    }

    // Statements and expressions. Each function returns how many levels it built.

    /// Statements up to `end`, which is not consumed.
    fn body(&mut self, end: K, open: Open) -> u32 {
        let mut height = 0;
        while self.current != end && self.current != K::Eof && !self.is_outside(open) {
            height = height.max(self.statement());
            if self.current == end {
                break;
            }
            if self.current != K::Terminator {
                if self.starts_statement() {
                    continue;
                }
                self.error_expected("TERMINATOR");
                self.start(K::Error);
                self.skip_statement();
                self.finish();
                if self.starts_statement() {
                    continue;
                }
            }
            self.bump();
        }
        height
    }

    fn statement(&mut self) -> u32 {
        if self.current != K::Ident {
            self.error_expected("identifier");
            let guided = self.guide.is_some();
            if guided && self.current == K::RCurly {
                // At the end of the file's body: braces that close nothing.
                self.start(K::Error);
                self.skip_while(|parser| parser.current == K::RCurly);
                self.finish();
                return 1;
            }
            self.skip_until(|kind| {
                kind == K::Ident || (guided && matches!(kind, K::Terminator | K::RCurly))
            });
            return 1;
        }
        let start = self.checkpoint();
        let name_start = self.offset();
        let mut name_end = self.end_offset();
        let mut dotted = false;
        self.bump();
        while self.current == K::Dot {
            dotted = true;
            self.bump();
            if self.current != K::Ident {
                self.error_expected("identifier");
                if !self.ends_statement() {
                    self.bump();
                }
                break;
            }
            if self.starts_statement() {
                break;
            }
            name_end = self.end_offset();
            self.bump();
        }
        let label = self.label();
        match self.current {
            K::Assign => {
                if dotted {
                    self.range_error(
                        name_start,
                        name_end,
                        "attribute names may only consist of a single identifier with no \".\"",
                        "the name of an attribute has no dots",
                    );
                }
                if let Some(label) = label {
                    let message = "attribute names may not have labels";
                    let plain = "an attribute has no label";
                    self.range_error(label.start, label.end, message, plain);
                }
                self.attribute(start)
            }
            K::LCurly => {
                self.wrap(start, K::Block);
                let (height, _) = self.block_body();
                self.finish();
                height
            }
            _ => {
                self.wrap(start, K::Error);
                if label.is_some() || dotted {
                    self.error_expected("block body");
                } else {
                    self.error_expected("attribute assignment or block body");
                }
                if self.guide.is_some() {
                    self.skip_statement();
                } else {
                    self.skip_tokens_until(|kind| kind == K::Ident);
                }
                self.finish();
                1
            }
        }
    }

    /// The label of a block, if there is one that is not empty. Reports what is neither label, `=` nor `{`.
    fn label(&mut self) -> Option<Token> {
        match self.current {
            K::Assign | K::LCurly => None,
            K::Str => {
                let token = self.token();
                let source = self.text_of(token);
                if !source.starts_with('"') {
                    let message = format!(
                        "expected block label to be a double quoted string, but got {}",
                        quote(source)
                    );
                    let plain = "a label is written in double quotes";
                    self.label_error(token, message, plain.to_owned());
                } else {
                    // Both quotes are cut without looking, as if the literal were terminated.
                    let content = cut_quotes(source);
                    if content.is_empty() {
                        self.bump();
                        return None;
                    }
                    if !is_identifier(content) {
                        let message = format!(
                            "expected block label to be a valid identifier, but got {}",
                            quote(content)
                        );
                        let plain = format!(
                            "the label {} has other characters than letters, digits and \
                             underscores, or starts with a digit",
                            quote(content)
                        );
                        self.label_error(token, message, plain);
                    }
                }
                self.bump();
                Some(token)
            }
            _ => {
                self.error_expected("block label");
                if !self.ends_statement() {
                    self.bump();
                }
                None
            }
        }
    }

    fn attribute(&mut self, start: Checkpoint) -> u32 {
        self.wrap(start, K::Attribute);
        self.bump();
        let height = self.expr();
        self.finish();
        height
    }

    /// Also tells whether the closing brace was there.
    fn block_body(&mut self) -> (u32, bool) {
        if self.depth + 1 > MAX_DEPTH {
            self.too_deep();
            return (1, false);
        }
        let (open, bracket) = (self.open(), self.offset());
        self.start(K::BlockBody);
        self.bump();
        self.depth += 1;
        let height = self.body(K::RCurly, open);
        self.depth -= 1;
        let closed = self.current == K::RCurly;
        self.close(K::RCurly, open, bracket);
        self.finish();
        (height + 1, closed)
    }

    // Expressions.

    fn expr(&mut self) -> u32 {
        let start = self.checkpoint();
        let start_offset = self.offset();
        let height = self.binary(1);
        if matches!(self.current, K::Str | K::LCurly) {
            return height.max(self.block_as_value(start, start_offset));
        }
        height
    }

    /// `value "label" { … }`: a block where only values are allowed.
    fn block_as_value(&mut self, start: Checkpoint, start_offset: u32) -> u32 {
        self.wrap(start, K::Error);
        if self.current == K::Str {
            self.bump();
        }
        let height = if self.current == K::LCurly {
            let (height, closed) = self.block_body();
            if closed {
                let end = self.previous_end();
                let message = "cannot use a block as an expression";
                self.range_error(start_offset, end, message, "a block cannot be a value");
            }
            height
        } else {
            self.expect(K::LCurly);
            self.skip_statement();
            0
        };
        self.finish();
        height + 1
    }

    fn binary(&mut self, lowest: u8) -> u32 {
        let start = self.checkpoint();
        let mut height = self.unary();
        loop {
            let precedence = precedence(self.current);
            if precedence < lowest {
                return height;
            }
            if self.depth + height + 1 > MAX_DEPTH {
                self.too_deep();
                return height;
            }
            self.wrap(start, K::BinaryExpr);
            let right_associative = self.current == K::Caret;
            self.bump();
            self.depth += 1;
            let right = self.binary(if right_associative { precedence } else { precedence + 1 });
            self.depth -= 1;
            self.finish();
            height = height.max(right) + 1;
        }
    }

    fn unary(&mut self) -> u32 {
        if self.depth >= MAX_DEPTH {
            self.too_deep();
            return 1;
        }
        if !matches!(self.current, K::Not | K::Minus) {
            return self.postfix();
        }
        self.start(K::UnaryExpr);
        self.bump();
        self.depth += 1;
        let height = self.unary();
        self.depth -= 1;
        self.finish();
        height + 1
    }

    fn postfix(&mut self) -> u32 {
        let start = self.checkpoint();
        let mut height = self.primary();
        while matches!(self.current, K::Dot | K::LBracket | K::LParen) {
            if self.depth + height + 1 > MAX_DEPTH {
                self.too_deep();
                return height;
            }
            self.depth += 1;
            let inner = match self.current {
                K::Dot => {
                    self.wrap(start, K::AccessExpr);
                    self.bump();
                    if self.starts_statement() {
                        self.error_expected(K::Ident.name());
                    } else {
                        self.expect(K::Ident);
                    }
                    0
                }
                K::LBracket => {
                    let (open, bracket) = (self.open(), self.offset());
                    self.wrap(start, K::IndexExpr);
                    self.bump();
                    let inner = self.expr();
                    self.close(K::RBracket, open, bracket);
                    inner
                }
                _ => {
                    let (open, bracket) = (self.open(), self.offset());
                    self.wrap(start, K::CallExpr);
                    self.start(K::ArgList);
                    self.bump();
                    let inner = self.list(K::RParen, open);
                    self.close(K::RParen, open, bracket);
                    self.finish();
                    inner
                }
            };
            self.depth -= 1;
            self.finish();
            height = height.max(inner) + 1;
        }
        height
    }

    fn primary(&mut self) -> u32 {
        match self.current {
            K::Ident if self.starts_statement() => {
                self.error_expected("expression");
                self.start(K::Error);
                self.finish();
                1
            }
            K::Ident => self.leaf(K::IdentExpr),
            K::Str | K::Number | K::Float | K::Bool | K::Null => self.leaf(K::LiteralExpr),
            K::LParen => {
                let (open, bracket) = (self.open(), self.offset());
                self.start(K::ParenExpr);
                self.bump();
                self.depth += 1;
                let inner = self.expr();
                self.depth -= 1;
                self.close(K::RParen, open, bracket);
                self.finish();
                inner + 1
            }
            K::LBracket => {
                let (open, bracket) = (self.open(), self.offset());
                self.start(K::ArrayExpr);
                self.bump();
                self.depth += 1;
                let inner = self.list(K::RBracket, open);
                self.depth -= 1;
                self.close(K::RBracket, open, bracket);
                self.finish();
                inner + 1
            }
            K::LCurly => {
                let (open, bracket) = (self.open(), self.offset());
                self.start(K::ObjectExpr);
                self.bump();
                self.depth += 1;
                // A `]` here is reported as the missing `}`, not as a bad field name.
                let inner = if self.current == K::RBracket { 0 } else { self.fields(open) };
                self.depth -= 1;
                self.close(K::RCurly, open, bracket);
                self.finish();
                inner + 1
            }
            _ => {
                self.error_expected("expression");
                self.start(K::Error);
                self.skip_tokens_until(|kind| {
                    matches!(kind, K::Terminator | K::RParen | K::RCurly | K::RBracket | K::Comma)
                });
                self.finish();
                1
            }
        }
    }

    fn leaf(&mut self, kind: K) -> u32 {
        self.start(kind);
        self.bump();
        self.finish();
        1
    }

    /// Expressions with commas up to `end`, which is not consumed.
    fn list(&mut self, end: K, open: Open) -> u32 {
        let mut height = 0;
        while self.current != end && self.current != K::Eof && !self.is_outside(open) {
            height = height.max(self.expr());
            self.separator(end, open, "missing ',' in expression list");
        }
        height
    }

    fn fields(&mut self, open: Open) -> u32 {
        let mut height = 0;
        while self.current != K::RCurly && self.current != K::Eof && !self.is_outside(open) {
            self.start(K::Field);
            if matches!(self.current, K::Ident | K::Str) {
                self.bump();
            } else {
                self.error_expected("field name (string or identifier)");
                let guided = self.guide.is_some();
                self.skip_until(|kind| {
                    kind == K::Assign
                        || (guided && matches!(kind, K::Terminator | K::RCurly | K::Comma))
                });
            }
            self.expect(K::Assign);
            height = height.max(self.expr());
            self.finish();
            self.separator(K::RCurly, open, "missing ',' in field list");
        }
        height
    }

    fn separator(&mut self, end: K, open: Open, message: &str) {
        if self.current == end {
            return;
        }
        if self.current != K::Comma {
            self.error(message.to_owned(), Some(self.missing_separator(end)));
            if self.is_outside(open) {
                return;
            }
        }
        self.bump();
    }

    fn missing_separator(&self, end: K) -> String {
        let after = match end {
            K::RCurly => "field",
            K::RParen => "argument",
            _ => "element",
        };
        format!("missing `,` after the {after}, found {}", self.found())
    }

    // Errors and skipping.

    fn expect(&mut self, kind: K) {
        if self.current != kind {
            self.error_expected(kind.name());
            if self.ends_statement() {
                return;
            }
        }
        self.bump();
    }

    /// Expects the end of what started at `open`, a bracket at `start`.
    fn close(&mut self, kind: K, open: Open, start: u32) {
        if self.guide.is_none() && self.current == K::Eof {
            let plain = format!("expected `{}`, found {}", kind.name(), self.found());
            let message = format!("expected {}, got {}", kind.name(), self.current.name());
            let related = Related {
                file: None,
                span: Span::at(start),
                message: "this bracket is not closed".to_owned(),
            };
            let diagnostic = Diagnostic::error(Span::at(self.offset()), message)
                .with_code(SYNTAX)
                .with_plain(plain)
                .with_related(related);
            self.report(diagnostic);
            self.bump();
        } else if self.guide.is_some() && (self.current != kind || self.is_outside(open)) {
            self.error_expected(kind.name());
        } else {
            self.expect(kind);
        }
    }

    // Guesses about broken text. Without a guide all of them are "no".

    /// What starts at the current token, a bracket.
    fn open(&self) -> Open {
        self.guide.as_ref().map_or(Open::ROOT, |guide| guide.open(self.at))
    }

    /// True if the current token cannot belong to what started at `open`.
    fn is_outside(&self, open: Open) -> bool {
        let Some(guide) = &self.guide else { return false };
        let starts = guide.starts_statement(self.at);
        match open.kind {
            None => false,
            // No statement starts between other brackets.
            Some(K::LParen | K::LBracket) => starts || self.current == K::RCurly,
            Some(_) if open.is_closed => false,
            Some(_) => match guide.line_start(self.at) {
                Some(indent) if self.current == K::RCurly => indent < open.indent,
                Some(indent) => starts && indent <= open.indent,
                None => false,
            },
        }
    }

    /// True if a statement starts at the current token, which is the first of its line.
    fn starts_statement(&self) -> bool {
        self.guide.as_ref().is_some_and(|guide| guide.starts_statement(self.at))
    }

    /// True if the current token does not belong to the statement under way.
    fn ends_statement(&self) -> bool {
        self.guide.is_some()
            && (matches!(self.current, K::Terminator | K::RCurly | K::RBracket | K::RParen)
                || self.starts_statement())
    }

    fn error_expected(&mut self, what: &str) {
        if self.is_muted() {
            return;
        }
        let message = format!("expected {what}, got {}", self.current.name());
        let plain = format!("expected {}, found {}", words(what), self.found());
        self.error(message, Some(plain));
    }

    /// The current token in words.
    fn found(&self) -> String {
        match self.current {
            K::Eof => "the end of the file".to_owned(),
            K::Terminator => "the end of the line".to_owned(),
            _ => {
                let text = self.text_of(self.token());
                let first = text.lines().next().unwrap_or_default();
                match first.char_indices().nth(LONGEST_SHOWN) {
                    Some((end, _)) => format!("`{}...`", &first[..end]),
                    None if first.len() < text.len() => format!("`{first}...`"),
                    None => format!("`{text}`"),
                }
            }
        }
    }

    fn label_error(&mut self, label: Token, message: String, plain: String) {
        if self.is_muted() {
            return;
        }
        let mut diagnostic = Diagnostic::error(Span::at(label.start), message)
            .with_code(INVALID_LABEL)
            .with_plain(plain);
        let source = self.text_of(label);
        let content = cut_quotes(source);
        let is_closed = source.len() == content.len() + 2 && source.ends_with(['"', '`']);
        if let Some(name) = sanitize_identifier(content).filter(|_| is_closed) {
            let text = format!("\"{name}\"");
            diagnostic = diagnostic.with_fix(Fix {
                title: format!("write it as {text}"),
                applicability: Applicability::Unsafe,
                edits: vec![Edit { span: label.start..label.end, text }],
            });
        }
        self.report(diagnostic);
    }

    /// Reports at the current token, but only once per line.
    fn error(&mut self, message: String, plain: Option<String>) {
        let diagnostic = Diagnostic::error(Span::at(self.offset()), message).with_code(SYNTAX);
        self.report(Diagnostic { plain, ..diagnostic });
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        let line = self.line();
        if self.last_error_line.replace(line) != Some(line) {
            self.push(diagnostic);
        }
    }

    /// True if what is reported now is not kept: there is an error on this line already, or this is
    /// the second reading. Spares the making of a message.
    fn is_muted(&mut self) -> bool {
        if self.guide.is_some() || self.diagnostics.len() > MAX_ERRORS {
            return true;
        }
        let line = self.line();
        self.last_error_line == Some(line)
    }

    /// Line of the current token.
    fn line(&mut self) -> usize {
        let offset = self.offset();
        let text = self.text;
        self.lines.get_or_insert_with(|| LineIndex::new(text)).line_of(offset)
    }

    /// Reports a range; neither obeys nor counts for the one error per line.
    fn range_error(&mut self, start: u32, end: u32, message: &str, plain: &str) {
        if self.guide.is_some() {
            return;
        }
        let span = Span::Bytes { start, end: Some(end) };
        self.push(Diagnostic::error(span, message).with_code(SYNTAX).with_plain(plain));
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.take_lex_errors(self.at);
        self.record(diagnostic);
    }

    /// Adds to the list, which is bounded.
    fn record(&mut self, diagnostic: Diagnostic) {
        self.builds &= !self.stops_building;
        match self.diagnostics.len() {
            ..MAX_ERRORS => self.diagnostics.push(diagnostic),
            MAX_ERRORS => {
                let message = format!("only the first {MAX_ERRORS} errors are reported");
                self.diagnostics.push(Diagnostic { message, plain: None, ..diagnostic });
            }
            _ => {}
        }
    }

    /// Records the errors of the tokens read so far.
    fn take_lex_errors(&mut self, last_token: usize) {
        while let Some(error) = self.lex_errors.next_if(|error| error.token as usize <= last_token)
        {
            let diagnostic = Diagnostic::error(Span::at(error.offset), error.message);
            self.record(diagnostic.with_code(SYNTAX));
        }
    }

    /// Skips what is nested too deep: up to the end of the bracket that starts here, and of what
    /// follows it in the same expression.
    fn too_deep(&mut self) {
        if !self.is_muted() {
            self.error(format!("nesting is deeper than {MAX_DEPTH} levels"), None);
        }
        self.start(K::Error);
        let block = self.current == K::LCurly;
        let mut open = 0usize;
        let mut closed = false;
        self.skip_while(|parser| {
            match parser.current {
                _ if closed => return false,
                K::LCurly | K::LParen | K::LBracket => open += 1,
                K::RCurly | K::RParen | K::RBracket => {
                    if open == 0 {
                        return false;
                    }
                    open -= 1;
                    closed = open == 0 && block;
                }
                K::Terminator | K::Comma if open == 0 => return false,
                _ => {}
            }
            true
        });
        self.finish();
    }

    /// Skips to the next token that `stop` accepts, into an error node if there is anything.
    fn skip_until(&mut self, stop: impl Fn(K) -> bool) {
        if stop(self.current) || self.current == K::Eof {
            return;
        }
        self.start(K::Error);
        self.skip_tokens_until(stop);
        self.finish();
    }

    fn skip_tokens_until(&mut self, stop: impl Fn(K) -> bool) {
        self.skip_while(|parser| !stop(parser.current));
    }

    /// Skips to the end of the statement, outside of pairs of brackets.
    fn skip_statement(&mut self) {
        let (mut curly, mut square, mut round) = (0i64, 0i64, 0i64);
        self.skip_while(|parser| {
            match parser.current {
                K::LCurly => curly += 1,
                K::RCurly => curly -= 1,
                K::LBracket => square += 1,
                K::RBracket => square -= 1,
                K::LParen => round += 1,
                K::RParen => round -= 1,
                K::Terminator if curly <= 0 && square <= 0 && round <= 0 => return false,
                _ => {}
            }
            // The end of the body around, or the next statement.
            let ends =
                curly <= 0 && parser.guide.is_some() && (curly < 0 || parser.starts_statement());
            !ends
        });
    }

    /// Puts tokens into the tree as long as `goes_on` says so; very many of them as one.
    fn skip_while(&mut self, mut goes_on: impl FnMut(&Self) -> bool) {
        let mut end = None;
        while self.current != K::Eof && goes_on(self) {
            if end.is_none() {
                self.build_to(self.at);
            }
            self.at += 1;
            end = Some(self.at);
            self.skip_trivia();
        }
        let Some(end) = end else { return };
        if end - self.built <= LONGEST_SKIPPED {
            return self.build_to(end);
        }
        let skipped = self.tokens.get(self.built..end).unwrap_or_default();
        // A node of few children is hashed with all that is in it, again and again. So not one.
        for stretch in skipped.chunks(LONGEST_SKIPPED).filter(|_| self.builds) {
            if let [first, ..] = stretch
                && let [.., last] = stretch
            {
                let text = self.text.get(first.start as usize..last.end as usize);
                self.builder.token(raw(K::Illegal), text.unwrap_or_default());
            }
        }
        self.built = end;
    }

    // Tokens and tree.

    fn token(&self) -> Token {
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let at_end = Token { kind: K::Eof, start: end, end };
        self.tokens.get(self.at).copied().unwrap_or(at_end)
    }

    fn text_of(&self, token: Token) -> &'a str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    fn offset(&self) -> u32 {
        self.token().start
    }

    fn end_offset(&self) -> u32 {
        self.token().end
    }

    /// End of the last token with text in front of the current one.
    fn previous_end(&self) -> u32 {
        let before = self.tokens.get(..self.at).unwrap_or_default();
        let is_text = |token: &Token| !token.kind.is_trivia() && token.kind != K::Terminator;
        let last = before.iter().rposition(is_text).and_then(|at| before.get(at));
        last.map_or(0, |token| token.end)
    }

    /// Puts the current token into the tree and goes to the next one. Stays at the end.
    fn bump(&mut self) {
        if self.current == K::Eof {
            return;
        }
        self.at += 1;
        self.build_to(self.at);
        self.skip_trivia();
    }

    fn skip_trivia(&mut self) {
        self.steps += 1;
        while self.tokens.get(self.at).is_some_and(|token| token.kind.is_trivia()) {
            self.at += 1;
            self.steps += 1;
        }
        self.current = self.token().kind;
    }

    fn build_to(&mut self, end: usize) {
        if self.builds {
            for token in self.tokens.get(self.built..end).unwrap_or_default() {
                if token.start < token.end {
                    let text = self.text.get(token.start as usize..token.end as usize);
                    self.builder.token(raw(token.kind), text.unwrap_or_default());
                }
            }
        }
        self.built = end;
    }

    /// A place behind the trivia in front of the current token.
    fn checkpoint(&mut self) -> Checkpoint {
        self.build_to(self.at);
        self.builder.checkpoint()
    }

    /// Opens a node. Trivia in front of the current token stays outside, except in the root.
    fn start(&mut self, kind: K) {
        if !matches!(kind, K::SourceFile | K::ExprRoot) {
            self.build_to(self.at);
        }
        self.steps += 1;
        if self.builds {
            self.builder.start_node(raw(kind));
        }
    }

    /// Opens a node around what has been built since `start`.
    fn wrap(&mut self, start: Checkpoint, kind: K) {
        self.steps += 1;
        if self.builds {
            self.builder.start_node_at(start, raw(kind));
        }
    }

    fn finish(&mut self) {
        if self.builds {
            self.builder.finish_node();
        }
    }

    fn finish_root(mut self) -> Root {
        self.build_to(self.tokens.len());
        self.finish();
        self.take_lex_errors(usize::MAX);
        Root {
            green: self.builds.then(|| self.builder.finish()),
            diagnostics: self.diagnostics,
            tokens: self.tokens,
            steps: self.steps,
        }
    }
}

/// What was expected, in words that users know.
fn words(what: &str) -> String {
    match what {
        "TERMINATOR" => "the end of the line",
        "identifier" | "IDENT" => "a name",
        "block label" => "`=`, `{` or a label in double quotes",
        "attribute assignment or block body" => "`=` and a value, or `{`",
        "block body" => "`{`",
        "expression" => "a value",
        "field name (string or identifier)" => "the name of a field",
        token => return format!("`{token}`"),
    }
    .to_owned()
}

fn raw(kind: K) -> rowan::SyntaxKind {
    Alloy::kind_to_raw(kind)
}

/// Text without its first and last character; empty if there are no two.
pub(crate) fn cut_quotes(source: &str) -> &str {
    let mut chars = source.chars();
    chars.next();
    chars.next_back();
    chars.as_str()
}

fn precedence(kind: K) -> u8 {
    match kind {
        K::OrOr => 1,
        K::AndAnd => 2,
        K::EqEq | K::NotEq | K::Lt | K::LtEq | K::Gt | K::GtEq => 3,
        K::Plus | K::Minus => 4,
        K::Star | K::Slash | K::Percent => 5,
        K::Caret => 6,
        _ => 0,
    }
}
