//! 3. Graph construction.

use super::{Case, check};
use crate::support::alloy::Alloy;

const GRAPH: &[Case] = &[
    // 3.1: what a source may hold.
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
    (
        "declare \"m\" {\n  tracing { }\n}\nm \"x\" { }\n",
        "config.alloy:2:3: tracing block not allowed inside a module",
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
    // A service has no label: this is the name of a component.
    (
        "livedebugging \"x\" { }\n",
        "config.alloy:1:1: cannot find the definition of component name \"livedebugging\"",
    ),
    (
        "cluster \"x\" { }\n",
        "config.alloy:1:1: cannot find the definition of component name \"cluster\"",
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
