//! What is worth another load: changes of what a refused one depends on, and files that components
//! refused.

use std::collections::BTreeSet;

use super::fixture::{Fixture, node};
use crate::LoadFailure;

/// What may make the refused load do, if that has come up.
fn because(t: &Fixture) -> Option<String> {
    t.runtime.reconsider().borrow().as_deref().map(str::to_owned)
}

#[tokio::test]
async fn an_export_that_a_refused_block_reads_is_worth_another_load() {
    let t = Fixture::new();
    let (source, other) = (node("a", "{"), node("other", "1"));
    t.load(&(source.clone() + &other)).await.unwrap();
    let wants = "test.node \"b\" { value = encoding.from_json(test.node.a.value) }\n";
    let module = format!(
        "declare \"m\" {{\n  argument \"x\" {{ }}\n  {}\n}}\n",
        wants.replace("test.node.a.value", "argument.x.value")
    );
    for text in [wants.to_owned(), module + "m \"c\" { x = test.node.a.value }\n"] {
        let text = source.clone() + &other + &text;
        t.load(&text).await.unwrap_err();
        t.board.export("test.node.other", "2");
        t.until("exported", || {
            t.snapshot()
                .get("test.node.other")
                .unwrap()
                .state()
                .exports
                .as_ref()
                .is_some_and(|e| format!("{e:?}").contains("\"2\""))
        })
        .await;
        assert_eq!(because(&t), None);
        t.board.export("test.node.a", "\"1\"");
        t.until("told", || because(&t).as_deref() == Some("test.node.a")).await;
        t.load(&text).await.unwrap();
        assert_eq!(because(&t), None);
        t.board.export("test.node.a", "{");
        t.board.export("test.node.other", "1");
        t.load(&(source.clone() + &other)).await.unwrap();
    }
}

#[tokio::test]
async fn new_modules_are_worth_another_load() {
    let t = Fixture::new();
    let content = |name: &str| format!("declare \"{name}\" {{ }}");
    let source = |name: &str| format!("test.node \"a\" {{ value = {:?} }}\n", content(name));
    let import = "import.string \"lib\" { content = test.node.a.value }\n";
    let live = source("old") + import;
    t.load(&live).await.unwrap();
    let wanted = live.clone() + "lib.new \"x\" { }\n";
    let error = t.load(&wanted).await.unwrap_err();
    assert_eq!((&error.failure, because(&t)), (&LoadFailure::Rejected, None), "{error}");
    t.board.export("test.node.a", &content("new"));
    t.until("told", || because(&t).as_deref() == Some("import.string.lib")).await;
    t.load(&wanted).await.unwrap();
    assert_eq!(because(&t), None);
}

#[tokio::test]
async fn files_of_refused_arguments_are_known_until_others_are_accepted() {
    let (t, dir) = (Fixture::new(), tempfile::tempdir().unwrap());
    t.load("").await.unwrap();
    let lib = dir.path().join("lib.alloy");
    let text = format!("import.file \"lib\" {{\n  filename = \"{}\"\n}}\n", lib.display());
    t.load(&text).await.unwrap_err();
    assert_eq!(t.runtime.refused_files(), BTreeSet::from([lib.clone()]));
    std::fs::write(&lib, "declare \"m\" { }\n").unwrap();
    t.load(&text).await.unwrap();
    assert!(t.runtime.refused_files().is_empty());
}
