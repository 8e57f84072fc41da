//! 8. Modules: imports and `foreach`.

use super::{Case, check};
use crate::support::alloy::Alloy;

const SOURCES: &[Case] = &[(
    "import.file \"a\" { filename = \"missing\" }\n",
    "config.alloy:1:1: Failed to evaluate node for config block: failed to read file: stat \
         missing: no such file or directory",
)];

#[test]
fn what_a_source_that_cannot_be_read_refuses() {
    check(&Alloy::start(""), SOURCES);
}

/// What an import refuses, with the name and text of the imported file.
const IMPORTS: &[(&str, &str, &str)] = &[
    (
        "lib.alloy",
        "local.file \"x\" { filename = \"y\" }\n",
        "imported content from \"lib.alloy\" is invalid: lib.alloy:1:1: only declare and import blocks \
         are allowed in a module, got local.file",
    ),
    ("lib.alloy", "declare \"m\" {\n", "lib:2:1: expected }, got EOF"),
    (
        "lib.alloy",
        "import.string \"a\" { content = \"\" }\nimport.string \"a\" { content = \"\" }\n",
        "imported content from \"lib.alloy\" is invalid: lib.alloy:2:1: import block redefined a",
    ),
];

#[test]
fn what_an_import_says_about_its_content() {
    let alloy = Alloy::start("");
    for (name, text, expected) in IMPORTS {
        alloy.write(name, text);
        alloy.write(
            "config.alloy",
            "import.file \"lib\" { filename = \"lib.alloy\" }\nlib.m \"x\" { }\n",
        );
        let answer = alloy.reload();
        let log = alloy.log();
        assert!(log.contains(&format!("err={expected:?}")), "{expected}\n{answer:?}\n{log}");
        alloy.write("config.alloy", "");
        alloy.reload();
    }
}

const FOREACH: &[Case] = &[
    (
        "foreach \"a\" {\n  collection = []\n  var = \"x\"\n}\n",
        "config.alloy:1:1: Failed to evaluate node for config block: the block template is missing \
         in the foreach block",
    ),
    (
        "foreach \"a\" {\n  var = \"x\"\n  template { }\n}\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         missing required attribute \"collection\"",
    ),
    (
        "foreach \"a\" {\n  collection = [1]\n  template { }\n}\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         missing required attribute \"var\"",
    ),
    (
        "foreach \"a\" {\n  collection = 1\n  var = \"x\"\n  template { }\n}\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         config.alloy:2:16: 1 should be array, got number",
    ),
    (
        "foreach \"a\" {\n  collection = [1]\n  var = \"x\"\n  template {\n    logging { }\n  }\n}\n",
        "config.alloy:5:5: logging block not allowed inside a module",
    ),
    (
        "foreach \"a\" {\n  collection = [1]\n  var = \"x\"\n  template {\n    labelstore { }\n  }\n}\n",
        "config.alloy:5:5: service blocks not allowed inside a module: \"labelstore\"",
    ),
    (
        "declare \"m\" { }\nforeach \"a\" {\n  collection = [1]\n  var = \"x\"\n  template {\n    m \"n\" { a = x }\n  }\n}\n",
        "-: Provided argument \"a\" is not defined in the module",
    ),
    (
        "foreach \"a\" {\n  collection = [1]\n  var = \"x\"\n  template {\n    local.file \"f\" { filename = other.thing }\n  }\n}\n",
        "config.alloy:5:33: component \"other.thing\" does not exist or is out of scope",
    ),
    // What it holds cannot be reached from outside.
    (
        "foreach \"a\" {\n  collection = [1]\n  var = \"x\"\n  template { }\n}\nlocal.file \"f\" { filename = foreach.a.x }\n",
        "config.alloy:6:39: field \"x\" does not exist",
    ),
    (
        "foreach \"a\" {\n  collection = [1]\n  var = \"x\"\n  template {\n    nope.nope \"n\" { }\n  }\n}\n",
        "config.alloy:5:5: cannot find the definition of component name \"nope.nope\"",
    ),
];

#[test]
fn what_a_foreach_refuses() {
    check(&Alloy::start_with("", &["--stability.level=experimental"], &[]), FOREACH);
}
