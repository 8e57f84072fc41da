//! What the fuzz targets check: each function panics if an invariant of the crate is broken.

use crate::{SyntaxKind, comment_text, format_bytes, lex, parse_bytes, parse_file, resplit, split};

/// Any bytes parse; trees and items keep the text.
///
/// # Panics
/// If they don't.
pub fn parse(input: &[u8]) {
    let lossy = parse_bytes(input);
    assert_eq!(usize::from(lossy.syntax().text_range().len()), input.len());
    let Ok(text) = std::str::from_utf8(input) else {
        assert!(!lossy.is_ok(), "text that is not UTF-8 was accepted");
        return;
    };
    let parse = parse_file(text);
    assert_eq!(parse.syntax().text().to_string(), text);
    let items: Vec<&str> = split(text).into_iter().map(|range| &text[range]).collect();
    assert_eq!(items.concat(), text);
    assert_eq!(parse.is_ok(), items.iter().all(|item| parse_file(item).is_ok()));
    // The second half as the edited version of the first.
    let middle = text.char_indices().map(|(at, _)| at).nth(text.chars().count() / 2).unwrap_or(0);
    let (old, new) = text.split_at(middle);
    let old_items: Vec<&str> = split(old).into_iter().map(|range| &old[range]).collect();
    let change = resplit(&old_items, new);
    let mut edited: Vec<&str> = old_items[..change.kept_front].to_vec();
    edited.extend(change.changed.into_iter().map(|range| &new[range]));
    edited.extend(&old_items[old_items.len() - change.kept_back..]);
    assert_eq!(edited, split(new).into_iter().map(|range| &new[range]).collect::<Vec<_>>());
}

/// What parses can be formatted; formatted text parses, stays as it is and means the same.
///
/// # Panics
/// If it doesn't.
pub fn format(input: &[u8]) {
    let Ok(formatted) = format_bytes(input) else { return };
    let text = std::str::from_utf8(input).unwrap_or_default();
    assert_eq!(format_bytes(formatted.as_bytes()).as_deref(), Ok(formatted.as_str()));
    assert_eq!(meaning(text), meaning(&formatted), "formatting changed the meaning of {text:?}");
    assert_eq!(comments(text), comments(&formatted), "formatting changed comments of {text:?}");
}

fn comments(text: &str) -> Vec<String> {
    let (tokens, _) = lex(text);
    let comments = tokens.into_iter().filter(|token| token.kind == SyntaxKind::Comment);
    comments.map(|token| comment_text(&text[token.start as usize..token.end as usize])).collect()
}

/// The tokens that carry meaning: without trailing commas, with keys without their quotes.
fn meaning(text: &str) -> Vec<String> {
    let parse = parse_file(text);
    let mut words: Vec<String> = Vec::new();
    for element in parse.syntax().descendants_with_tokens() {
        let rowan::NodeOrToken::Token(token) = element else { continue };
        let kind = token.kind();
        if kind.is_trivia() {
            continue;
        }
        if matches!(kind, SyntaxKind::RBracket | SyntaxKind::RParen | SyntaxKind::RCurly) {
            words.pop_if(|word| word == ",");
        }
        let parent = token.parent().map(|parent| parent.kind());
        match (kind, parent) {
            (SyntaxKind::Str, Some(SyntaxKind::Field)) => {
                words.push(format!("key {}", crate::ast::field_key(token.text())));
            }
            (SyntaxKind::Str, Some(SyntaxKind::Block)) if token.text() == "\"\"" => {}
            _ => words.push(token.text().to_owned()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Every seed of the fuzz targets, and every crash that was found, stays fixed.
    #[test]
    fn seeds_replay() {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
        let mut count = 0;
        for target in ["syntax_parse", "syntax_fmt"] {
            for entry in std::fs::read_dir(seeds.join(target)).unwrap() {
                let input = std::fs::read(entry.unwrap().path()).unwrap();
                super::parse(&input);
                super::format(&input);
                count += 1;
            }
        }
        assert!(count > 0, "no seeds in {}", seeds.display());
    }
}
