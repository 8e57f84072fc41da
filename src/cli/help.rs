//! Help and usage texts, in the reference's layout.

use std::fmt::Write as _;

use super::commands::{COMMANDS, Command, LATER};
use super::flags::{Flag, Kind, Positionals, Visibility};

/// Usage of the whole program.
pub(crate) fn root_usage(program: &str) -> String {
    format!(
        "{}\nFlags:\n  -h, --help      help for alloy\n  -v, --version   version for alloy\n\n\
         Use \"{program} [command] --help\" for more information about a command.\n",
        root_commands(program, " [flags]")
    )
}

/// Usage after a question for help on something unknown: without flags, as the reference prints it.
pub(crate) fn commands_usage(program: &str) -> String {
    format!(
        "{}\nUse \"{program} [command] --help\" for more information about a command.\n",
        root_commands(program, "")
    )
}

fn root_commands(program: &str, flags: &str) -> String {
    let mut out = String::new();
    let name_width = COMMANDS.iter().map(|c| c.name.len()).max().unwrap_or(0).max(11);
    // Writing to a string cannot fail, here and below.
    let _ok = write!(
        out,
        "Usage:\n  {program} [global options] <subcommand>{flags}\n  {program} [command]\n\nAvailable Commands:\n"
    );
    for command in COMMANDS {
        let _ok = writeln!(out, "  {:name_width$} {}", command.name, command.about);
    }
    out
}

/// Help of the whole program.
pub(crate) fn root_help(program: &str) -> String {
    let later = LATER.join(", ");
    format!(
        "Collects metrics of hosts and services, as an Alloy configuration describes it.\n\n{}\
         \nNot in this version yet: {later}.\n",
        root_usage(program)
    )
}

/// Help of one command.
pub(crate) fn command_help(program: &str, command: &Command) -> String {
    let mut out = String::new();
    let _ok = write!(out, "{}\n\nUsage:\n", command.long.trim());
    match command.children {
        [] => {
            let operands = match command.operands {
                "" => String::new(),
                operands => format!(" {operands}"),
            };
            let _ok = writeln!(out, "  {program} {}{operands}", command.name);
        }
        _ => {
            let _ok = writeln!(out, "  {program} {} [command]", command.name);
        }
    }
    if !command.aliases.is_empty() {
        let _ok = write!(out, "\nAliases:\n  {}, {}\n", command.name, command.aliases.join(", "));
    }
    if !command.children.is_empty() {
        out.push_str("\nAvailable Commands:\n");
        for (name, about) in command.children {
            let _ok = writeln!(out, "  {name:11} {about}");
        }
    }
    out.push_str("\nFlags:\n");
    out.push_str(&flag_lines(command));
    out
}

fn flag_lines(command: &Command) -> String {
    let help = Flag::new("help", Kind::Bool, "false", "").short('h');
    let mut shown: Vec<&Flag> =
        command.flags.iter().filter(|f| f.visibility == Visibility::Shown).collect();
    shown.push(&help);
    shown.sort_by_key(|flag| flag.long);
    let heads: Vec<String> = shown
        .iter()
        .map(|flag| {
            let short = match flag.short {
                Some(short) => format!("  -{short}, "),
                None => "      ".to_owned(),
            };
            match placeholder(flag.kind) {
                "" => format!("{short}--{}", flag.long),
                kind => format!("{short}--{} {kind}", flag.long),
            }
        })
        .collect();
    let width = heads.iter().map(String::len).max().unwrap_or(0);
    let mut out = String::new();
    for (flag, head) in shown.iter().zip(heads) {
        let text = match flag.long {
            "help" => format!("help for {}", command.name),
            _ => flag.help.to_owned(),
        };
        let _ok = write!(out, "{head:width$}   {text}");
        if let Some(default) = default(flag) {
            let _ok = write!(out, " (default {default})");
        }
        out.push('\n');
    }
    out
}

fn placeholder(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "",
        Kind::Int => "int",
        Kind::Duration => "duration",
        Kind::Text => "string",
        Kind::List => "strings",
        Kind::Stability => "<stability_level>",
    }
}

/// The default as help shows it; `None` for zero values.
fn default(flag: &Flag) -> Option<String> {
    match (flag.kind, flag.default) {
        (Kind::Bool, "false") | (Kind::Int, "0") | (Kind::Duration, "0s") | (_, "") => None,
        (Kind::Bool | Kind::Int, text) => Some(text.to_owned()),
        (Kind::Duration, text) => {
            let duration: alloy_value::GoDuration = text.parse().ok()?;
            Some(duration.to_string())
        }
        (Kind::List, text) => Some(format!("[{text}]")),
        (Kind::Text | Kind::Stability, text) => Some(format!("\"{text}\"")),
    }
}

/// True if the command takes anything on its own, so that help is not the only thing it can do.
pub(crate) fn is_group(command: &Command) -> bool {
    !command.children.is_empty() && command.positionals == Positionals::Any
}
