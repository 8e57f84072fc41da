//! Imports and `foreach`: what their health says, and what of them fails a load.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use alloy_component::{BuildContext, Component, ComponentDef, ComponentError, RunContext};
use alloy_config_blocks::IMPORT_STRING;
use alloy_value::ArcArgs;
use futures_util::future::BoxFuture;

use expect_test::expect;

use super::fixture::Fixture;
use crate::LoadError;

fn with_imports() -> Fixture {
    Fixture::with(|options| options.components.extend(alloy_import::IMPORTS))
}

/// Parts of the health of a node: evaluation, run, content.
fn parts(t: &Fixture, id: &str) -> [String; 3] {
    let snapshot = t.snapshot();
    let state = snapshot.get(id).expect("node is in the graph").state();
    let shown =
        |health: &alloy_component::Health| format!("{}: {}", health.state.as_str(), health.message);
    let content = state.content.as_ref().map(shown).unwrap_or_default();
    [shown(&state.evaluation), shown(&state.run), content]
}

fn import(label: &str, file: &Path) -> String {
    format!("import.file \"{label}\" {{\n  filename = \"{}\"\n}}\n", file.display())
}

#[tokio::test]
async fn an_import_in_order_says_so() {
    let (t, dir) = (with_imports(), tempfile::tempdir().unwrap());
    let lib = dir.path().join("lib.alloy");
    std::fs::write(&lib, "declare \"m\" { }\n").unwrap();
    t.load(&(import("lib", &lib) + "lib.m \"x\" { }\n")).await.unwrap();
    t.until("it runs", || parts(&t, "import.file.lib")[1].contains("started")).await;
    assert_eq!(
        parts(&t, "import.file.lib"),
        ["healthy: source evaluated", "healthy: started import", "healthy: content updated"]
    );
    t.until("its user runs", || parts(&t, "lib.m.x")[1].contains("started")).await;
    assert_eq!(
        parts(&t, "lib.m.x"),
        ["healthy: component evaluated", "healthy: started custom component", ""]
    );
}

#[tokio::test]
async fn new_content_with_imports_in_it_says_so() {
    let (t, dir) = (with_imports(), tempfile::tempdir().unwrap());
    let lib = dir.path().join("lib.alloy");
    let polled = |label: &str, file: &Path| {
        let import = import(label, file);
        import.replace("}\n", "  detector = \"poll\"\n  poll_frequency = \"10ms\"\n}\n")
    };
    std::fs::write(&lib, "declare \"m\" { }\n").unwrap();
    t.load(&polled("lib", &lib)).await.unwrap();
    t.until("it runs", || parts(&t, "import.file.lib")[1].contains("started")).await;
    std::fs::write(&lib, "import.string \"inner\" { content = \"\" }\n").unwrap();
    let expected = "healthy: nested imports updated successfully";
    t.until("the content came", || parts(&t, "import.file.lib")[1] == expected).await;
}

/// An `import.string` whose run ends with an error if it is in imported content.
fn build_that_ends(
    cx: BuildContext,
    args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    let nested = cx.id.contains('/');
    let inner = alloy_import::IMPORTS.iter().find(|def| def.definition.name == IMPORT_STRING.name);
    let build = inner.and_then(|def| def.build).expect("the import is part of the build");
    Box::pin(async move {
        let inner = build(cx, args).await?;
        Ok(Arc::new(Ends { inner, nested }) as Arc<dyn Component>)
    })
}

struct Ends {
    inner: Arc<dyn Component>,
    nested: bool,
}

impl Component for Ends {
    fn update(&self, args: ArcArgs) -> BoxFuture<'_, Result<(), ComponentError>> {
        self.inner.update(args)
    }

    fn run(self: Arc<Self>, cx: RunContext) -> BoxFuture<'static, Result<(), ComponentError>> {
        match self.nested {
            true => Box::pin(async { Err(ComponentError::new("boom")) }),
            false => Arc::clone(&self.inner).run(cx),
        }
    }
}

static ENDS: ComponentDef =
    ComponentDef { definition: &IMPORT_STRING, build: Some(build_that_ends) };

#[tokio::test]
async fn a_nested_import_that_stops_makes_the_outer_one_unhealthy() {
    let t = Fixture::with(|options| options.components.push(&ENDS));
    t.load(
        "import.string \"lib\" {\n  content = `import.string \"inner\" { content = \"\" }`\n}\n",
    )
    .await
    .unwrap();
    let expected = "unhealthy: nested import stopped running: boom";
    t.until("it stopped", || parts(&t, "import.string.lib")[2] == expected).await;
}

#[tokio::test]
async fn a_missing_file_fails_the_load_and_the_import() {
    let (t, dir) = (with_imports(), tempfile::tempdir().unwrap());
    t.load("").await.unwrap();
    let missing = dir.path().join("missing.alloy");
    let error = t.load(&import("lib", &missing)).await.unwrap_err();
    let reason =
        format!("failed to read file: stat {}: no such file or directory", missing.display());
    assert_eq!(
        error.to_string(),
        format!(
            "error during the initial load: main.alloy:1:1: Failed to evaluate node for config \
             block: {reason}"
        )
    );
    let [evaluation, run, content] = parts(&t, "import.file.lib");
    assert_eq!(evaluation, format!("unhealthy: source evaluation failed: {reason}"));
    assert_eq!((&*run, &*content), ("unknown: component created", ""));
}

#[tokio::test]
async fn content_that_is_wrong_fails_the_import_and_a_load_only_if_it_is_used() {
    let (t, dir) = (with_imports(), tempfile::tempdir().unwrap());
    let [lib, missing] = ["lib.alloy", "missing.alloy"].map(|name| dir.path().join(name));
    let missing_import = import("inner", &missing);
    for (text, expected) in [
        (
            "declare \"m\" {\n",
            format!(
                "imported content from \"{lib}\" cannot be parsed: {lib}:2:1: expected }}, got EOF",
                lib = lib.display()
            ),
        ),
        (
            "logging { }\n",
            format!(
                "imported content from \"{lib}\" is invalid: {lib}:1:1: only declare and import \
                 blocks are allowed in a module, got logging",
                lib = lib.display()
            ),
        ),
        (
            &missing_import,
            format!(
                "nested import block failed to evaluate: imported node inner failed to evaluate, \
                 failed to read file: stat {}: no such file or directory",
                missing.display()
            ),
        ),
    ] {
        std::fs::write(&lib, text).unwrap();
        t.load(&import("lib", &lib)).await.unwrap();
        let [evaluation, _, content] = parts(&t, "import.file.lib");
        assert_eq!(evaluation, "healthy: source evaluated");
        assert_eq!(content, format!("unhealthy: {expected}"));
        let error = t.load(&(import("lib", &lib) + "lib.m \"x\" { }\n")).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "error during the initial load: main.alloy:4:1: Failed to build component: loading \
             custom component controller: custom component config not found in the registry, \
             namespace: \"lib\", componentName: \"m\""
        );
        t.load("").await.unwrap();
    }
    // A file that was missing is read by the next load, and the import is in order.
    t.load(&import("lib", &lib)).await.unwrap();
    std::fs::write(&missing, "declare \"m\" { }\n").unwrap();
    t.load(&(import("lib", &lib) + "// again\n")).await.unwrap();
    t.until("it is in order", || parts(&t, "import.file.lib")[2] == "healthy: content updated")
        .await;
}

#[tokio::test]
async fn a_load_is_refused_if_imported_text_needs_what_does_not_run() {
    let (t, dir) = (with_imports(), tempfile::tempdir().unwrap());
    let lib = dir.path().join("lib.alloy");
    std::fs::write(&lib, "declare \"m\" {\n  test.checked \"a\" { }\n}\ndeclare \"ok\" { }\n")
        .unwrap();
    let text = import("lib", &lib) + "lib.m \"x\" { }\n";
    let shown = |error: LoadError| error.to_string().replace(&lib.display().to_string(), "LIB");
    expect!["error during the initial load: main.alloy:4:1: this version cannot run test.checked (LIB:2:3); `alloy check` accepts the configuration: remove these blocks, or run it with a version that has them"].assert_eq(&shown(t.load(&text).await.unwrap_err()));
    assert!(t.snapshot().get("import.file.lib").is_none());
    t.load(&(import("lib", &lib) + "lib.ok \"x\" { }\n")).await.unwrap();
    // Running already, it may not change to what doesn't run either.
    expect!["error during the initial load: main.alloy:4:1: this version cannot run test.checked (LIB:2:3); `alloy check` accepts the configuration: remove these blocks, or run it with a version that has them"].assert_eq(&shown(t.load(&text).await.unwrap_err()));
    assert!(t.snapshot().get("lib.ok.x").is_some());
}

#[tokio::test]
async fn text_that_comes_later_fails_its_users_if_it_needs_what_does_not_run() {
    let t = with_imports();
    t.load(
        "test.node \"text\" { value = \"declare \\\"m\\\" { }\" }\n\
         import.string \"lib\" { content = test.node.text.value }\nlib.m \"x\" { }\n",
    )
    .await
    .unwrap();
    t.board.export(
        "test.node.text",
        "declare \"m\" {\n  inner \"a\" { }\n  test.checked \"a\" { }\n}\n\
         declare \"inner\" {\n  test.later \"a\" { }\n}\n",
    );
    let health = || parts(&t, "lib.m.x")[0].clone();
    t.until("its user fails", || health().starts_with("unhealthy")).await;
    expect!["unhealthy: component evaluation failed: updating custom component: import_string:3:3: this version cannot run test.checked (import_string:3:3), test.later (import_string:6:3); `alloy check` accepts the configuration: remove these blocks, or run it with a version that has them"].assert_eq(&health());
    // It goes on with what ran, and takes the next text.
    t.board.export("test.node.text", "declare \"m\" { test.node \"in\" { } }");
    t.until("its user is well", || health() == "healthy: component evaluated").await;
}

#[tokio::test]
async fn a_module_that_imports_itself_ends_somewhere() {
    let (t, dir) = (with_imports(), tempfile::tempdir().unwrap());
    let lib = dir.path().join("lib.alloy");
    std::fs::write(&lib, import("again", &lib) + "declare \"m\" { }\n").unwrap();
    t.load(&(import("lib", &lib) + "lib.m \"x\" { }\n")).await.unwrap();
    let content = || parts(&t, "import.file.lib")[2].clone();
    t.until("the end is told", || content().contains("look for a module that imports itself"))
        .await;
    t.until("its user runs", || parts(&t, "lib.m.x")[1].contains("started")).await;
}

#[tokio::test]
async fn without_its_repository_an_import_uses_what_it_read_last() {
    let dir = tempfile::tempdir().unwrap();
    let [repository, away] = ["repository", "away"].map(|name| dir.path().join(name));
    std::fs::create_dir(&repository).unwrap();
    std::fs::write(repository.join("lib.alloy"), "declare \"m\" { }\n").unwrap();
    for args in [&["init", "-q", "-b", "main"][..], &["add", "."], &["commit", "-q", "-m", "files"]]
    {
        let mut git = Command::new("git");
        git.current_dir(&repository).args(["-c", "user.name=t", "-c", "user.email=t@localhost"]);
        assert!(git.args(args).status().unwrap().success(), "{args:?}");
    }
    let start = || {
        Fixture::with(|options| {
            options.components.extend(alloy_import::IMPORTS);
            options.storage_path = dir.path().join("storage");
        })
    };
    let text = format!(
        "import.git \"lib\" {{\n  repository = \"{}\"\n  path = \"lib.alloy\"\n}}\nlib.m \"x\" {{ }}\n",
        repository.display()
    );
    let t = start();
    t.load(&text).await.unwrap();
    t.runtime.shutdown().await;
    std::fs::rename(&repository, away).unwrap();

    let t = start();
    t.load(&text).await.unwrap();
    t.until("its user runs", || parts(&t, "lib.m.x")[1].contains("started")).await;
    let snapshot = t.snapshot();
    let health = snapshot.get("import.git.lib").unwrap().health().unwrap();
    assert_eq!(health.state.as_str(), "unhealthy");
    let expected = format!("failed to update repository \"{}\": ", repository.display());
    assert!(health.message.starts_with(&expected), "{}", health.message);
}

#[tokio::test]
async fn a_foreach_tells_of_its_children() {
    let t = Fixture::with(|options| options.stability = alloy_value::Stability::Experimental);
    let text = |items: &str, template: &str| {
        format!(
            "foreach \"all\" {{\n  collection = {items}\n  var = \"item\"\n  template {{\n    \
             {template}\n  }}\n}}\n"
        )
    };
    let node = "test.node \"n\" { value = item }";
    t.load(&text("[\"a\"]", node)).await.unwrap();
    t.until("it runs", || parts(&t, "foreach.all")[1].contains("started")).await;
    assert_eq!(
        parts(&t, "foreach.all"),
        ["healthy: foreach evaluated", "healthy: started foreach", ""]
    );
    t.load(&text("[\"a\", \"b\"]", node)).await.unwrap();
    assert_eq!(parts(&t, "foreach.all")[1], "healthy: foreach children updated successfully");

    // Elements that no child can have.
    let error = t.load(&text("1", node)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "error during the initial load: main.alloy:1:1: Failed to evaluate node for config block: \
         decoding configuration: main.alloy:2:16: 1 should be array, got number"
    );
    assert_eq!(parts(&t, "foreach.all")[0], "healthy: foreach evaluated", "refused as a whole");
    let error = t.load_as(&text("1", node), crate::ReloadMode::Partial).await.unwrap_err();
    assert!(error.is_applied());
    assert_eq!(
        parts(&t, "foreach.all")[0],
        "unhealthy: foreach evaluation failed: decoding configuration: main.alloy:2:16: 1 should be \
         array, got number"
    );

    // A child that goes while its template gets another block.
    let other = "test.node \"other\" { value = item }";
    t.load(&text("[\"b\"]", other)).await.unwrap();
    assert!(t.snapshot().get("foreach.all/foreach_a_1/test.node.other").is_none());
    assert!(t.snapshot().get("foreach.all/foreach_b_1/test.node.other").is_some());

    // A template that cannot run. As the reference says it, without a place.
    let declared = "declare \"m\" { }\n".to_owned();
    let wrong = declared + &text("[\"a\"]", "m \"x\" { a = item }");
    let error = t.load_as(&wrong, crate::ReloadMode::Partial).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "error during the initial load: -: Provided argument \"a\" is not defined in the module"
    );
}
