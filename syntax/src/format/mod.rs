//! The formatter (spec/language.md §12).
//!
//! # Invariants
//! - Formatting formatted text changes nothing.
//! - Values, keys and comments come out as they went in.
//!
//! Start reading at [`format()`].

mod columns;
mod cursor;
mod printer;
mod walk;

use std::sync::Arc;

use rowan::NodeOrToken;

use crate::ast::Expr;
use crate::{Diagnostic, LineIndex, Parse, SyntaxKind as K, comment_text};
use cursor::Node;
use printer::{Comment, Place, Printer};
use walk::{Lines, Walker};

/// Passes after which the text counts as stable. Two are enough for nearly all texts: the first
/// may turn a statement over several lines into one line, which the second one aligns.
const MAX_PASSES: usize = 8;

/// The formatted text, which ends with one line feed, or what is wrong with the text: with lines,
/// without a file name.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    format_parsed(text, &crate::parse_file(text))
}

/// [`format()`] for bytes of unknown encoding; what is not UTF-8 is wrong.
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
    if formatted == text {
        return Ok(formatted);
    }
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
    let index = LineIndex::new(text);
    let root = Node::root(parse.green());
    let lines = Lines::new(&index);
    let mut comments = Vec::new();
    collect_comments(root, &lines, &mut comments);
    let mut walker = Walker { printer: Printer::new(comments), lines: Lines::new(&index) };
    walker.body(root);
    let mut out = walker.printer.finish();
    out.push('\n');
    out
}

/// An expression as the formatter writes it, without its comments and without a final line feed.
pub fn format_expr(expr: &Expr) -> String {
    // Lines only matter relative to each other, so the tree around the expression can stay out.
    let green = expr.syntax().green();
    let index = LineIndex::new(&expr.syntax().text().to_string());
    let mut walker = Walker { printer: Printer::new(Vec::new()), lines: Lines::new(&index) };
    walker.expr(Node::root(green));
    walker.printer.finish()
}

fn collect_comments(node: Node<'_>, lines: &Lines<'_>, comments: &mut Vec<Comment>) {
    for child in node.children() {
        match child {
            NodeOrToken::Node(node) => collect_comments(node, lines, comments),
            NodeOrToken::Token(token) if token.kind() == K::Comment => {
                let place =
                    Place { offset: token.start as usize, line: lines.line_of(token.start) };
                comments.push(Comment { place, text: comment_text(token.text()) });
            }
            NodeOrToken::Token(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn check(text: &str, expected: &Expect) {
        expected.assert_eq(&format(text).unwrap_or_else(|d| crate::summary(&d)));
        crate::fuzzing::format(text.as_bytes());
    }

    #[test]
    fn strings_keep_tabs_and_trailing_blanks() {
        check(
            "a = `x\ty  \n\t z`\nlonger = \"a\tb\"",
            &expect![["a = `x\ty  \n\t z`\nlonger = \"a\tb\"\n"]],
        );
    }

    #[test]
    fn tokens_never_land_in_a_comment() {
        check(
            "a = [x( // l\n// m\n).name, // f\n1, y. // g\nz, (1 /* h */)]",
            &expect![[r#"
                a = [x( // l
                // m
                ).name, // f
                	1, y. // g
                z, (1) /* h */ ]
            "#]],
        );
    }

    #[test]
    fn keys_keep_their_escapes() {
        check(
            r#"a = {"b\tc" = 1, `d\e` = 2, `f"g` = 3}"#,
            &expect![[r#"
                a = {"b\tc" = 1, `d\e` = 2, `f"g` = 3}
            "#]],
        );
    }

    #[test]
    fn errors_have_lines_and_no_file() {
        check("a = 1\nb =", &expect!["2:4: expected expression, got EOF"]);
        let errors = format_bytes(b"a = \"\xff\"").map_err(|errors| crate::all_messages(&errors));
        assert_eq!(errors, Err("1:6: illegal UTF-8 encoding".to_owned()));
    }

    #[test]
    fn expression_alone_has_no_comments() {
        let parse = crate::parse_expr("f( /* c */ 1,\n  {a=[1,2]} )");
        let expr = parse.expr().map(|expr| format_expr(&expr));
        assert_eq!(expr.as_deref(), Some("f(1,\n\t{a = [1, 2]})"));
    }

    /// Writes well-formed text with odd spacing and comments; every byte is one decision.
    struct Writer {
        choices: std::vec::IntoIter<u8>,
        out: String,
    }

    impl Writer {
        fn choose<'t>(&mut self, options: &[&'t str]) -> &'t str {
            let choice = usize::from(self.choices.next().unwrap_or(0));
            options[choice % options.len()]
        }

        fn put(&mut self, options: &[&str]) {
            let chosen = self.choose(options);
            self.out.push_str(chosen);
        }

        /// Between tokens where a line feed would end the statement.
        fn gap(&mut self) {
            self.put(&["", "", " ", " ", "\t", "/* c */", " /* d */  /* e */"]);
        }

        /// Between tokens where line feeds mean nothing.
        fn line(&mut self) {
            self.put(&[
                "",
                "",
                " ",
                " ",
                "\n",
                "\n",
                " // f \n",
                "\n\n\n",
                "/* g */",
                "\n// h\n\n// i\n",
                "/* j\n\n\tk */",
                " // l\n\t// m\n",
            ]);
        }

        fn name(&mut self) {
            self.put(&["a", "middle", "much_longer_name"]);
        }

        fn statements(&mut self, depth: usize) {
            for _ in 0..self.count() {
                self.name();
                if depth < 3 && self.choose(&["", "block"]) == "block" {
                    self.put(&["", ".b", ".b.much_longer", " /* r */ . /* s */ b", ".// t\nb"]);
                    self.gap();
                    self.put(&["", " \"l\"", "\"\""]);
                    self.gap();
                    self.out.push('{');
                    self.line();
                    self.statements(depth + 1);
                    self.out.push('}');
                } else {
                    self.gap();
                    self.out.push('=');
                    self.line();
                    self.expr(0);
                }
                self.put(&[
                    "\n",
                    "\n",
                    " // n\n",
                    "\n\n",
                    " /* o */\n",
                    "\n// p\n",
                    " /* q\n */\n",
                ]);
            }
        }

        fn count(&mut self) -> usize {
            usize::from(self.choices.next().unwrap_or(0)) % 5
        }

        fn expr(&mut self, depth: usize) {
            let kinds =
                ["leaf", "leaf", "[", "{", "call", "+", ".", "index", "-", "(", "leaf", "["];
            let kind = if depth < 4 { self.choose(&kinds) } else { "leaf" };
            match kind {
                "[" => self.list('[', ']', depth),
                "{" => {
                    self.out.push('{');
                    self.line();
                    for _ in 0..self.count() {
                        self.put(&["k", "longer", "\"q\\n\"", "`raw`", "\"\"", "`\\z`"]);
                        self.gap();
                        self.out.push('=');
                        self.line();
                        self.expr(depth + 1);
                        self.gap();
                        self.out.push(',');
                        self.line();
                    }
                    self.out.push('}');
                }
                "call" => {
                    self.expr(depth + 1);
                    self.gap();
                    self.list('(', ')', depth);
                }
                "+" => {
                    self.expr(depth + 1);
                    self.gap();
                    self.out.push('+');
                    self.line();
                    self.expr(depth + 1);
                }
                "." => {
                    self.expr(depth + 1);
                    self.out.push(' ');
                    self.gap();
                    self.out.push('.');
                    self.line();
                    self.name();
                }
                "index" => {
                    self.expr(depth + 1);
                    self.gap();
                    self.bracketed('[', ']', depth);
                }
                "-" => {
                    self.out.push('-');
                    self.line();
                    self.expr(depth + 1);
                }
                "(" => self.bracketed('(', ')', depth),
                _ => self.put(&[
                    "1",
                    "x",
                    "\"s\\t\"",
                    "`r\n\t raw  \n\ty\tz`",
                    "\"a\tb \"",
                    "null",
                    "1.5",
                    "`a\r\n`",
                ]),
            }
        }

        fn list(&mut self, open: char, close: char, depth: usize) {
            self.out.push(open);
            self.line();
            for _ in 0..self.count() {
                self.expr(depth + 1);
                self.gap();
                self.out.push(',');
                self.line();
            }
            self.out.push(close);
        }

        fn bracketed(&mut self, open: char, close: char, depth: usize) {
            self.out.push(open);
            self.line();
            self.expr(depth + 1);
            self.gap();
            self.out.push(close);
        }
    }

    proptest! {
        #[test]
        fn formatting_is_a_fixed_point_and_keeps_meaning(choices in proptest::collection::vec(any::<u8>(), 0..160)) {
            let mut writer = Writer { choices: choices.into_iter(), out: String::new() };
            writer.statements(0);
            crate::fuzzing::format(writer.out.as_bytes());
        }
    }
}
