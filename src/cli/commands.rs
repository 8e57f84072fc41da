//! The commands and their flags.

use anyhow::Result;

use super::flags::{Flag, Kind, Parsed, Positionals, Visibility};
use crate::commands::{
    check, completion, components, daemon, docs, eval, explain, fmt, plan, schema, validate, why,
};
use crate::run;

/// One command.
pub(crate) struct Command {
    pub(crate) name: &'static str,
    pub(crate) aliases: &'static [&'static str],
    /// What usage shows behind the name.
    pub(crate) operands: &'static str,
    /// One line for the list of commands.
    pub(crate) about: &'static str,
    pub(crate) long: &'static str,
    pub(crate) flags: &'static [Flag],
    pub(crate) positionals: Positionals,
    /// Exit code for arguments that make no sense.
    pub(crate) bad_usage: u8,
    /// Names and summaries, for a command that is a group.
    pub(crate) children: &'static [(&'static str, &'static str)],
    pub(crate) run: fn(&Parsed) -> Result<Outcome>,
}

/// How a command ended that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// Exits with this code; what there is to say has been said.
    Code(u8),
}

/// All commands, by name.
pub(crate) static COMMANDS: &[Command] = &[
    Command {
        name: "check",
        aliases: &[],
        operands: "[flags] [path]...",
        about: "Report everything that is wrong with configurations",
        long: "Reports everything that is wrong with configurations, without running them.\n\n\
               Each path is a file or a directory, checked as one module, or - for standard input;\n\
               without one the current directory is checked.\n\
               Exits 0 without findings, 1 with findings, 2 if a path cannot be read.",
        flags: CHECK_FLAGS,
        positionals: Positionals::Any,
        bad_usage: 2,
        children: &[],
        run: check::run,
    },
    Command {
        name: "completion",
        aliases: &[],
        operands: "",
        about: "Generate the completion script for a shell",
        long: "Writes the completion script for a shell to standard output.",
        flags: COMPLETION_FLAGS,
        positionals: Positionals::Any,
        bad_usage: 1,
        children: &[
            ("bash", "Generate the completion script for bash"),
            ("fish", "Generate the completion script for fish"),
            ("powershell", "Generate the completion script for PowerShell"),
            ("zsh", "Generate the completion script for zsh"),
        ],
        run: completion::run,
    },
    Command {
        name: "components",
        aliases: &[],
        operands: "[flags] [pattern]",
        about: "List components",
        long: "Lists the components whose name contains the pattern, or is like it where * stands for\n\
               anything.\n\n\
               Exits 0, or 1 if nothing matches.",
        flags: COMPONENTS_FLAGS,
        positionals: Positionals::AtMost(1),
        bad_usage: 2,
        children: &[],
        run: components::run,
    },
    Command {
        name: "docs",
        aliases: &[],
        operands: "[flags] name",
        about: "Describe a component, config block or function",
        long: "Prints what a component, a config block or a function of the standard library is for, and\n\
               what it takes and gives.\n\n\
               Exits 0, or 1 if the name is unknown.",
        flags: DOCS_FLAGS,
        positionals: Positionals::AtMost(1),
        bad_usage: 2,
        children: &[],
        run: docs::run,
    },
    Command {
        name: "eval",
        aliases: &[],
        operands: "[flags] [expression]",
        about: "Evaluate an expression",
        long: "Evaluates one expression and prints its value as an expression; secrets as (secret).\n\n\
               Without an expression, standard input is evaluated. With -c, the expression can name\n\
               what a configuration can; exports of its components are known only with --addr.\n\
               Exits 1 if the evaluation fails, 2 for bad usage or if the running Alloy cannot be\n\
               asked.",
        flags: EVAL_FLAGS,
        positionals: Positionals::AtMost(1),
        bad_usage: 2,
        children: &[],
        run: eval::run,
    },
    Command {
        name: "explain",
        aliases: &[],
        operands: "[flags] rule",
        about: "Explain what a rule of check finds",
        long: "Explains a rule of `alloy check`: what it finds, why that matters, an example with\n\
               the problem and one without.\n\n\
               A rule is given by its code, such as AL201, or its name, such as\n\
               unknown-attribute. Exits 1 if there is no such rule.",
        flags: EXPLAIN_FLAGS,
        positionals: Positionals::AtMost(1),
        bad_usage: 2,
        children: &[],
        run: explain::run,
    },
    Command {
        name: "fmt",
        aliases: &["format"],
        operands: "[flags] file",
        about: "Format configuration files",
        long: "Formats configuration files and prints the results.\n\n\
               Without a file, or with -, standard input is formatted. A directory stands for the\n\
               .alloy files directly in it. A file that cannot be formatted does not keep the others\n\
               from it. Exits 1 if there was one, or if --test or --diff finds a change to make.",
        flags: FMT_FLAGS,
        positionals: Positionals::Any,
        bad_usage: 1,
        children: &[],
        run: fmt::run,
    },
    Command {
        name: "help",
        aliases: &[],
        operands: "[command] [flags]",
        about: "Help about any command",
        long: "Shows the help of a command.",
        flags: &[],
        positionals: Positionals::Any,
        bad_usage: 1,
        children: &[],
        run: |_| Ok(Outcome::Done),
    },
    Command {
        name: "plan",
        aliases: &[],
        operands: "[flags] [old] new",
        about: "Say what another configuration would change",
        long: "Says what loading the new configuration would do: which components it creates (+),\n\
               updates (~, with the changed arguments), recreates (-/+) and removes (-).\n\n\
               With the old configuration, texts are compared: what components would export is not\n\
               known. Without it a running Alloy is asked, which evaluates everything but what reads\n\
               the environment or uncovers a secret. Nothing is changed either way.\n\
               Exits 0, 1 if the new configuration would be refused, 2 for bad usage or if a\n\
               configuration cannot be read or the running Alloy cannot be asked; with\n\
               --detailed-exitcode 3 if there are changes.",
        flags: PLAN_FLAGS,
        positionals: Positionals::AtMost(2),
        bad_usage: 2,
        children: &[],
        run: plan::run,
    },
    Command {
        name: "run",
        aliases: &[],
        operands: "[flags] path",
        about: "Run a configuration",
        long: "Runs the configuration at a path: a file, or a directory with .alloy files.\n\n\
               SIGHUP, or a request to /-/reload, reads it again. SIGINT and SIGTERM stop.",
        flags: RUN_FLAGS,
        positionals: Positionals::Exactly(1),
        bad_usage: 1,
        children: &[],
        run: run::run,
    },
    Command {
        name: "schema",
        aliases: &[],
        operands: "[flags] [name]...",
        about: "Print what is known about components and config blocks",
        long: "Prints arguments, blocks and exports of all components and config blocks, or of the\n\
               named ones, as JSON.\n\n\
               Exits 0, or 1 if a name is unknown.",
        flags: SCHEMA_FLAGS,
        positionals: Positionals::Any,
        bad_usage: 2,
        children: &[],
        run: schema::run,
    },
    Command {
        name: "validate",
        aliases: &[],
        operands: "[flags] file",
        about: "Validate a configuration file",
        long: "Reports what is wrong with a configuration, without running it.",
        flags: VALIDATE_FLAGS,
        positionals: Positionals::Exactly(1),
        bad_usage: 1,
        children: &[],
        run: validate::run,
    },
    Command {
        name: "why",
        aliases: &[],
        operands: "[flags] id",
        about: "Say why a component was evaluated",
        long: "Says why a running Alloy evaluated a component, newest first: what had changed, which\n\
               queries ran, what came of it and how long it took.\n\n\
               Exits 0, 1 if there is no such component, 2 for bad usage or if the running Alloy\n\
               cannot be asked.",
        flags: WHY_FLAGS,
        positionals: Positionals::AtMost(1),
        bad_usage: 2,
        children: &[],
        run: why::run,
    },
];

/// Commands of the reference that this version does not have.
pub(crate) static LATER: &[&str] = &["convert", "gql", "tools", "otel", "otel-supervisor"];

/// The command `name`, also by alias.
pub(crate) fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|c| c.name == name || c.aliases.contains(&name))
}

const STABILITY: Flag = Flag::new(
    "stability.level",
    Kind::Stability,
    "generally-available",
    "Minimum stability of what the configuration may use: experimental, public-preview or generally-available",
);
const COMMUNITY: Flag = Flag::new(
    "feature.community-components.enabled",
    Kind::Bool,
    "false",
    "Allow community components",
);
const CONFIG_FORMAT: Flag =
    Flag::new("config.format", Kind::Text, "alloy", "Format of the configuration");
const CONFIG_BYPASS: Flag = Flag::new(
    "config.bypass-conversion-errors",
    Kind::Bool,
    "false",
    "Accept a conversion with errors",
);
const CONFIG_EXTRA_ARGS: Flag =
    Flag::new("config.extra-args", Kind::Text, "", "Extra arguments of the converter");

static EXPLAIN_FLAGS: &[Flag] = &[
    Flag::new("list", Kind::Bool, "false", "List all rules"),
    Flag::new("output-format", Kind::Text, "text", "text or json"),
];

static FMT_FLAGS: &[Flag] = &[
    Flag::new("write", Kind::Bool, "false", "Write the result to the file").short('w'),
    Flag::new("test", Kind::Bool, "false", "Print nothing, fail if the text would change")
        .short('t'),
    Flag::new("check", Kind::Bool, "false", "The same as --test"),
    Flag::new("diff", Kind::Bool, "false", "Print a patch, fail if the text would change"),
    Flag::new("stdin-filename", Kind::Text, "", "Name of standard input in messages and patches"),
];

static EVAL_FLAGS: &[Flag] = &[
    Flag::new("config", Kind::Text, "", "Configuration whose names the expression can use")
        .short('c'),
    Flag::new("interactive", Kind::Bool, "false", "Read expressions from the terminal").short('i'),
    Flag::new("type", Kind::Bool, "false", "Print the type behind the value"),
    Flag::new("output-format", Kind::Text, "text", "text or json"),
    STABILITY,
    COMMUNITY,
    daemon::ADDR,
    daemon::PREFIX,
    daemon::HEADER,
    daemon::CA_FILE,
    daemon::INSECURE,
    daemon::BEARER,
    daemon::TIMEOUT,
];

static VALIDATE_FLAGS: &[Flag] =
    &[CONFIG_FORMAT, CONFIG_BYPASS, CONFIG_EXTRA_ARGS, STABILITY, COMMUNITY];

const OUTPUT_FORMAT: Flag =
    Flag::new("output-format", Kind::Text, "text", "For people or for programs: text or json");

static PLAN_FLAGS: &[Flag] = &[
    OUTPUT_FORMAT,
    Flag::new("detailed-exitcode", Kind::Bool, "false", "Exit with 3 if there are changes"),
    STABILITY,
    COMMUNITY,
    daemon::ADDR,
    daemon::PREFIX,
    daemon::HEADER,
    daemon::CA_FILE,
    daemon::INSECURE,
    daemon::BEARER,
    daemon::TIMEOUT,
];

static WHY_FLAGS: &[Flag] = &[
    OUTPUT_FORMAT,
    Flag::new("last", Kind::Int, "10", "How many evaluations to show"),
    daemon::ADDR,
    daemon::PREFIX,
    daemon::HEADER,
    daemon::CA_FILE,
    daemon::INSECURE,
    daemon::BEARER,
    daemon::TIMEOUT,
];

static COMPONENTS_FLAGS: &[Flag] = &[
    OUTPUT_FORMAT,
    Flag::new("stability", Kind::Text, "", "Only what this stability level permits"),
    Flag::new("runnable", Kind::Bool, "false", "Only what this version can run"),
    Flag::new("accepts", Kind::Text, "", "Only what takes this, such as Targets or LogsReceiver"),
    Flag::new("exports", Kind::Text, "", "Only what gives this, such as Targets or LogsReceiver"),
];

static DOCS_FLAGS: &[Flag] = &[
    OUTPUT_FORMAT,
    Flag::new("markdown", Kind::Bool, "false", "Markdown, also on a terminal"),
    Flag::new("write", Kind::Text, "", "Write the whole reference into this directory")
        .visibility(Visibility::Hidden),
];

static SCHEMA_FLAGS: &[Flag] = &[
    OUTPUT_FORMAT,
    Flag::new("json", Kind::Bool, "true", "Print the catalog of components and config blocks"),
    Flag::new("json-schema", Kind::Bool, "false", "Print a JSON Schema of configurations as JSON"),
];

static CHECK_FLAGS: &[Flag] = &[
    Flag::new(
        "output-format",
        Kind::Text,
        "full",
        "full, classic, concise, json, jsonl, sarif, github, gitlab or junit; also from the \
         environment variable ALLOY_CHECK_OUTPUT_FORMAT",
    ),
    Flag::new("output-file", Kind::Text, "", "Write the findings here, not to standard output")
        .short('o'),
    Flag::new("select", Kind::List, "", "Only these rules: codes, starts of codes, names"),
    Flag::new("ignore", Kind::List, "", "Not these rules"),
    Flag::new("warn", Kind::List, "", "These rules as warnings"),
    Flag::new("error", Kind::List, "", "These rules as errors"),
    Flag::new(
        "min-severity",
        Kind::Text,
        "warning",
        "Lowest severity that makes exit code 1: error, warning or info",
    ),
    Flag::new("deny-warnings", Kind::Bool, "false", "Same as --min-severity=warning"),
    Flag::new("exit-zero", Kind::Bool, "false", "Exit with 0 also if there are findings"),
    Flag::new("fix", Kind::Bool, "false", "Apply fixes that do not change the meaning"),
    Flag::new("unsafe-fixes", Kind::Bool, "false", "Apply all fixes"),
    Flag::new("diff", Kind::Bool, "false", "Print what fixes would change, and write nothing"),
    Flag::new("add-ignore", Kind::Bool, "false", "Add comments that suppress all findings"),
    Flag::new("baseline", Kind::Text, "", "Leave out the findings that this file lists"),
    Flag::new("write-baseline", Kind::Text, "", "List all findings in this file"),
    Flag::new(
        "resolve-imports",
        Kind::Text,
        "local",
        "Imports to read: none, local (import.file, import.string) or all (http and git too)",
    ),
    Flag::new("check-config", Kind::Text, "", "Settings, in place of the nearest alloy-check.toml"),
    Flag::new("no-config", Kind::Bool, "false", "Read no alloy-check.toml"),
    Flag::new("stdin-filename", Kind::Text, "", "Name of standard input in findings"),
    Flag::new("watch", Kind::Bool, "false", "Check again after every change").short('W'),
    Flag::new("statistics", Kind::Bool, "false", "Count the findings of each rule"),
    Flag::new("quiet", Kind::Bool, "false", "Print findings only"),
    Flag::new("color", Kind::Text, "auto", "auto, always or never"),
    Flag::new("explain", Kind::Text, "", "Explain a rule, by code or name, and check nothing"),
    Flag::new("list-rules", Kind::Bool, "false", "List all rules and check nothing"),
    CONFIG_FORMAT,
    CONFIG_BYPASS,
    CONFIG_EXTRA_ARGS,
    STABILITY,
    COMMUNITY,
];

static COMPLETION_FLAGS: &[Flag] =
    &[Flag::new("no-descriptions", Kind::Bool, "false", "Leave descriptions out")
        .visibility(Visibility::Hidden)];

static RUN_FLAGS: &[Flag] = &[
    Flag::new(
        "server.http.listen-addr",
        Kind::Text,
        "127.0.0.1:12345",
        "Address to listen on for HTTP",
    ),
    Flag::new(
        "server.http.memory-addr",
        Kind::Text,
        "alloy.internal:12345",
        "Address of the HTTP server inside the process",
    ),
    Flag::new("server.http.ui-path-prefix", Kind::Text, "/", "Path below which UI and web API are"),
    Flag::new("server.http.enable-pprof", Kind::Bool, "true", "Serve /debug/pprof"),
    Flag::new(
        "server.http.disable-support-bundle",
        Kind::Bool,
        "false",
        "Refuse to make support bundles",
    ),
    Flag::new("disable-support-bundle", Kind::Bool, "false", "").visibility(Visibility::Hidden),
    Flag::new("server.http.enable-graphql", Kind::Bool, "false", "Serve /graphql"),
    Flag::new(
        "server.http.enable-graphql-playground",
        Kind::Bool,
        "false",
        "Serve /graphql/playground",
    ),
    Flag::new(
        "server.http.allowed-hosts",
        Kind::List,
        "",
        "Host names that requests may use; default: loopback names if the address is loopback, else any",
    ),
    Flag::new("cluster.enabled", Kind::Bool, "false", "Start in clustered mode"),
    Flag::new("cluster.node-name", Kind::Text, "", "Name of this node; default: the host name"),
    Flag::new("cluster.advertise-address", Kind::Text, "", "Address that peers connect to"),
    Flag::new("cluster.join-addresses", Kind::Text, "", "Peers to join, separated by commas"),
    Flag::new("cluster.discover-peers", Kind::Text, "", "How to find peers"),
    Flag::new(
        "cluster.advertise-interfaces",
        Kind::List,
        "eth0,en0",
        "Interfaces whose address is advertised",
    ),
    Flag::new("cluster.rejoin-interval", Kind::Duration, "60s", "How often peers are joined again"),
    Flag::new("cluster.max-join-peers", Kind::Int, "5", "How many peers are joined"),
    Flag::new("cluster.name", Kind::Text, "", "Name of the cluster"),
    Flag::new("cluster.enable-tls", Kind::Bool, "false", "Use TLS between peers"),
    Flag::new("cluster.tls-ca-path", Kind::Text, "", "File with the certificate authority"),
    Flag::new("cluster.tls-cert-path", Kind::Text, "", "File with the certificate"),
    Flag::new("cluster.tls-key-path", Kind::Text, "", "File with the key"),
    Flag::new("cluster.tls-server-name", Kind::Text, "", "Server name of peers"),
    Flag::new("cluster.wait-for-size", Kind::Int, "0", "Peers to wait for; 0 waits for none"),
    Flag::new("cluster.wait-timeout", Kind::Duration, "0s", "How long to wait for peers"),
    Flag::new("cluster.use-discovery-v1", Kind::Bool, "false", "")
        .visibility(Visibility::Deprecated),
    CONFIG_FORMAT,
    CONFIG_BYPASS,
    CONFIG_EXTRA_ARGS,
    Flag::new(
        "config.watch",
        Kind::Bool,
        "false",
        "Reload when a file of the configuration changes",
    ),
    Flag::new(
        "config.reload",
        Kind::Text,
        "atomic",
        "What a reload does whose blocks don't evaluate: atomic or partial",
    ),
    Flag::new(
        "disable-reporting",
        Kind::Bool,
        "false",
        "Changes nothing: usage reports are never sent",
    ),
    Flag::new("storage.path", Kind::Text, "data-alloy/", "Directory for data"),
    STABILITY,
    COMMUNITY,
    Flag::new(
        "feature.component-shutdown-deadline",
        Kind::Duration,
        "10m",
        "How long components may take to stop; 0 waits without limit",
    ),
    Flag::new(
        "feature.prometheus.direct-fanout.enabled",
        Kind::Bool,
        "false",
        "Send samples without the global label store",
    ),
    Flag::new("feature.prometheus.metric-validation-scheme", Kind::Bool, "false", "")
        .visibility(Visibility::Deprecated),
];
