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
    let items = items_of(text);
    assert_eq!(items.concat(), text);
    assert_eq!(parse.is_ok(), items.iter().all(|item| parse_file(item).is_ok()));
    // The second half as the edited version of the first.
    let middle = text.char_indices().map(|(at, _)| at).nth(text.chars().count() / 2).unwrap_or(0);
    let (old, new) = text.split_at(middle);
    let old_items = items_of(old);
    let change = resplit(&old_items, split(old).iter().position(|item| item.is_open), new);
    let mut edited: Vec<&str> = old_items[..change.kept_front].to_vec();
    edited.extend(change.changed.into_iter().map(|item| &new[item.range]));
    edited.extend(&old_items[old_items.len() - change.kept_back..]);
    assert_eq!(edited, items_of(new));
}

fn items_of(text: &str) -> Vec<&str> {
    split(text).into_iter().map(|item| &text[item.range]).collect()
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

/// How many tokens and characters parsing looks at.
pub fn steps(text: &str) -> u64 {
    crate::parser::parse_counting(text, &[]).2
}

/// Texts of about `size` bytes that try to make the parser run out of stack, memory or time, with a
/// name each.
pub fn hostile(size: usize) -> Vec<(String, String)> {
    let repeated = |start: &str, unit: &str, end: &str| {
        let times = size.saturating_sub(start.len() + end.len()) / unit.len();
        [start, &unit.repeat(times), end].concat()
    };
    let alone = [
        "[",
        "{",
        "(",
        "-",
        "!",
        "\"",
        "'",
        "`",
        "\\",
        "#",
        "\0",
        "1",
        ".",
        ",",
        "=",
        "a",
        "]",
        "}",
        ")",
        "\n",
        "//\n",
        "/**/",
        "/*",
        "/*\n",
        "]\n",
        "1+",
        "a.",
        "a = ",
        "a {",
        "a {\n",
        "a \"b\" ",
        "\u{feff}",
        "ä",
        "a = [\n",
        "a = 1 /**/",
        "x /* */ /* */ ",
    ];
    let values = [
        "[",
        "{",
        "(",
        "-",
        "!",
        "1+",
        "1^",
        "a.",
        "f(",
        "x[",
        "{a=",
        "[[],",
        "1,",
        "\"\\x",
        "-(",
        "!{",
        "[{a=(",
        "\"a\"+",
        "f().",
        "a[0]",
        "1 /* */ + ",
    ];
    let named = |unit: &str| unit.replace('\n', "␤").replace('\0', "␀");
    let alone = alone.into_iter().map(|unit| (named(unit), repeated("", unit, "")));
    let values = values
        .into_iter()
        .map(|unit| (format!("a = {}", named(unit)), repeated("a = ", unit, "\n")));
    let closed = [("[", "]"), ("(", ")"), ("{a=", "}"), ("a {\n", "}\n")].map(|(open, close)| {
        let times = size / (open.len() + close.len());
        let text = ["a = ", &open.repeat(times), "1", &close.repeat(times), "\n"].concat();
        (format!("{} … {}", named(open), named(close)), text)
    });
    let sound = [
        ("attributes", repeated("", "a = 1\n", "")),
        ("blocks", repeated("", "a \"b\" {\n\tc = [1, 2] // d\n}\n", "")),
        ("elements", repeated("a = [", "1, ", "]\n")),
        ("members", repeated("a = {", "b = 1, ", "}\n")),
        ("a string", repeated("a = \"", "b", "\"\n")),
        ("a raw string", repeated("a = `", "b\n", "`\n")),
        ("a comment", repeated("/*", "* ", "*/")),
    ];
    let sound = sound.map(|(name, text)| (name.to_owned(), text));
    alone.chain(values).chain(closed).chain(sound).collect()
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
    use proptest::prelude::*;

    /// Each case in the stack that the least of threads has, in steps that only its length decides.
    #[test]
    fn hostile_texts_take_steps_in_proportion_to_their_length() {
        const SIZE: usize = 20_000;
        const PER_BYTE: u64 = 12;
        let check = || {
            let small = super::hostile(SIZE);
            for ((name, text), (_, large)) in small.iter().zip(super::hostile(4 * SIZE)) {
                let (few, many) = (super::steps(text), super::steps(&large));
                let limit = PER_BYTE * text.len() as u64;
                assert!(few <= limit, "{name}: {few} steps for {} bytes", text.len());
                assert!(many <= few * 5, "{name}: {few} steps, and {many} for four times as much");
                super::parse(text.as_bytes());
                super::format(text.as_bytes());
            }
        };
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(check);
        thread.expect("a thread").join().expect("no case overflows or panics");
    }

    #[test]
    fn errors_are_bounded() {
        for text in ["#", "a\n", "\0", "'"] {
            let parse = crate::parse_file(&text.repeat(50_000));
            let last = parse.diagnostics().last().map(|last| last.message.clone());
            assert_eq!(last.as_deref(), Some("only the first 10000 errors are reported"));
            assert_eq!(parse.diagnostics().len(), 10_001);
        }
    }

    /// Every seed of the fuzz targets, and every crash that was found, stays fixed.
    #[test]
    fn seeds_replay() {
        for input in ["syntax_parse", "syntax_fmt"].into_iter().flat_map(alloy_corpus::seeds) {
            super::parse(&input);
            super::format(&input);
        }
    }
    /// Text that looks like a configuration now and then.
    fn soup() -> impl Strategy<Value = String> {
        let words = vec![
            "a",
            "b.c",
            " = ",
            "1",
            "\"x\"",
            "{",
            "}",
            "\n",
            "\n",
            "[",
            "]",
            ",",
            "// d\n",
            "/* e */",
            "a = 1\n",
            "a \"b\" {\n",
            "}\n",
            "(",
            ")",
            "`f\n`",
            "\"",
            "\\",
            "ä",
            "\t",
            "true",
            "-",
            "\r\n",
            "a = [\n1,\n]\n",
        ];
        proptest::collection::vec(proptest::sample::select(words), 0..40)
            .prop_map(|words| words.concat())
    }

    fn statements(text: &str) -> Vec<rowan::GreenNode> {
        let parse = crate::parse_file(text);
        let nodes = parse.syntax().children().map(|node| node.green().to_owned());
        nodes.collect()
    }

    proptest! {
        #[test]
        fn tokens_concatenate_to_the_text(text in prop_oneof![soup(), any::<String>()]) {
            let (tokens, _) = crate::lex(&text);
            let mut end = 0;
            for token in tokens {
                prop_assert_eq!(token.start, end);
                end = token.end;
            }
            prop_assert_eq!(end as usize, text.len());
        }

        #[test]
        fn items_after_any_edits_are_those_of_a_fresh_parse(
            start in soup(),
            edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..30_usize, soup()), 1..6),
        ) {
            let mut text = start;
            let items_of = |text: &str| -> Vec<(String, bool)> {
                let split = crate::split(text).into_iter();
                split.map(|item| (text[item.range].to_owned(), item.is_open)).collect()
            };
            let mut items = items_of(&text);
            for (at, removed, added) in edits {
                let boundaries: Vec<usize> =
                    text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
                let first = at.index(boundaries.len());
                let last = (first + removed).min(boundaries.len() - 1);
                text.replace_range(boundaries[first]..boundaries[last], &added);
                let texts: Vec<&String> = items.iter().map(|(text, _)| text).collect();
                let first_open = items.iter().position(|(_, is_open)| *is_open);
                let change = crate::resplit(&texts, first_open, &text);
                let kept = items.len() - change.kept_back;
                let mut edited = items[..change.kept_front].to_vec();
                let changed = change.changed.into_iter();
                edited.extend(changed.map(|item| (text[item.range].to_owned(), item.is_open)));
                edited.extend_from_slice(&items[kept..]);
                items = edited;
                prop_assert_eq!(&items, &items_of(&text));
                let whole = crate::parse_file(&text);
                prop_assert_eq!(whole.is_ok(), items.iter().all(|(item, _)| crate::parse_item(item).is_ok()));
                if whole.is_ok() {
                    let pieces: Vec<_> = items.iter().flat_map(|(item, _)| statements(item)).collect();
                    prop_assert_eq!(pieces, statements(&text));
                }
                super::parse(text.as_bytes());
                super::format(text.as_bytes());
            }
        }
    }
}
