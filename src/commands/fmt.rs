//! `alloy fmt` (spec/cli.md §3).

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};

use super::reason;
use crate::cli::commands::Outcome;
use crate::cli::flags::Parsed;
use crate::cli::output::{err, out};

#[derive(Clone, Copy)]
enum Mode {
    Print,
    Write,
    Test,
}

pub(crate) fn run(parsed: &Parsed) -> Result<Outcome> {
    let mode = match (parsed.bool("write"), parsed.bool("test")) {
        (true, true) => bail!("cannot use -w/--write and -t/--test at the same time"),
        (true, false) => Mode::Write,
        (false, true) => Mode::Test,
        (false, false) => Mode::Print,
    };
    let Some(path) = parsed.positionals.first().filter(|path| *path != OsStr::new("-")) else {
        return standard_input(mode);
    };
    let path = Path::new(path);
    let about = fs::metadata(path).map_err(|e| failed("stat", path, &e))?;
    if !about.is_dir() {
        return file(path, mode).map(|()| Outcome::Done);
    }
    let mut all_good = true;
    for path in files_of(path)? {
        if let Err(error) = file(&path, mode) {
            err(&format!("Error: {error:#}\n"));
            all_good = false;
        }
    }
    Ok(Outcome::Code(u8::from(!all_good)))
}

fn failed(call: &str, path: &Path, error: &std::io::Error) -> anyhow::Error {
    anyhow!("{call} {}: {}", path.display(), reason(error))
}

fn standard_input(mode: Mode) -> Result<Outcome> {
    if let Mode::Write = mode {
        bail!("cannot use -w with standard input");
    }
    let mut text = Vec::new();
    std::io::stdin()
        .read_to_end(&mut text)
        .map_err(|error| anyhow!("read <stdin>: {}", reason(&error)))?;
    let formatted = format("<stdin>", &text)?;
    finish("<stdin>", &text, &formatted, mode)?;
    Ok(Outcome::Done)
}

fn file(path: &Path, mode: Mode) -> Result<()> {
    let name = path.display().to_string();
    let text = fs::read(path).map_err(|e| failed("open", path, &e))?;
    let formatted = format(&name, &text)?;
    finish(&name, &text, &formatted, mode)?;
    if let Mode::Write = mode
        && formatted.as_bytes() != text
    {
        // In place: a link stays a link, and permissions stay as they are.
        fs::write(path, formatted).map_err(|e| failed("open", path, &e))?;
    }
    Ok(())
}

fn finish(name: &str, text: &[u8], formatted: &str, mode: Mode) -> Result<()> {
    match mode {
        Mode::Print => out(formatted),
        Mode::Test if formatted.as_bytes() != text => {
            bail!("file {name} is not formatted correctly")
        }
        Mode::Test | Mode::Write => {}
    }
    Ok(())
}

/// The formatted text; syntax errors go to standard error, one line each.
fn format(name: &str, text: &[u8]) -> Result<String> {
    alloy_syntax::format_bytes(text).map_err(|diagnostics| {
        for diagnostic in diagnostics {
            err(&format!("{}\n", diagnostic.with_file(name)));
        }
        anyhow!("encountered errors during formatting")
    })
}

fn files_of(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(|e| failed("open", directory, &e))? {
        let path = entry.map_err(|e| failed("open", directory, &e))?.path();
        if path.extension() == Some(OsStr::new("alloy")) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
