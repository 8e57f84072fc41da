//! The scenarios of `corpus/runtime`: modules, imports and `foreach` (its README has the phases).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod components;
mod driver;
mod receivers;

use std::path::Path;
use std::process::ExitCode;

use alloy_corpus::{Report, Set};

fn main() -> ExitCode {
    alloy_corpus::run(vec![
        Set::new("corpus_runtime_import_file", |corpus, report| {
            scenarios(corpus, "import_file", report, driver::import_file);
        }),
        Set::new("corpus_runtime_import_file_folder", |corpus, report| {
            scenarios(corpus, "import_file_folder", report, driver::import_folder);
        }),
        Set::new("corpus_runtime_import_string", |corpus, report| {
            scenarios(corpus, "import_string", report, driver::import_file);
        }),
        Set::new("corpus_runtime_import_git", |corpus, report| {
            scenarios(corpus, "import_git", report, driver::import_git);
        }),
        Set::new("corpus_runtime_import_error", |corpus, report| {
            scenarios(corpus, "import_error", report, driver::import_error);
        }),
        Set::new("corpus_runtime_foreach", |corpus, report| {
            scenarios(corpus, "foreach", report, driver::foreach);
        }),
        Set::new("corpus_runtime_foreach_metrics", |corpus, report| {
            scenarios(corpus, "foreach_metrics", report, driver::foreach);
        }),
        Set::new("corpus_runtime_foreach_stringer", |corpus, report| {
            scenarios(corpus, "foreach_stringer", report, driver::foreach_stringer);
        }),
    ])
}

fn scenarios(
    corpus: &Path,
    folder: &str,
    report: &mut Report,
    check: fn(&Path, &driver::Archive) -> Result<(), String>,
) {
    let folder = corpus.join("runtime").join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
        .unwrap_or_default();
    paths.retain(|path: &std::path::PathBuf| path.extension().is_some_and(|e| e == "txtar"));
    paths.sort();
    for path in paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        report.case(&name, || {
            let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
            check(&folder, &driver::Archive::parse(&text))
        });
    }
}
