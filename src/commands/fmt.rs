//! `alloy fmt` (spec/cli.md §3).

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use similar::TextDiff;

use super::reason;
use crate::cli::commands::Outcome;
use crate::cli::flags::Parsed;
use crate::cli::output::{err, out};

/// Lines around a change in a patch.
const CONTEXT: usize = 3;

#[derive(Clone, Copy)]
enum Mode {
    Print,
    Write,
    Test,
    Diff,
}

impl Mode {
    fn of(parsed: &Parsed) -> Result<Self> {
        let test = parsed.bool("test") || parsed.bool("check");
        match (parsed.bool("write"), test, parsed.bool("diff")) {
            (true, true, _) => bail!("cannot use -w/--write and -t/--test at the same time"),
            (true, _, true) => bail!("cannot use -w/--write and --diff at the same time"),
            (true, ..) => Ok(Self::Write),
            (.., true) => Ok(Self::Diff),
            (_, true, _) => Ok(Self::Test),
            _ => Ok(Self::Print),
        }
    }
}

/// What is formatted.
enum Input {
    /// Standard input under that name.
    Standard(String),
    File(PathBuf),
}

pub(crate) fn run(parsed: &Parsed) -> Result<Outcome> {
    let mode = Mode::of(parsed)?;
    let mut all_good = true;
    for input in inputs(parsed)? {
        let formatted = input.and_then(|input| match input {
            Input::Standard(name) => standard_input(&name, mode),
            Input::File(path) => file(&path, mode),
        });
        match formatted {
            Ok(good) => all_good &= good,
            Err(error) => {
                err(&format!("Error: {error:#}\n"));
                all_good = false;
            }
        }
    }
    Ok(Outcome::Code(u8::from(!all_good)))
}

/// What the command line names, with what is wrong about single paths.
fn inputs(parsed: &Parsed) -> Result<Vec<Result<Input>>> {
    let is_standard = |path: &OsString| path == OsStr::new("-");
    let standard = parsed.positionals.is_empty() || parsed.positionals.iter().any(is_standard);
    let name = match parsed.text("stdin-filename") {
        "" => "<stdin>",
        _ if !standard => bail!("--stdin-filename names standard input, which is not formatted"),
        name => name,
    };
    if parsed.positionals.is_empty() {
        return Ok(vec![Ok(Input::Standard(name.to_owned()))]);
    }
    let mut inputs = Vec::new();
    for path in &parsed.positionals {
        if is_standard(path) {
            inputs.push(Ok(Input::Standard(name.to_owned())));
            continue;
        }
        match files_at(Path::new(path)) {
            Ok(files) => inputs.extend(files.into_iter().map(|file| Ok(Input::File(file)))),
            Err(error) => inputs.push(Err(error)),
        }
    }
    Ok(inputs)
}

/// The file at `path`, or the configuration files directly in the directory there.
fn files_at(path: &Path) -> Result<Vec<PathBuf>> {
    let about = fs::metadata(path).map_err(|e| failed("stat", path, &e))?;
    if !about.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(|e| failed("open", path, &e))? {
        let path = entry.map_err(|e| failed("open", path, &e))?.path();
        if path.extension() == Some(OsStr::new("alloy")) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn failed(call: &str, path: &Path, error: &std::io::Error) -> anyhow::Error {
    anyhow!("{call} {}: {}", path.display(), reason(error))
}

fn standard_input(name: &str, mode: Mode) -> Result<bool> {
    if let Mode::Write = mode {
        bail!("cannot use -w with standard input");
    }
    let mut text = Vec::new();
    std::io::stdin()
        .read_to_end(&mut text)
        .map_err(|error| anyhow!("read {name}: {}", reason(&error)))?;
    let formatted = format(name, &text)?;
    show(name, &text, &formatted, mode)
}

/// Formats one file; false if that is not all there is to it.
fn file(path: &Path, mode: Mode) -> Result<bool> {
    let name = path.display().to_string();
    let text = fs::read(path).map_err(|e| failed("open", path, &e))?;
    let formatted = format(&name, &text)?;
    if let Mode::Write = mode {
        if formatted.as_bytes() != text {
            // In place: a link stays a link, and permissions stay as they are.
            fs::write(path, formatted).map_err(|e| failed("open", path, &e))?;
        }
        return Ok(true);
    }
    show(&name, &text, &formatted, mode)
}

fn show(name: &str, text: &[u8], formatted: &str, mode: Mode) -> Result<bool> {
    let same = formatted.as_bytes() == text;
    match mode {
        Mode::Print => out(formatted),
        Mode::Test if !same => bail!("file {name} is not formatted correctly"),
        Mode::Diff if !same => {
            out(&patch(name, &String::from_utf8_lossy(text), formatted));
            return Ok(false);
        }
        Mode::Test | Mode::Diff | Mode::Write => {}
    }
    Ok(true)
}

/// What `patch -p0` needs to make `old` into `new`.
fn patch(name: &str, old: &str, new: &str) -> String {
    TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(CONTEXT)
        .header(name, name)
        .to_string()
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
