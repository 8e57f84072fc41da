mod file;
mod http;

use crate::{Content, Loaded, ModuleSource, SourceError, StringSource};

/// `name=text` of each file, then the module path.
fn show(content: &Content) -> String {
    let files: Vec<String> =
        content.files.iter().map(|(name, text)| format!("{name}={text}")).collect();
    format!("{} in {}", files.join(" "), content.module_path)
}

fn fresh(result: Result<Loaded, SourceError>) -> Content {
    let loaded = result.unwrap();
    assert_eq!(loaded.stale, None);
    loaded.content
}

#[tokio::test]
async fn a_string_is_one_file_and_never_changes() {
    let mut source = StringSource::new("declare \"a\" { }", "/etc".to_owned());
    let content = fresh(source.load().await);
    assert_eq!(show(&content), "import_string=declare \"a\" { } in /etc");
    assert!(futures_util::FutureExt::now_or_never(source.next()).is_none());
}

#[tokio::test]
async fn a_string_is_bounded() {
    let mut source = StringSource::new("x".repeat(crate::MAX_BYTES + 1), String::new());
    assert_eq!(
        source.load().await.unwrap_err().to_string(),
        "the files of a module have at most 64 MiB, and import_string goes beyond"
    );
}
