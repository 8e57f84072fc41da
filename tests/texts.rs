//! Texts that users and their tools know, as `POST /-/reload` answers them: one table a section of
//! the specification of the runtime. Each case is loaded into the same process, so each also shows
//! that a refused revision leaves the process ready for the next one.

use crate::support::alloy::Alloy;

const LOAD: &str = "error during the initial load: ";

/// Configuration and what the answer says about it, behind [`LOAD`]. An empty text is no error.
type Case = (&'static str, &'static str);

/// Loads every case; all that differ are shown at once.
#[track_caller]
fn check(alloy: &Alloy, cases: &[Case]) {
    let mut wrong = String::new();
    for (config, expected) in cases {
        alloy.write("config.alloy", config);
        let (status, answer) = alloy.reload();
        let answer = answer.trim_end();
        let said = match status {
            200 => "",
            _ => answer.strip_prefix(LOAD).unwrap_or(answer),
        };
        if said != *expected {
            wrong.push_str(&format!("{config}\n  expected {expected}\n  said     {said}\n\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

const GRAPH: &[Case] = &[
    // 1.2 and 3.1: what a source may hold.
    ("a = 1\n", "config.alloy:1:1: unrecognized attribute a"),
    (
        "local.file \"a\" {\n",
        "reading config path \"config.alloy\": config.alloy:2:1: expected }, got EOF",
    ),
    // 3.3: repeated and misplaced blocks.
    (
        "local.file \"a\" { filename = \"x\" }\nlocal.file \"a\" { filename = \"y\" }\n",
        "config.alloy:2:1: block local.file.a already declared at config.alloy:1:1",
    ),
    (
        "logging { }\nlogging { }\n",
        "config.alloy:2:1: block logging already declared at config.alloy:1:1",
    ),
    (
        "declare \"m\" { }\ndeclare \"m\" { }\n",
        "config.alloy:2:1: block declare.m already declared at config.alloy:1:1",
    ),
    (
        "labelstore { }\nlabelstore { }\n",
        "config.alloy:2:1: duplicate definition of \"labelstore\"",
    ),
    (
        "declare \"m\" {\n  labelstore { }\n}\nm \"x\" { }\n",
        "config.alloy:2:3: service blocks not allowed inside a module: \"labelstore\"",
    ),
    (
        "declare \"m\" {\n  logging { }\n}\nm \"x\" { }\n",
        "config.alloy:2:3: logging block not allowed inside a module",
    ),
    ("argument \"a\" { }\n", "config.alloy:1:1: argument blocks only allowed inside a module"),
    (
        "export \"a\" { value = 1 }\n",
        "config.alloy:1:1: export blocks only allowed inside a module",
    ),
    (
        "cluster { }\n",
        "config.alloy:1:1: Failed to evaluate service: service \"cluster\" does not support being configured",
    ),
    (
        "ui { }\n",
        "config.alloy:1:1: Failed to evaluate service: service \"ui\" does not support being configured",
    ),
    (
        "otel { }\n",
        "config.alloy:1:1: Failed to evaluate service: service \"otel\" does not support being configured",
    ),
    // 3.3: names and labels.
    (
        "declare \"declare\" { }\n",
        "config.alloy:1:1: 'declare' is not a valid label for a declare block",
    ),
    (
        "nope.nope \"a\" { }\n",
        "config.alloy:1:1: cannot find the definition of component name \"nope.nope\"",
    ),
    (
        "local.file { filename = \"x\" }\n",
        "config.alloy:1:1: component \"local.file\" must have a label",
    ),
    // 3.4: the first segment of a name decides.
    (
        "import.string \"prometheus\" { content = \"\" }\nprometheus.echo \"a\" { }\n",
        "config.alloy:2:1: Failed to build component: loading custom component controller: custom \
         component config not found in the registry, namespace: \"prometheus\", componentName: \
         \"echo\"",
    ),
    (
        "declare \"prometheus\" { }\nprometheus.echo \"a\" { }\n",
        "config.alloy:2:1: cannot find the definition of component name \"prometheus.echo\"",
    ),
    // 3.5: references.
    (
        "local.file \"a\" { filename = local.file.b.content }\n",
        "config.alloy:1:29: component \"local.file.b.content\" does not exist or is out of scope",
    ),
    (
        "local.file \"out\" { filename = \"config.alloy\" }\n\
         declare \"m\" {\n  local.file \"in\" { filename = local.file.out.content }\n}\nm \"x\" { }\n",
        "config.alloy:3:32: component \"local.file.out.content\" does not exist or is out of scope",
    ),
    ("local.file \"a\" { filename = local.file.a.content }\n", "-: self reference: local.file.a"),
    (
        "local.file \"a\" { filename = local.file.b.content }\n\
         local.file \"b\" { filename = local.file.a.content }\n",
        "-: cycle: local.file.a, local.file.b",
    ),
    ("declare \"m\" {\n  m \"again\" { }\n}\nm \"x\" { }\n", "-: self reference: declare.m"),
    (
        "declare \"a\" {\n  b \"x\" { }\n}\ndeclare \"b\" {\n  a \"x\" { }\n}\n",
        "-: cycle: declare.a, declare.b",
    ),
    // All cycles are told, and how many more there are.
    (
        "local.file \"a\" { filename = local.file.a.content }\n\
         local.file \"b\" { filename = local.file.b.content }\n\
         local.file \"c\" { filename = local.file.c.content }\n",
        "-: self reference: local.file.a (and 2 more diagnostics)",
    ),
];

#[test]
fn what_the_graph_refuses() {
    check(&Alloy::start(""), GRAPH);
}

const EVALUATION: &[Case] = &[
    // 3.3: use of custom components.
    (
        "declare \"m\" { }\nm \"x\" { a = 1 }\n",
        "-: Provided argument \"a\" is not defined in the module",
    ),
    (
        "declare \"m\" { }\nm \"x\" {\n  a { }\n}\n",
        "config.alloy:3:3: nested blocks not supported here",
    ),
    (
        "declare \"m\" {\n  argument \"a\" { }\n}\nm \"x\" { }\n",
        "config.alloy:2:3: Failed to evaluate node for config block: missing required argument \
         \"a\" to module",
    ),
    // Ours: a declare without content is a component without content.
    ("declare \"m\" { }\nm \"x\" { }\n", ""),
    ("declare \"m\" { }\nm { }\n", ""),
    // 4.1 and 4.2.
    (
        "local.file \"a\" { filename = 1 + true }\n",
        "config.alloy:1:33: true should be one of [number string capsule] for binop +, got bool",
    ),
    (
        "local.file \"a\" { filename = \"missing\" }\n",
        "config.alloy:1:1: Failed to build component: building component: failed to read file: \
         open missing: no such file or directory",
    ),
    // 7: arguments of config blocks.
    (
        "logging { level = \"loud\" }\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         config.alloy:1:19: \"loud\" unrecognized log level \"loud\"",
    ),
    (
        "import.file \"a\" {\n  filename = \"config.alloy\"\n  detector = \"eyes\"\n}\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         config.alloy:3:14: \"eyes\" unrecognized detector \"eyes\", expected fsnotify or poll",
    ),
    (
        "import.file \"a\" { }\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         missing required attribute \"filename\"",
    ),
    (
        "import.string \"a\" { content = 1 + true }\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         config.alloy:1:35: true should be one of [number string capsule] for binop +, got bool",
    ),
    // 8.2: imports.
    (
        "import.file \"a\" { filename = \"missing\" }\n",
        "config.alloy:1:1: Failed to evaluate node for config block: failed to read file: stat \
         missing: no such file or directory",
    ),
    // 6.2: gates.
    (
        "foreach \"a\" {\n  collection = []\n  var = \"x\"\n  template { }\n}\n",
        "config.alloy:1:1: config block \"foreach\" is at stability level \"experimental\", which is \
         below the minimum allowed stability level \"generally-available\". Use --stability.level \
         command-line flag to enable \"experimental\" features",
    ),
    // A gate closes on what is used: a declare that nobody uses may hold anything.
    (
        "declare \"m\" {\n  foreach \"a\" {\n    collection = []\n    var = \"x\"\n    template { }\n  }\n}\n",
        "",
    ),
];

#[test]
fn what_evaluation_refuses() {
    check(&Alloy::start(""), EVALUATION);
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

/// What an import refuses, with the name and text of the imported file.
const IMPORTS: &[(&str, &str, &str)] = &[
    (
        "lib.alloy",
        "local.file \"x\" { filename = \"y\" }\n",
        "imported content from \"lib.alloy\" is invalid: lib.alloy:1:1: only declare and import blocks \
         are allowed in a module, got local.file",
    ),
    ("lib.alloy", "declare \"m\" {\n", "lib:2:1: expected }, got EOF"),
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
