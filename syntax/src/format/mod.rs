//! The formatter (spec/language.md §12).
//!
//! # Invariants
//! - Formatting formatted text changes nothing.
//! - Values, keys and comments come out as they went in.
//!
//! Start reading at [`format`].

mod columns;
mod printer;
mod walk;

use std::sync::Arc;

use crate::ast::Expr;
use crate::{Diagnostic, LineIndex, Parse, SyntaxKind as K, SyntaxNode, comment_text};
use printer::{Comment, Place, Printer};
use walk::Walker;

/// Passes after which the text counts as stable. Two are enough for nearly all texts: the first
/// may turn a statement over several lines into one line, which the second one aligns.
const MAX_PASSES: usize = 8;

/// The formatted text, which ends with one line feed, or what is wrong with the text: with lines,
/// without a file name.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    format_parsed(text, &crate::parse_file(text))
}

/// [`format`] for bytes of unknown encoding; what is not UTF-8 is wrong.
pub fn format_bytes(bytes: &[u8]) -> Result<String, Vec<Diagnostic>> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return format(text);
    }
    let parse = crate::parse_bytes(bytes);
    // Offsets and line feeds are where they are in the bytes.
    format_parsed(&parse.syntax().text().to_string(), &parse)
}

fn format_parsed(text: &str, parse: &Parse) -> Result<String, Vec<Diagnostic>> {
    if !parse.is_ok() {
        return Err(with_lines(text, parse.diagnostics()));
    }
    let mut formatted = format_once(text, parse);
    for _ in 1..MAX_PASSES {
        let parse = crate::parse_file(&formatted);
        let again = format_once(&formatted, &parse);
        if again == formatted {
            break;
        }
        formatted = again;
    }
    Ok(formatted)
}

fn with_lines(text: &str, diagnostics: &Arc<[Diagnostic]>) -> Vec<Diagnostic> {
    let lines = LineIndex::new(text);
    diagnostics.iter().cloned().map(|diagnostic| diagnostic.resolve(None, &lines)).collect()
}

fn format_once(text: &str, parse: &Parse) -> String {
    let lines = LineIndex::new(text);
    let root = parse.syntax();
    let mut walker = Walker { printer: Printer::new(comments(&root, &lines)), lines: &lines };
    walker.body(&parse.file().body());
    let mut out = walker.printer.finish();
    out.push('\n');
    out
}

/// An expression as the formatter writes it, without its comments and without a final line feed.
pub fn format_expr(expr: &Expr) -> String {
    let node = expr.syntax();
    // Lines only matter relative to each other, so the tree around the expression can stay out.
    let root = SyntaxNode::new_root(node.green().to_owned());
    let Some(expr) = Expr::cast(root.clone()) else { return String::new() };
    let lines = LineIndex::new(&root.text().to_string());
    let mut walker = Walker { printer: Printer::new(Vec::new()), lines: &lines };
    walker.expr(&expr);
    walker.printer.finish()
}

fn comments(root: &SyntaxNode, lines: &LineIndex) -> Vec<Comment> {
    let mut comments: Vec<Comment> = Vec::new();
    let mut after_comment = false;
    let mut last_line = 0;
    for element in root.descendants_with_tokens() {
        let rowan::NodeOrToken::Token(token) = element else { continue };
        match token.kind() {
            K::Comment => {
                let start = token.text_range().start();
                let line = lines.line_of(start.into());
                comments.push(Comment {
                    place: Place { offset: start.into(), line },
                    text: comment_text(token.text()),
                    continues: after_comment && line <= last_line + 1,
                });
                after_comment = true;
                last_line = line + token.text().matches('\n').count();
            }
            K::Whitespace => {}
            _ => after_comment = false,
        }
    }
    comments
}
