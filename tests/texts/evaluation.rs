//! 4. Evaluation, and 6.2 the gates that close on it.

use super::{Case, check};
use crate::support::alloy::Alloy;

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
    // 4.1: services. A finding with a place stands for itself.
    (
        "remotecfg {\n  url = \"http://127.0.0.1:1\"\n  tls_config { ca_file = \"missing\" }\n}\n",
        "config.alloy:1:1: Failed to evaluate service: updating service: cannot use the remotecfg \
         settings: cannot set up TLS: cannot read missing: No such file or directory (os error 2)",
    ),
    (
        "livedebugging { enabled = \"maybe\" }\n",
        "config.alloy:1:27: \"maybe\" should be bool, got string",
    ),
    ("livedebugging { nope = 1 }\n", "config.alloy:1:17: unrecognized attribute name \"nope\""),
    // 4.2: a module says what its blocks say, each at its place.
    (
        "declare \"m\" {\n  local.file \"f\" { filename = \"missing\" }\n}\nm \"x\" { }\n",
        "config.alloy:2:3: Failed to build component: building component: failed to read file: \
         open missing: no such file or directory",
    ),
    (
        "declare \"m\" {\n  export \"a\" { value = 1 + true }\n}\nm \"x\" { }\n",
        "config.alloy:2:3: Failed to evaluate node for config block: decoding configuration: \
         config.alloy:2:28: true should be one of [number string capsule] for binop +, got bool",
    ),
    // 4.6, ours: there is no map of exports, so an id that is the start of another hides nothing.
    (
        "declare \"m\" {\n  export \"v\" { value = \"config.alloy\" }\n}\nm { }\nm \"v\" { }\n\
         local.file \"a\" { filename = m.v }\n",
        "",
    ),
];

#[test]
fn what_evaluation_refuses() {
    check(&Alloy::start(""), EVALUATION);
}

const GATES: &[Case] = &[
    (
        "prometheus.exporter.catchpoint \"a\" { }\n",
        "config.alloy:1:1: component \"prometheus.exporter.catchpoint\" is at stability level \
         \"experimental\", which is below the minimum allowed stability level \
         \"generally-available\". Use --stability.level command-line flag to enable \"experimental\" \
         features",
    ),
    (
        "local.file \"a\" { filename = array.group_by([], \"a\", false) }\n",
        "config.alloy:1:29: array.group_by is at stability level \"experimental\", which is below the \
         minimum allowed stability level \"generally-available\". Use --stability.level command-line \
         flag to enable \"experimental\" features",
    ),
    (
        "otelcol.exporter.splunkhec \"a\" { }\n",
        "config.alloy:1:1: the component \"otelcol.exporter.splunkhec\" is a community component. Use \
         the --feature.community-components.enabled command-line flag to enable community components",
    ),
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
fn what_the_gates_of_stability_refuse() {
    check(&Alloy::start(""), GATES);
}
