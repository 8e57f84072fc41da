//! Declarations change together with those that use them, in one load.

use super::fixture::{Fixture, node};

/// A module with these blocks in it, and what uses it.
fn module(body: &str, users: &str) -> String {
    format!("declare \"m\" {{\n{body}}}\n{users}")
}

fn argument(name: &str, default: Option<&str>) -> String {
    match default {
        None => format!("  argument \"{name}\" {{ }}\n"),
        Some(value) => {
            format!(
                "  argument \"{name}\" {{\n    optional = true\n    default = \"{value}\"\n  }}\n"
            )
        }
    }
}

fn export(name: &str, value: &str) -> String {
    format!("  export \"{name}\" {{ value = {value} }}\n")
}

fn inner(value: &str) -> String {
    format!("  test.node \"inner\" {{ value = {value} }}\n")
}

fn reads(label: &str, what: &str) -> String {
    format!("test.node \"{label}\" {{ value = {what} }}\n")
}

/// Loads `old` and then `new`, which must be accepted and give these values.
async fn check(old: &str, new: &str, expected: &[(&str, &str)]) {
    let t = Fixture::new();
    t.load(old).await.unwrap_or_else(|error| panic!("{error}\n{old}"));
    let plan = t.plan(new).await.unwrap_or_else(|error| panic!("plan: {error}\n{new}")).plan;
    t.load(new).await.unwrap_or_else(|error| panic!("{error}\n{new}"));
    assert_eq!(t.last_load().plan.as_ref(), Some(&plan), "{new}");
    let shows = |id: &str, value: &str| {
        let snapshot = t.snapshot();
        let args = snapshot.get(id).and_then(|cell| cell.state().args.clone());
        args.is_some_and(|args| format!("{:?}", args.encode()).contains(&format!("{value:?}")))
    };
    for (id, value) in expected {
        t.until(&format!("{id} has {value}\n{new}"), || shows(id, value)).await;
    }
    // And back again.
    t.load(old).await.unwrap_or_else(|error| panic!("back: {error}\n{old}"));
    t.runtime.shutdown().await;
}

#[tokio::test]
async fn an_export_is_added_and_used_at_once() {
    let old = module(&(inner("\"1\"") + &export("out", "test.node.inner.value")), "m \"a\" { }\n")
        + &reads("r", "m.a.out");
    let both = inner("\"1\"") + &export("out", "test.node.inner.value");
    for (value, expected) in [("\"2\"", "2"), ("test.node.inner.value", "1")] {
        let new = module(&(both.clone() + &export("more", value)), "m \"a\" { }\n")
            + &reads("r", "m.a.more")
            + &reads("s", "m.a.more + m.a.out");
        let sum = format!("{expected}1");
        check(&old, &new, &[("test.node.r", expected), ("test.node.s", &sum)]).await;
    }
    // By what a component exports that is new as well.
    let body =
        both + "  test.node \"new\" { value = \"3\" }\n" + &export("more", "test.node.new.value");
    let new = module(&body, "m \"a\" { }\n") + &reads("r", "m.a.more");
    check(&old, &new, &[("test.node.r", "3")]).await;
}

#[tokio::test]
async fn the_first_export_is_added_and_used_at_once() {
    let old = module(&inner("\"1\""), "m \"a\" { }\n");
    let new = module(&(inner("\"1\"") + &export("out", "test.node.inner.value")), "m \"a\" { }\n")
        + &reads("r", "m.a.out");
    check(&old, &new, &[("test.node.r", "1")]).await;
}

#[tokio::test]
async fn an_export_is_renamed_with_its_uses_or_removed_with_them() {
    let body = |name: &str| inner("\"1\"") + &export(name, "test.node.inner.value");
    let old = module(&body("out"), "m \"a\" { }\n") + &reads("r", "m.a.out");
    let new = module(&body("other"), "m \"a\" { }\n") + &reads("r", "m.a.other");
    check(&old, &new, &[("test.node.r", "1")]).await;
    let none = module(&inner("\"1\""), "m \"a\" { }\n") + &node("r", "own");
    check(&old, &none, &[("test.node.r", "own")]).await;
    let gone = module(&inner("\"1\""), "m \"a\" { }\n");
    check(&old, &gone, &[("m.a/test.node.inner", "1")]).await;
    // One of two.
    let two = inner("\"1\"") + &export("out", "\"x\"") + &export("left", "\"y\"");
    let old = module(&two, "m \"a\" { }\n") + &reads("r", "m.a.out");
    let new = module(&(inner("\"1\"") + &export("left", "\"y\"")), "m \"a\" { }\n")
        + &reads("r", "m.a.left");
    check(&old, &new, &[("test.node.r", "y")]).await;
}

#[tokio::test]
async fn an_argument_is_added_with_its_value() {
    let old = module(&inner("\"1\""), "m \"a\" { }\nm \"b\" { }\n");
    let optional = module(
        &(argument("x", Some("none")) + &inner("argument.x.value")),
        "m \"a\" { x = \"2\" }\nm \"b\" { }\n",
    );
    check(&old, &optional, &[("m.a/test.node.inner", "2"), ("m.b/test.node.inner", "none")]).await;
    let required = module(
        &(argument("x", None) + &inner("argument.x.value")),
        "m \"a\" { x = \"2\" }\nm \"b\" { x = \"3\" }\n",
    );
    check(&old, &required, &[("m.a/test.node.inner", "2"), ("m.b/test.node.inner", "3")]).await;
    // Its value comes from a component that is there, and from one that is new.
    for (there, new) in [(node("s", "4"), String::new()), (String::new(), node("s", "4"))] {
        let users = "m \"a\" { x = test.node.s.value }\nm \"b\" { x = m.a.out }\n";
        let body =
            argument("x", None) + &inner("argument.x.value") + &export("out", "argument.x.value");
        let new = module(&body, users) + &there + &new;
        check(&(old.clone() + &there), &new, &[("m.b/test.node.inner", "4")]).await;
    }
}

#[tokio::test]
async fn an_argument_is_renamed_or_removed_with_its_values() {
    let body = |name: &str| argument(name, None) + &inner(&format!("argument.{name}.value"));
    let old = module(&body("x"), "m \"a\" { x = \"1\" }\n");
    let new = module(&body("y"), "m \"a\" { y = \"2\" }\n");
    check(&old, &new, &[("m.a/test.node.inner", "2")]).await;
    check(&old, &module(&inner("\"3\""), "m \"a\" { }\n"), &[("m.a/test.node.inner", "3")]).await;
}

#[tokio::test]
async fn a_declare_is_renamed_with_its_uses() {
    let body =
        argument("x", None) + &inner("argument.x.value") + &export("out", "test.node.inner.value");
    let text = |name: &str| {
        format!("declare \"{name}\" {{\n{body}}}\n{name} \"a\" {{ x = \"1\" }}\n")
            + &reads("r", &format!("{name}.a.out"))
    };
    check(&text("m"), &text("k"), &[("k.a/test.node.inner", "1"), ("test.node.r", "1")]).await;
    // With one in it, and one that uses it.
    let nested = |outer: &str, name: &str| {
        format!(
            "declare \"{outer}\" {{\n  declare \"{name}\" {{\n{body}  }}\n  {name} \"n\" {{ x = \"2\" }}\n  \
                 export \"out\" {{ value = {name}.n.out }}\n}}\n{outer} \"a\" {{ }}\n"
        ) + &reads("r", &format!("{outer}.a.out"))
    };
    check(
        &nested("m", "d"),
        &nested("k", "e"),
        &[("k.a/e.n/test.node.inner", "2"), ("test.node.r", "2")],
    )
    .await;
    check(
        &nested("m", "d"),
        &nested("m", "e"),
        &[("m.a/e.n/test.node.inner", "2"), ("test.node.r", "2")],
    )
    .await;
}

#[tokio::test]
async fn imported_exports_change_with_their_users() {
    let import = |body: &str| {
        let text = format!("declare \"m\" {{\n{body}}}\n");
        format!("import.string \"lib\" {{ content = {text:?} }}\n")
    };
    let old = import(&(inner("\"1\"") + &export("out", "test.node.inner.value")))
        + "lib.m \"a\" { }\n"
        + &reads("r", "lib.m.a.out");
    let renamed = import(&(inner("\"1\"") + &export("other", "test.node.inner.value")))
        + "lib.m \"a\" { }\n"
        + &reads("r", "lib.m.a.other");
    check(&old, &renamed, &[("test.node.r", "1")]).await;
    let argument = import(&(argument("x", None) + &export("out", "argument.x.value")))
        + "lib.m \"a\" { x = \"2\" }\n"
        + &reads("r", "lib.m.a.out");
    check(&old, &argument, &[("test.node.r", "2")]).await;
    let declare = old.replace("declare \\\"m\\\"", "declare \\\"k\\\"").replace("lib.m", "lib.k");
    check(&old, &declare, &[("test.node.r", "1"), ("lib.k.a/test.node.inner", "1")]).await;
}
