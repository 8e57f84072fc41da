//! What people read about the library: signatures and one-line descriptions.

use alloy_value::Stability;

use super::{DEPRECATED, FUNCTIONS, stability};

/// A function or constant of the library, for hover and reference pages.
#[derive(Clone, Debug)]
pub struct LibraryItem {
    /// Full name.
    pub name: &'static str,
    /// Name, parameters and result: `string.join(list, separator) string`.
    pub signature: &'static str,
    /// What it gives.
    pub doc: &'static str,
    /// A call with its result.
    pub example: &'static str,
    /// Its stability.
    pub stability: Stability,
    /// Deprecated names that still work.
    pub old_names: Vec<&'static str>,
}

/// Everything in the library, sorted by name.
pub fn library() -> Vec<LibraryItem> {
    let mut items: Vec<LibraryItem> = TEXTS
        .iter()
        .map(|text| LibraryItem {
            name: text.name,
            signature: text.signature,
            doc: text.doc,
            example: text.example,
            stability: stability(text.name).unwrap_or(Stability::GenerallyAvailable),
            old_names: DEPRECATED
                .iter()
                .filter(|(_, name)| *name == text.name)
                .map(|(old, _)| *old)
                .collect(),
        })
        .collect();
    debug_assert!(items.len() > FUNCTIONS.len(), "constants are listed as well");
    items.sort_by_key(|item| item.name);
    items
}

struct Text {
    name: &'static str,
    signature: &'static str,
    doc: &'static str,
    example: &'static str,
}

const fn text(
    name: &'static str,
    signature: &'static str,
    doc: &'static str,
    example: &'static str,
) -> Text {
    Text { name, signature, doc, example }
}

static TEXTS: &[Text] = &[
    text(
        "array.combine_maps",
        "array.combine_maps(left list(map), right list(map), keys list(string), passthrough? bool) list(map)",
        "Merges each pair of maps, one of each list, that have equal values for all keys; the right \
         one wins. With passthrough, left maps that match nothing are kept.",
        r#"array.combine_maps([{"id" = 1, "a" = "x"}], [{"id" = 1, "b" = "y"}], ["id"])"#,
    ),
    text(
        "array.concat",
        "array.concat(lists... list) list",
        "Joins lists into one.",
        "array.concat([1, 2], [3]) // [1, 2, 3]",
    ),
    text(
        "array.group_by",
        "array.group_by(items list(map), key string, drop bool) list(map)",
        "Groups maps by the text that they have under a key: each group has the key and its items. \
         Maps without the key are dropped or form a group of their own.",
        r#"array.group_by([{"env" = "dev"}, {"env" = "prod"}], "env", true)"#,
    ),
    text(
        "coalesce",
        "coalesce(values... any) any",
        "Gives the first value that is neither null nor empty, zero or false; if there is none, the \
         last one.",
        r#"coalesce("", "b") // "b""#,
    ),
    text(
        "constants.arch",
        "constants.arch string",
        "Architecture of the machine, such as amd64.",
        "constants.arch",
    ),
    text(
        "constants.hostname",
        "constants.hostname string",
        "Name of the host.",
        "constants.hostname",
    ),
    text("constants.os", "constants.os string", "Operating system, such as linux.", "constants.os"),
    text(
        "constants.version",
        "constants.version string",
        "Version of this program.",
        "constants.version",
    ),
    text(
        "convert.nonsensitive",
        "convert.nonsensitive(secret secret) string",
        "Gives the text of a secret, which is visible from then on.",
        "convert.nonsensitive(local.file.user.content)",
    ),
    text(
        "encoding.from_URLbase64",
        "encoding.from_URLbase64(text string) string",
        "Decodes base64 with the alphabet for URLs.",
        r#"encoding.from_URLbase64("aGk=") // "hi""#,
    ),
    text(
        "encoding.from_base64",
        "encoding.from_base64(text string) string",
        "Decodes base64.",
        r#"encoding.from_base64("aGk=") // "hi""#,
    ),
    text(
        "encoding.from_json",
        "encoding.from_json(text string) any",
        "Reads a JSON document.",
        r#"encoding.from_json("{\"a\": 1}").a // 1"#,
    ),
    text(
        "encoding.from_yaml",
        "encoding.from_yaml(text string) any",
        "Reads the first YAML document of a text.",
        r#"encoding.from_yaml("a: 1").a // 1"#,
    ),
    text(
        "encoding.to_URLbase64",
        "encoding.to_URLbase64(text string) string",
        "Encodes as base64 with the alphabet for URLs.",
        r#"encoding.to_URLbase64("hi") // "aGk=""#,
    ),
    text(
        "encoding.to_base64",
        "encoding.to_base64(text string) string",
        "Encodes as base64.",
        r#"encoding.to_base64("hi") // "aGk=""#,
    ),
    text(
        "encoding.to_json",
        "encoding.to_json(value map) string",
        "Writes a map as a JSON document, secrets included.",
        r#"encoding.to_json({"a" = 1}) // "{\"a\":1}""#,
    ),
    text(
        "encoding.url_decode",
        "encoding.url_decode(text string) string",
        "Decodes the escapes of a URL's query.",
        r#"encoding.url_decode("a+b%21") // "a b!""#,
    ),
    text(
        "encoding.url_encode",
        "encoding.url_encode(text string) string",
        "Escapes a text for the query of a URL.",
        r#"encoding.url_encode("a b!") // "a+b%21""#,
    ),
    text(
        "file.path_join",
        "file.path_join(parts... string) string",
        "Joins parts of a path and removes what is superfluous in it.",
        r#"file.path_join("a", "../b") // "b""#,
    ),
    text(
        "json_path",
        "json_path(document string, path string) list",
        "Gives everything in a JSON document that a JSONPath leads to.",
        r#"json_path("{\"a\": [1, 2]}", "$.a[0]") // [1]"#,
    ),
    text(
        "string.format",
        "string.format(template string, values... any) string",
        "Writes values into a template with verbs such as %s and %d.",
        r#"string.format("%s-%02d", "a", 7) // "a-07""#,
    ),
    text(
        "string.join",
        "string.join(list list(string), separator string) string",
        "Joins texts, with a separator between them.",
        r#"string.join(["a", "b"], ",") // "a,b""#,
    ),
    text(
        "string.replace",
        "string.replace(text string, old string, new string) string",
        "Replaces every occurrence of a text.",
        r#"string.replace("a.b", ".", "_") // "a_b""#,
    ),
    text(
        "string.split",
        "string.split(text string, separator string) list(string)",
        "Splits a text at a separator.",
        r#"string.split("a,b", ",") // ["a", "b"]"#,
    ),
    text(
        "string.to_lower",
        "string.to_lower(text string) string",
        "Makes all letters small.",
        r#"string.to_lower("AB") // "ab""#,
    ),
    text(
        "string.to_upper",
        "string.to_upper(text string) string",
        "Makes all letters capital.",
        r#"string.to_upper("ab") // "AB""#,
    ),
    text(
        "string.trim",
        "string.trim(text string, characters string) string",
        "Removes the given characters from both ends.",
        r#"string.trim("--a-", "-") // "a""#,
    ),
    text(
        "string.trim_prefix",
        "string.trim_prefix(text string, prefix string) string",
        "Removes a prefix, if there is one.",
        r#"string.trim_prefix("a.b", "a.") // "b""#,
    ),
    text(
        "string.trim_space",
        "string.trim_space(text string) string",
        "Removes white space from both ends.",
        r#"string.trim_space(" a ") // "a""#,
    ),
    text(
        "string.trim_suffix",
        "string.trim_suffix(text string, suffix string) string",
        "Removes a suffix, if there is one.",
        r#"string.trim_suffix("a.b", ".b") // "a""#,
    ),
    text(
        "sys.env",
        "sys.env(name string) string",
        "Reads an environment variable; empty if it is not set.",
        r#"sys.env("HOME")"#,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_described() {
        let names: Vec<&str> =
            TEXTS.iter().map(|t| t.name).filter(|name| !name.starts_with("constants.")).collect();
        let functions: Vec<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
        assert_eq!(names, functions);
        for text in TEXTS {
            assert!(text.signature.starts_with(text.name), "{}", text.name);
        }
    }

    #[test]
    fn examples_give_what_they_say() {
        let evaluate = |text: &str| {
            crate::evaluate_expression(text, &crate::ExpressionScope::default(), |v| Ok(v.clone()))
                .unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
        };
        for text in TEXTS {
            let Some((call, result)) = text.example.split_once(" // ") else { continue };
            let (got, wanted) = (evaluate(call), evaluate(result));
            // Decoded base64 is bytes.
            let same_text =
                || alloy_value::text_of(&got).ok() == alloy_value::text_of(&wanted).ok();
            assert!(
                got == wanted || (wanted.as_object().is_none() && same_text()),
                "{got:?}: {call}"
            );
        }
    }
}
