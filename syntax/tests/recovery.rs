//! Half-typed statements leave their neighbours intact.

use alloy_syntax::{SyntaxKind as K, ast, format, lex, parse_file, split};
use proptest::prelude::*;

/// Every block with its path, and every attribute with its text: what an editor shows.
fn outline(text: &str) -> Vec<String> {
    fn walk(body: &ast::Body, path: &str, out: &mut Vec<String>) {
        for statement in body.statements() {
            match statement {
                ast::Statement::Attribute(attribute) => {
                    out.push(format!("{path}{}", attribute.syntax().text()));
                }
                ast::Statement::Block(block) => {
                    let here = format!("{path}{} {}/", block.name(), block.label());
                    out.push(here.clone());
                    if let Some(body) = block.body() {
                        walk(&body, &here, out);
                    }
                }
            }
        }
    }
    let mut out = Vec::new();
    let parse = parse_file(text);
    assert_eq!(parse.syntax().text().to_string(), text, "the tree is the text");
    walk(&parse.file().body(), "", &mut out);
    out
}

/// What a user may have typed so far of a block between two others. A name that ends in a dot is
/// missing: it goes on in the next line, which is no error.
const HALF_BLOCKS: &[&str] = &[
    "p",
    "prometheus.scrape",
    "prometheus.scrape \"",
    "prometheus.scrape \"x",
    "prometheus.scrape \"x\"",
    "prometheus.scrape \"x\" {",
    "prometheus.scrape \"x\" {\n\ttar",
    "prometheus.scrape \"x\" {\n\ttargets",
    "prometheus.scrape \"x\" {\n\ttargets =",
    "prometheus.scrape \"x\" {\n\ttargets = [",
    "prometheus.scrape \"x\" {\n\ttargets = [{",
    "prometheus.scrape \"x\" {\n\ttargets = [{\"a\" = \"b\"",
    "prometheus.scrape \"x\" {\n\ttargets = [{\"a\" = \"b",
    "prometheus.scrape \"x\" {\n\ttargets = discovery.",
    "prometheus.scrape \"x\" {\n\ttargets = array.concat(",
    "prometheus.scrape \"x\" {\n\ttargets = array.concat(a, ",
    "prometheus.scrape \"x\" {\n\tclustering {",
    "prometheus.scrape \"x\" {\n\tclustering {\n\t\tenabled = ",
    "prometheus.scrape \"x\" {\n\tclustering {\n\t\tenabled = true\n\t}",
    "prometheus.scrape x {\n}",
    "prometheus.scrape 'x' {\n}",
    "prometheus.scrape \"x\" \"y\" {\n}",
    "prometheus.scrape \"x\" = {\n}",
    "prometheus scrape \"x\" {\n}",
    "}",
    "]",
    ")",
    "x =",
    "x = [",
    "x = (1",
    "x = {a = ",
    "= 1",
    "\"x\"",
    "// half",
    "/",
    "#",
];

#[test]
fn half_typed_blocks_keep_the_blocks_around_them() {
    let before = "a \"one\" {\n\tx = [1, 2]\n\n\tinner {\n\t\ty = \"z\"\n\t}\n}\n\n";
    let after = "\n\nb.c \"two\" {\n\tx = {\n\t\tk = 1,\n\t}\n\n\tinner { }\n}\n\nd { }\n";
    for half in HALF_BLOCKS {
        let found = outline(&format!("{before}{half}{after}"));
        let (first, last) = (outline(before), outline(after));
        assert!(found.starts_with(&first), "{half:?}: {found:#?}");
        assert!(found.ends_with(&last), "{half:?}: {found:#?}");
    }
}

/// What a user may have typed so far between two statements of a block.
const HALF_STATEMENTS: &[&str] = &[
    "t",
    "targets",
    "targets =",
    "targets = ,",
    "targets = [",
    "targets = [1,",
    "targets = [1, 2",
    "targets = (",
    "targets = {",
    "targets = {a",
    "targets = {a =",
    "targets = {a = 1,",
    "targets = \"",
    "targets = \"abc",
    "targets = local.",
    "targets = local.file.x.",
    "targets = sys.env(",
    "targets = sys.env(\"A\"",
    "targets = sys.env(\"A\",",
    "targets = a[",
    "targets = a[0",
    "targets = 1 +",
    "targets = -",
    "targets = !",
    "targets = a ==",
    "rule {",
    "rule \"",
    "rule \"x\"",
    "rule {\n\t\taction = ",
    "rule {\n\t\taction = \"keep\"",
    "rule {\n\t\taction = [\n\t\t\t1,",
    "rule {\n\t\tdeeper {",
    "rule.",
    "rule.x",
    "= 1",
    "\"x\" = 1",
    "]",
    ")",
    "[1]",
];

#[test]
fn half_typed_statements_keep_the_statements_around_them() {
    for half in HALF_STATEMENTS {
        let text = format!(
            "a \"one\" {{\n\tx = 1\n\n\tinner {{\n\t\ty = \"z\"\n\t}}\n\t{half}\n\tv = [3]\n\n\tlast {{\n\t\tw = 4\n\t}}\n}}\n\nb \"two\" {{\n\tx = 5\n}}\n"
        );
        let found = outline(&text);
        let before = ["a one/", "a one/x = 1", "a one/inner /", "a one/inner /y = \"z\""];
        let after = ["a one/v = [3]", "a one/last /", "a one/last /w = 4", "b two/", "b two/x = 5"];
        assert_eq!(found.get(..4).unwrap_or_default(), before, "{half:?}: {found:#?}");
        assert!(found.len() >= 9, "{half:?}: {found:#?}");
        assert_eq!(found[found.len() - 5..], after, "{half:?}: {found:#?}");
    }
}

/// Text without indentation is read by its brackets alone.
#[test]
fn text_without_indentation_is_read_by_its_brackets() {
    let text =
        "a \"one\" {\nx = [\n1,\n2,\n]\ninner {\ny = 2\n}\n}\nbroken\nb \"two\" {\nz = 3\n}\n";
    assert_eq!(
        outline(text),
        [
            "a one/",
            "a one/x = [\n1,\n2,\n]",
            "a one/inner /",
            "a one/inner /y = 2",
            "b two/",
            "b two/z = 3",
        ]
    );
}

#[test]
fn long_broken_texts_are_read() {
    for unit in ["a {\n", "a = [\n", "x = {\n", "}\n", "a.b.c.d\n", "( \n", "a \"b\" = \n", "a.\n"]
    {
        let text = unit.repeat(200_000 / unit.len());
        assert!(!parse_file(&text).is_ok(), "{unit:?}");
    }
}

/// Well-formed blocks, formatted.
fn blocks() -> impl Strategy<Value = Vec<String>> {
    let value = proptest::sample::select(vec![
        "1",
        "\"text\"",
        "`raw\ntext`",
        "[1, 2]",
        "[\n\t\t{a = 1},\n\t\t[2],\n\t]",
        "{\n\t\tk = 1,\n\t\t\"l m\" = x.y.z,\n\t}",
        "sys.env(\"A\")",
        "array.concat(\n\t\ta.b.c,\n\t\t[-1],\n\t)",
        "(1 + 2) * 3 // why",
        "a[0].b",
        "!true",
    ]);
    let statement = prop_oneof![
        3 => value.prop_map(|value| format!("\tattribute = {value}\n")),
        1 => Just("\t// note\n".to_owned()),
        1 => Just("\tinner { }\n".to_owned()),
        2 => Just("\tinner \"l\" {\n\t\tx = [3,\n\t\t\t4]\n\t\tdeep.er {\n\t\t\ty = {}\n\t\t}\n\t}\n".to_owned()),
    ];
    let name = proptest::sample::select(vec!["a", "local.file", "prometheus.remote_write"]);
    let block = (name, 0..50_u8, proptest::collection::vec(statement, 0..5)).prop_map(
        |(name, label, statements)| {
            let text = format!("{name} \"l{label}\" {{\n{}}}\n", statements.concat());
            format(&text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
        },
    );
    proptest::collection::vec(block, 1..5)
}

fn texts(text: &str) -> Vec<&str> {
    split(text).into_iter().map(|item| &text[item.range]).collect()
}

fn statements(text: &str) -> Vec<alloy_syntax::rowan::GreenNode> {
    let body = parse_file(text).file().body();
    body.statements().map(|statement| statement.syntax().green().to_owned()).collect()
}

proptest! {
    /// Whatever is typed of a block so far, those around it are what they were: as items and in the
    /// tree of the file.
    #[test]
    fn half_a_block_leaves_the_blocks_around_it_alone(
        before in blocks(),
        half in blocks(),
        after in blocks(),
        cut in any::<prop::sample::Index>(),
    ) {
        let whole = &half[0];
        let is_text = |kind: K| !matches!(kind, K::Whitespace | K::Comment | K::Terminator | K::Eof);
        let tokens: Vec<_> = lex(whole).0.into_iter().filter(|t| is_text(t.kind)).collect();
        let at = cut.index(tokens.len());
        let half = &whole[..tokens[at].end as usize];
        // A name that ends in a dot goes on in the next line.
        prop_assume!(tokens[at].kind != K::Dot || half.contains('{'));
        let (before, after) = (before.join("\n"), format!("\n{}", after.join("\n")));
        let text = format!("{before}\n{half}\n{after}");
        let (around, found) = ((texts(&before), texts(&after)), texts(&text));
        prop_assert!(found.starts_with(&around.0), "{text}\n{found:#?}");
        prop_assert!(found.ends_with(&around.1), "{text}\n{found:#?}");
        let (around, found) = ((statements(&before), statements(&after)), statements(&text));
        prop_assert!(found.starts_with(&around.0), "{text}\n{found:#?}");
        prop_assert!(found.ends_with(&around.1), "{text}\n{found:#?}");
    }
}
