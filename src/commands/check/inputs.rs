//! The texts to check.

use std::path::{Path, PathBuf};

use alloy_queries::Source;
use alloy_runtime::ConfigText;
use anyhow::{Result, anyhow, bail};

use super::options::CheckOptions;
use crate::cli::flags::Parsed;
use crate::commands::{check_format, read as read_config};

/// One configuration.
pub(super) struct Root {
    /// Where configuration files of the check are looked for.
    pub(super) directory: PathBuf,
    pub(super) sources: Vec<Source>,
    /// The `module_path` variable.
    pub(super) module_path: String,
    /// False for standard input.
    pub(super) is_file: bool,
}

/// The paths of the command line, or the current directory.
pub(super) fn paths(parsed: &Parsed) -> Vec<String> {
    match parsed.positionals.as_slice() {
        [] => vec![".".to_owned()],
        paths => paths.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
    }
}

pub(super) fn read(parsed: &Parsed, options: &CheckOptions) -> Result<Vec<Root>> {
    let paths = paths(parsed);
    if paths.iter().filter(|path| *path == "-").count() > 1 {
        bail!("standard input can be read once only");
    }
    let writes = (options.fix.is_some() && !options.diff) || options.add_ignore;
    paths
        .iter()
        .map(|path| match path.as_str() {
            "-" if writes => bail!("standard input cannot be changed; --diff prints the changes"),
            "-" => standard_input(parsed.text("stdin-filename")),
            path => root(parsed, path),
        })
        .collect()
}

pub(super) fn root(parsed: &Parsed, path: &str) -> Result<Root> {
    check_format(parsed, path)?;
    let ConfigText { sources, module_path, .. } = read_config(path)?;
    let directory = match Path::new(path) {
        path if path.is_dir() => path,
        path => path.parent().unwrap_or(Path::new("")),
    };
    Ok(Root { directory: directory.to_owned(), sources, module_path, is_file: true })
}

fn standard_input(name: &str) -> Result<Root> {
    let text = std::io::read_to_string(std::io::stdin())
        .map_err(|error| anyhow!("read standard input: {}", crate::commands::reason(&error)))?;
    let shown = if name.is_empty() { "<stdin>" } else { name };
    let directory = Path::new(name).parent().unwrap_or(Path::new("")).to_owned();
    let sources = vec![Source { name: shown.into(), text: text.into() }];
    let module_path = match directory.as_os_str().is_empty() {
        true => ".".to_owned(),
        false => directory.display().to_string(),
    };
    Ok(Root { directory, sources, module_path, is_file: false })
}
