//! Fixes as replacements of text.

use alloy_syntax::{Edit, ast};

use crate::fault::Span;
use crate::help::Change;
use crate::hir::SourceMap;
use crate::report::span_of;

/// What `change` replaces in an item with this text; `None` where it can't be done for certain.
pub(crate) fn edits(text: &str, map: &SourceMap, change: &Change) -> Option<Vec<Edit>> {
    match change {
        Change::Replace(subject, new) => Some(vec![edit(span_of(map, subject)?, new.clone())]),
        Change::Remove(path) => {
            let whole = map.statement(path).whole;
            Some(vec![edit(with_line(text, whole), String::new())])
        }
        Change::RemoveLabel(path) => {
            let statement = map.statement(path);
            let header = Span { start: statement.name.end, end: statement.header.end };
            let source = slice(text, header)?;
            let label = source.trim_end_matches('{').trim();
            let is_label = label.len() > 1 && label.starts_with('"') && label.ends_with('"');
            let end = header.start + source.find(label)? as u32 + label.len() as u32;
            let removed = Span { start: header.start, end };
            is_label.then(|| vec![edit(removed, String::new())])
        }
        Change::AttributeToBlock(path) => {
            let statement = map.statement(path);
            let (span, source) = (statement.whole, slice(text, statement.whole)?);
            let parsed = alloy_syntax::parse_item(source);
            let attribute = parsed.file().body().attributes().next()?;
            let ast::Expr::Object(object) = attribute.value()? else { return None };
            let lines = object.fields().map(|field| {
                let (key, value) = (field.key(), field.value()?);
                let key = key.trim_matches('"');
                let known = alloy_syntax::is_identifier(key);
                known.then(|| format!("{key} = {}", value.syntax().text()))
            });
            let lines: Vec<String> = lines.collect::<Option<_>>()?;
            // A comment inside would be lost.
            if has_comment(source) {
                return None;
            }
            let name = slice(text, statement.name)?;
            Some(vec![edit(span, laid_out(text, span, &format!("{name} {{"), &lines, "", "}"))])
        }
        Change::BlockToAttribute(path) => {
            let statement = map.statement(path);
            let (span, source) = (statement.whole, slice(text, statement.whole)?);
            let parsed = alloy_syntax::parse_item(source);
            let block = parsed.file().body().blocks().next()?;
            if block.label_token().is_some() || has_comment(source) {
                return None;
            }
            let body = block.body()?;
            let lines = body.statements().map(|statement| match statement {
                ast::Statement::Attribute(attribute) => Some(attribute.syntax().text().to_string()),
                ast::Statement::Block(_) => None,
            });
            let lines: Vec<String> = lines.collect::<Option<_>>()?;
            let name = slice(text, statement.name)?;
            Some(vec![edit(span, laid_out(text, span, &format!("{name} = {{"), &lines, ",", "}"))])
        }
    }
}

fn edit(span: Span, text: String) -> Edit {
    Edit { span: span.start..span.end, text }
}

fn slice(text: &str, span: Span) -> Option<&str> {
    text.get(span.start as usize..span.end as usize)
}

/// The whole line of a span, with its line break, if nothing else is on it.
fn with_line(text: &str, span: Span) -> Span {
    let (start, end) = (span.start as usize, span.end as usize);
    let before = text.get(..start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let behind = text.get(end..).unwrap_or_default();
    let line_end = behind.find('\n').map_or(behind.len(), |at| at + 1);
    let rest = behind.get(..line_end).unwrap_or_default();
    match before[line_start..].trim().is_empty() && rest.trim().is_empty() {
        true => Span { start: line_start as u32, end: (end + line_end) as u32 },
        false => span,
    }
}

fn has_comment(source: &str) -> bool {
    alloy_syntax::lex(source).0.iter().any(|t| t.kind == alloy_syntax::SyntaxKind::Comment)
}

/// `open`, the lines and `close`, indented as the line on which `span` starts.
fn laid_out(
    text: &str,
    span: Span,
    open: &str,
    lines: &[String],
    line_end: &str,
    close: &str,
) -> String {
    if lines.is_empty() {
        return format!("{open} {close}")
            .replace("{ }", if line_end.is_empty() { "{ }" } else { "{}" });
    }
    let before = text.get(..span.start as usize).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let indent = &line[..line.len() - line.trim_start_matches(['\t', ' ']).len()];
    let mut out = format!("{open}\n");
    for line in lines {
        out.push_str(&format!("{indent}\t{line}{line_end}\n"));
    }
    out.push_str(indent);
    out.push_str(close);
    out
}
