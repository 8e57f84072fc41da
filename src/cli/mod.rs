//! From arguments to a command, and from its outcome to messages and an exit code.
//!
//! Texts and codes are those of spec/cli.md §1.

pub(crate) mod commands;
pub(crate) mod flags;
mod help;
pub(crate) mod output;
pub(crate) mod version;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use commands::{COMMANDS, Command, LATER, Outcome};
use flags::Visibility;
use output::{err, out};

/// Runs the command line `args`, the first of which is the program's own path.
pub(crate) fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut args = args.into_iter();
    let program = args.next().unwrap_or_default();
    let program = Path::new(&program)
        .file_name()
        .map_or_else(|| "alloy".to_owned(), |name| name.to_string_lossy().into_owned());
    let args: Vec<OsString> = args.collect();
    let Some(at) = command_position(&args) else { return root(&program, &args) };
    let name = args[at].to_string_lossy().into_owned();
    let Some(command) = commands::find(&name) else { return unknown_command(&program, &name) };
    let mut rest = args;
    rest.remove(at);
    dispatch(&program, command, &rest)
}

fn dispatch(program: &str, command: &Command, args: &[OsString]) -> ExitCode {
    let parsed = match flags::parse(command.flags, command.positionals, args) {
        Ok(parsed) => parsed,
        Err(error) => {
            fail(&error);
            return ExitCode::from(command.bad_usage);
        }
    };
    if parsed.help {
        out(&help::command_help(program, command));
        return ExitCode::SUCCESS;
    }
    if command.name == "help" {
        return help_topic(program, &parsed.positionals);
    }
    if help::is_group(command)
        && !command.children.iter().any(|(name, _)| {
            parsed.positionals.first().is_some_and(|first| first == OsStr::new(name))
        })
    {
        out(&help::command_help(program, command));
        return ExitCode::SUCCESS;
    }
    for flag in command.flags {
        if flag.visibility == Visibility::Deprecated && parsed.given().contains(&flag.long) {
            err(&format!(
                "Flag --{} has been deprecated, This flag is deprecated and has no effect.\n",
                flag.long
            ));
        }
    }
    match (command.run)(&parsed) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Code(code)) => ExitCode::from(code),
        Err(error) => fail(&error),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    err(&format!("Error: {error:#}\n"));
    ExitCode::FAILURE
}

/// Position of the command's name. A long flag that is not the root's own may take the next word.
fn command_position(args: &[OsString]) -> Option<usize> {
    let mut at = 0;
    while at < args.len() {
        let word = args[at].to_string_lossy();
        match &*word {
            "--" => return None,
            "--help" | "--version" => at += 1,
            word if word.starts_with("--") && !word.contains('=') => at += 2,
            word if word.starts_with('-') && word.len() > 1 => at += 1,
            _ => return Some(at),
        }
    }
    None
}

/// A command line without a command.
fn root(program: &str, args: &[OsString]) -> ExitCode {
    let mut version = false;
    for arg in args {
        match &*arg.to_string_lossy() {
            "-h" | "--help" => {
                out(&help::root_help(program));
                return ExitCode::SUCCESS;
            }
            "-v" | "--version" => version = true,
            "--" => break,
            flag => {
                let name = flag.split('=').next().unwrap_or(flag);
                let message = match (name.starts_with("--"), name.chars().nth(1)) {
                    (false, Some(short)) => format!("unknown shorthand flag: '{short}' in {name}"),
                    _ => format!("unknown flag: {name}"),
                };
                err(&format!("Error: {message}\n{}\n", help::root_usage(program)));
                return ExitCode::FAILURE;
            }
        }
    }
    if version {
        out(&version::text());
    } else {
        err(&help::root_usage(program));
    }
    ExitCode::SUCCESS
}

fn help_topic(program: &str, words: &[OsString]) -> ExitCode {
    let Some(topic) = words.first() else {
        out(&help::root_help(program));
        return ExitCode::SUCCESS;
    };
    match commands::find(&topic.to_string_lossy()) {
        Some(command) => out(&help::command_help(program, command)),
        None => {
            let topics: Vec<String> =
                words.iter().map(|word| format!("`{}`", word.to_string_lossy())).collect();
            err(&format!(
                "Unknown help topic [{}]\n{}",
                topics.join(" "),
                help::commands_usage(program)
            ));
        }
    }
    ExitCode::SUCCESS
}

fn unknown_command(program: &str, name: &str) -> ExitCode {
    if LATER.contains(&name) {
        err(&format!("Error: the command \"{name}\" is not in this version yet\n"));
        return ExitCode::FAILURE;
    }
    let near: Vec<&str> =
        COMMANDS.iter().map(|command| command.name).filter(|known| is_near(name, known)).collect();
    let mut message =
        format!("Error: unknown command {} for \"alloy\"\n", alloy_value::quote(name));
    if !near.is_empty() {
        message.push_str("\nDid you mean this?\n");
        for known in near {
            message.push_str(&format!("\t{known}\n"));
        }
        message.push('\n');
    }
    message.push_str(&format!("Run '{program} --help' for usage.\n"));
    err(&message);
    ExitCode::FAILURE
}

fn is_near(given: &str, known: &str) -> bool {
    let given = given.to_lowercase();
    edit_distance(&given, known) <= 2 || known.starts_with(&given)
}

/// Number of insertions, deletions and replacements between two words.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replace = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

/// The tokenizer of the whole command line, for completion scripts.
pub(crate) fn tokenizer() -> clap::Command {
    let mut root = clap::Command::new("alloy").disable_help_subcommand(true);
    for command in COMMANDS {
        let mut sub = match command.children {
            [] => flags::tokenizer(command.name, command.flags),
            children => clap::Command::new(command.name).subcommands(
                children.iter().map(|(name, about)| clap::Command::new(*name).about(*about)),
            ),
        };
        sub = sub.about(command.about).visible_aliases(command.aliases.iter().copied());
        root = root.subcommand(sub);
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn the_command_is_the_first_word_that_no_flag_takes() {
        assert_eq!(command_position(&words("run x")), Some(0));
        assert_eq!(command_position(&words("--help run")), Some(1));
        assert_eq!(command_position(&words("--nope run x")), Some(2));
        assert_eq!(command_position(&words("--nope=1 run")), Some(1));
        assert_eq!(command_position(&words("-v")), None);
    }

    #[test]
    fn near_names_are_found() {
        assert!(is_near("validat", "validate"));
        assert!(is_near("val", "validate"));
        assert!(is_near("RUN", "run"));
        assert!(!is_near("nope", "validate"));
        assert_eq!(edit_distance("kitten", "sitting"), 3);
    }

    #[test]
    fn completion_scripts_know_every_command() {
        tokenizer().debug_assert();
        for command in COMMANDS {
            flags::tokenizer(command.name, command.flags).debug_assert();
        }
    }
}
