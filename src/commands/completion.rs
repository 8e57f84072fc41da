//! `alloy completion`: scripts for shells.

use anyhow::{Result, bail};
use clap_complete::Shell;

use crate::cli::commands::Outcome;
use crate::cli::flags::Parsed;
use crate::cli::{output, tokenizer};

pub(crate) fn run(parsed: &Parsed) -> Result<Outcome> {
    let shell = match parsed.path().as_str() {
        "bash" => Shell::Bash,
        "fish" => Shell::Fish,
        "powershell" => Shell::PowerShell,
        "zsh" => Shell::Zsh,
        other => bail!("no completion for {}", alloy_value::quote(other)),
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut tokenizer(), "alloy", &mut script);
    output::out(&String::from_utf8_lossy(&script));
    Ok(Outcome::Done)
}
