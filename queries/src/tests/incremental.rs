//! Proof 1 of the design: what a change executes, counted by events.

use expect_test::expect;

use super::*;

/// `count` blocks; each refers to the one before it.
fn chain(count: usize) -> String {
    (0..count)
        .map(|i| match i {
            0 => block(0, "\"start\""),
            _ => block(i, &format!("test.node.n{}.text", i - 1)),
        })
        .collect()
}

fn block(i: usize, text: &str) -> String {
    format!("test.node \"n{i}\" {{\n\ttext   = {text}\n\tnumber = {i}\n}}\n\n")
}

/// A running engine in which every block exported something.
fn running(text: &str) -> Engine {
    let mut engine = engine();
    load(&mut engine, text);
    let ids: Vec<_> = engine.nodes().iter().map(|info| info.id).collect();
    for id in &ids {
        engine.set_exports(*id, text_exports("exported"));
    }
    for id in &ids {
        engine.evaluate(*id).unwrap();
    }
    engine.executed();
    engine
}

/// What a load and the evaluation of what it changes execute.
fn events(engine: &mut Engine, text: &str) -> String {
    let changes = load(engine, text);
    format!("{changes}{:?}", executed(engine))
}

#[test]
fn an_edit_executes_at_most_five_queries() {
    let text = chain(50);
    let mut engine = running(&text);
    let edited = text.replace("number = 25\n", "number = 9999\n");
    expect![[r#"
        changed test.node.n25: text="exported" number=9999
        {"block_hir": 1, "evaluated": 1, "parsed": 1, "refs": 1}"#]]
    .assert_eq(&events(&mut engine, &edited));
}

#[test]
fn an_edit_that_shifts_references_keeps_the_graph() {
    let text = chain(50);
    let mut engine = running(&text);
    let edited =
        text.replace("\ttext   = test.node.n24.text", "\titems = []\n\ttext = test.node.n24.text");
    expect![[r#"
        changed test.node.n25: text="exported" number=25
        {"block_hir": 1, "deps": 1, "evaluated": 1, "parsed": 1, "refs": 1}"#]]
    .assert_eq(&events(&mut engine, &edited));
}

#[test]
fn a_comment_edit_only_parses() {
    let text = chain(50);
    let mut engine = running(&text);
    let edited = text.replace("number = 25\n", "number = 25 // twenty-five\n\n\n");
    expect![[r#"{"parsed": 1}"#]].assert_eq(&events(&mut engine, &edited));
    let info = engine.nodes()[30].id;
    engine.evaluate(info).unwrap();
    assert!(executed(&engine).is_empty());
}

#[test]
fn a_block_that_nothing_refers_to_comes_and_goes_alone() {
    let text = chain(20);
    let mut engine = running(&text);
    let more = format!("{text}test.node \"alone\" {{ text = \"x\" }}\n");
    let added = events(&mut engine, &more);
    assert!(added.contains("\"evaluated\": 1"), "{added}");
    assert!(added.starts_with("added test.node.alone: text=\"x\"\n{"), "{added}");
    let removed = events(&mut engine, &text);
    // The one evaluation drops the memo of the removed node.
    assert!(removed.contains("\"evaluated\": 1"), "{removed}");
    assert!(removed.starts_with("removed test.node.alone\n{"), "{removed}");
    for info in engine.nodes() {
        engine.evaluate(info.id).unwrap();
    }
    assert!(!executed(&engine).contains_key("evaluated"));
}

#[test]
fn a_moved_block_evaluates_nothing() {
    let text = chain(20);
    let mut engine = running(&text);
    let moved = text.replace(&block(7, "test.node.n6.text"), "") + &block(7, "test.node.n6.text");
    let events = events(&mut engine, &moved);
    assert!(!events.contains("evaluated") && !events.contains("changed"), "{events}");
    for info in engine.nodes() {
        engine.evaluate(info.id).unwrap();
    }
    assert!(!executed(&engine).contains_key("evaluated"));
}

#[test]
fn an_equal_load_executes_nothing() {
    let text = chain(20);
    let mut engine = running(&text);
    assert_eq!(events(&mut engine, &text), "{}");
}

#[test]
fn new_exports_evaluate_exactly_the_dependents() {
    let mut text = "test.node \"hub\" { }\n".to_owned();
    for i in 0..30 {
        let read = if i < 10 { "test.node.hub.text" } else { "\"x\"" };
        text += &format!("test.node \"n{i}\" {{ text = {read} }}\n");
    }
    let mut engine = running(&text);
    let hub = engine.find("test.node.hub").unwrap();
    assert!(engine.set_exports(hub, text_exports("new")));
    let ids: Vec<_> = engine.nodes().iter().map(|info| info.id).collect();
    for id in ids {
        engine.evaluate(id).unwrap();
    }
    assert_eq!(executed(&engine), [("evaluated".to_owned(), 10)].into());
    assert_eq!(engine.node(hub).unwrap().dependents.len(), 10);
}

#[test]
fn equal_exports_are_no_change() {
    let mut engine = running("test.node \"a\" { }\ntest.node \"b\" { text = test.node.a.text }\n");
    let a = engine.find("test.node.a").unwrap();
    assert!(!engine.set_exports(a, text_exports("exported")));
    assert!(engine.set_exports(a, None));
    assert!(!engine.set_exports(a, None));
}

#[test]
fn equal_arguments_compare_equal() {
    let mut engine = running("test.node \"a\" { }\ntest.node \"b\" { text = test.node.a.text }\n");
    let (a, b) = (engine.find("test.node.a").unwrap(), engine.find("test.node.b").unwrap());
    let before = engine.evaluate(b).unwrap();
    let mut exports = Object::from_iter([(Str::from("text"), Value::from("exported"))]);
    exports.members.insert(Str::from("other"), Value::Bool(true));
    engine.set_exports(a, Some(Value::from(exports)));
    assert!(before == engine.evaluate(b).unwrap());
    assert_eq!(executed(&engine), [("evaluated".to_owned(), 1)].into());
}

#[test]
fn only_readers_of_a_changed_variable_are_evaluated() {
    let text = r#"
test.node "a" { text = sys.env("A") }
test.node "b" { text = sys.env("B") }
test.node "c" { text = "c" }
"#;
    let mut engine = engine();
    let with = |a: &str| Load { env: env(&[("A", a), ("B", "b")]), ..load_of(text) };
    run(&mut engine, with("1"));
    engine.executed();
    expect![[r#"
        changed test.node.a: text="2"
        changed test.node.b: text="b"
    "#]]
    .assert_eq(&run(&mut engine, with("2")));
    assert_eq!(executed(&engine), [("evaluated".to_owned(), 1)].into());
}
