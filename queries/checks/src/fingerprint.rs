//! What a finding is recognised by when lines have moved.

use alloy_syntax::Diagnostic;
use sha2::{Digest, Sha256};

/// A hash of the rule, the block and the message without positions, as lower-case hex.
pub fn fingerprint(diagnostic: &Diagnostic) -> String {
    let mut hash = Sha256::new();
    for part in [
        diagnostic.code.unwrap_or_default(),
        diagnostic.component.as_deref().unwrap_or_default(),
        &without_positions(&diagnostic.message),
    ] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The message without `:LINE:COLUMN`.
fn without_positions(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find(':') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        match number(&after[1..]).and_then(|rest| number(rest.strip_prefix(':')?)) {
            Some(behind) => rest = behind,
            None => {
                out.push(':');
                rest = &after[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// What follows the digits at the start of `text`, if there are any.
fn number(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < text.len()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use alloy_syntax::Span;

    use super::*;

    #[test]
    fn positions_do_not_count() {
        let at = |message: &str| fingerprint(&Diagnostic::error(Span::None, message));
        assert_eq!(
            at("block a already declared at f:1:2"),
            at("block a already declared at f:30:4")
        );
        assert_ne!(
            at("block a already declared at f:1:2"),
            at("block b already declared at f:1:2")
        );
        assert_eq!(without_positions("a: b:1 c:1:2, d::3:4"), "a: b:1 c, d:");
        let coded = Diagnostic::error(Span::None, "m").with_code("AL201");
        assert_ne!(fingerprint(&coded), fingerprint(&coded.clone().with_component("a.b.c")));
    }
}
