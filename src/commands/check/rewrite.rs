//! Commands of the check that change files.

use std::fs;
use std::path::Path;

use alloy_checks::{
    Baseline, Checked, Checker, FixMode, add_ignores as with_ignores, fix as fixed, patch,
};
use alloy_queries::Source;
use anyhow::{Result, anyhow};

use super::inputs::Root;
use super::options::CheckOptions;
use super::{check_all, output};
use crate::cli::output::{err, out};
use crate::commands::reason;

/// Fixes what can be fixed, or prints the patch. True if findings are left, or there is a patch.
pub(super) fn fix(
    options: &CheckOptions,
    roots: &[(Checker, Root)],
    mode: FixMode,
    baseline: Option<&Baseline>,
) -> Result<bool> {
    let results = check_all(roots, |checker, sources| fixed(checker, sources, mode))?;
    let mut changes = 0;
    let mut applied = 0;
    let mut text = String::new();
    for ((_, root), result) in roots.iter().zip(&results) {
        applied += result.applied;
        for (old, new) in changed(&root.sources, &result.checked.sources) {
            changes += 1;
            match options.diff {
                true => text.push_str(&patch(&old.name, &old.text, &new.text)),
                false => write(&new.name, &new.text)?,
            }
        }
    }
    if options.diff {
        match &options.output_file {
            Some(path) => write(path, &text)?,
            None => out(&text),
        }
        return Ok(changes > 0 && options.lowest.is_some());
    }
    let mut checked: Vec<Checked> = results.into_iter().map(|result| result.checked).collect();
    if let Some(baseline) = baseline {
        baseline.remove_known(&mut checked);
    }
    output::report(options, output::stability(options, roots), &checked)?;
    if !options.quiet && applied > 0 {
        err(&format!("fixed {applied} findings in {changes} files\n"));
    }
    Ok(output::counts(options, &checked))
}

/// Pairs of texts that differ.
fn changed<'a>(
    old: &'a [Source],
    new: &'a [Source],
) -> impl Iterator<Item = (&'a Source, &'a Source)> {
    old.iter().zip(new).filter(|(old, new)| old.text != new.text)
}

/// Writes comments that suppress all findings.
pub(super) fn add_ignores(roots: &[(Checker, Root)], checked: &[Checked]) -> Result<()> {
    let mut files = 0;
    for ((_, root), checked) in roots.iter().zip(checked) {
        debug_assert!(root.is_file, "standard input is refused");
        for source in &checked.sources {
            let text = with_ignores(source, &checked.diagnostics);
            if text != *source.text {
                write(&source.name, &text)?;
                files += 1;
            }
        }
    }
    err(&format!("added comments to {files} files\n"));
    Ok(())
}

/// Replaces a file at once, so that nobody sees half of it; its permissions stay.
pub(super) fn write(path: &str, text: &str) -> Result<()> {
    let attempt = || {
        // A link stays, the file that it names is replaced; what is no file is written to.
        let target = fs::canonicalize(path).unwrap_or_else(|_| Path::new(path).to_owned());
        if target.exists() && !target.is_file() {
            return fs::write(&target, text);
        }
        let name = target.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
        let temporary = target.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
        let replace = || {
            fs::write(&temporary, text)?;
            if let Ok(old) = fs::metadata(&target) {
                fs::set_permissions(&temporary, old.permissions())?;
            }
            fs::rename(&temporary, &target)
        };
        replace().inspect_err(|_| {
            let _gone = fs::remove_file(&temporary);
        })
    };
    attempt().map_err(|error| anyhow!("write {path}: {}", reason(&error)))
}
