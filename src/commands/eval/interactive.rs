//! One expression after the other from a terminal, with a history.

use std::path::PathBuf;

use anyhow::{Context, Result};
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use super::scope::Scope;
use super::{Output, show};
use crate::cli::output::err;

const PROMPT: &str = "> ";

/// Reads and evaluates until the end of input. What fails is told, and nothing ends for it.
pub(super) fn run(scope: &mut Scope, output: Output) -> Result<bool> {
    let mut editor = DefaultEditor::new().context("cannot use the terminal")?;
    let history = history_file();
    if let Some(path) = &history {
        // The first time there is none.
        let _missing = editor.load_history(path);
    }
    loop {
        let line = match editor.readline(PROMPT) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error).context("cannot read from the terminal"),
        };
        if line.trim().is_empty() {
            continue;
        }
        editor.add_history_entry(line.as_str()).context("cannot remember a line")?;
        match scope.evaluate(&line) {
            Ok(answer) => {
                show(&answer, output);
            }
            Err(error) => err(&format!("Error: {error:#}\n")),
        }
    }
    if let Some(path) = &history
        && let Err(error) = save(&mut editor, path)
    {
        err(&format!("Error: cannot save the history in {}: {error}\n", path.display()));
    }
    Ok(true)
}

fn save(editor: &mut DefaultEditor, path: &std::path::Path) -> rustyline::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    editor.save_history(path)
}

/// `$XDG_STATE_HOME/alloy/eval_history`; `None` for users without a home.
fn history_file() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?;
    Some(state.join("alloy/eval_history"))
}
