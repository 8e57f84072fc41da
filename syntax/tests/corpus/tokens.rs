//! Tokens, errors of the lexer, identifiers.

use std::path::Path;

use alloy_corpus::{Report, cases, equal, text};
use alloy_syntax::{LexError, LineIndex, SyntaxKind as K, Token, comment_text};
use serde_json::{Value, json};

pub(crate) fn tokens(corpus: &Path, report: &mut Report) {
    for set in ["tokens", "derived_tokens", "ref_tokens"] {
        for case in cases(&corpus.join("syntax").join(format!("{set}.json"))) {
            let name = format!("{set}/{}", text(&case, "name"));
            report.case(&name, || check(&case));
        }
    }
}

fn check(case: &Value) -> Result<(), String> {
    let input = match case.get("input_hex").and_then(Value::as_str) {
        Some(hex) => from_hex(hex),
        None => text(case, "input").as_bytes().to_vec(),
    };
    let Some(expected) = case.get("tokens").and_then(Value::as_array) else {
        return check_identifier(case);
    };
    let modes = case.get("mode").and_then(Value::as_array).cloned().unwrap_or_default();
    let (tokens, errors) = match std::str::from_utf8(&input) {
        Ok(input) if modes.contains(&json!("no_terminators")) => {
            alloy_syntax::Lexer::new(input).without_terminators().run()
        }
        _ => alloy_syntax::lex_bytes(&input),
    };
    check_lossless(&tokens, input.len())?;
    let shown = shown_tokens(&input, &tokens, modes.contains(&json!("include_comments")), expected);
    equal("tokens", Value::Array(shown), Value::Array(expected.clone()))?;
    if let Some(expected) = case.get("errors") {
        equal("errors", shown_errors(&errors), expected.clone())?;
    }
    Ok(())
}

fn check_lossless(tokens: &[Token], length: usize) -> Result<(), String> {
    let mut end = 0;
    for token in tokens {
        equal("start of a token", token.start, end)?;
        end = token.end;
    }
    equal("end of the tokens", end as usize, length)
}

/// The tokens in the form of the corpus, with the members that the expected ones have.
fn shown_tokens(input: &[u8], tokens: &[Token], comments: bool, expected: &[Value]) -> Vec<Value> {
    let lines = LineIndex::new(
        &input.iter().map(|&b| if b == b'\n' { '\n' } else { 'x' }).collect::<String>(),
    );
    let visible = tokens.iter().filter(|token| match token.kind {
        K::Whitespace | K::Bom => false,
        K::Comment => comments,
        _ => true,
    });
    let ends = expected.last().is_some_and(|last| text(last, "tok") == "EOF");
    let count = if ends { usize::MAX } else { expected.len() };
    let shown = visible.take(count).enumerate().map(|(index, token)| {
        let source = &input[token.start as usize..token.end as usize];
        let mut value = json!({"tok": token.kind.name(), "offset": token.start});
        let wanted = expected.get(index).unwrap_or(&Value::Null);
        if wanted.get("lit_hex").is_some() {
            value["lit_hex"] =
                Value::from(source.iter().map(|b| format!("{b:02x}")).collect::<String>());
        } else {
            value["lit"] = Value::from(literal(token.kind, &String::from_utf8_lossy(source)));
        }
        let position = lines.position(token.start);
        value["line"] = Value::from(position.line);
        value["column"] = Value::from(position.column);
        if let (Some(shown), Some(wanted)) = (value.as_object_mut(), wanted.as_object()) {
            shown.retain(|member, _| wanted.contains_key(member));
        }
        value
    });
    shown.collect()
}

fn literal(kind: K, source: &str) -> String {
    match kind {
        K::Terminator => "\n".to_owned(),
        K::Comment => comment_text(source),
        K::Ident | K::Bool | K::Null | K::Number | K::Float | K::Str | K::Illegal => {
            source.to_owned()
        }
        _ => String::new(),
    }
}

fn shown_errors(errors: &[LexError]) -> Value {
    errors.iter().map(|error| json!({"offset": error.offset, "message": error.message})).collect()
}

fn check_identifier(case: &Value) -> Result<(), String> {
    let name = text(case, "name");
    let input = text(case, "input");
    let valid = case.get("valid_identifier").or_else(|| case.get("valid"));
    if let Some(valid) = valid {
        equal("validity", Value::from(alloy_syntax::is_identifier(input)), valid.clone())?;
    } else if name.starts_with("is_valid") {
        return Err(format!("unknown form: {case}"));
    }
    let sanitized = alloy_syntax::sanitize_identifier(input);
    if let Some(expected) = case.get("sanitized").or_else(|| case.get("expect")) {
        equal("name", sanitized.map_or(Value::Null, |name| Value::from(&*name)), expected.clone())?;
    } else if case.get("error").is_some() {
        equal("name", sanitized.map(|name| name.into_owned()), None)?;
    }
    Ok(())
}

fn from_hex(hex: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}
