//! Loads as transactions: refused, pending, committed, rolled back.

use expect_test::expect;

use super::*;

const TWO: &str = r#"
test.node "a" { number = 1 }
test.node "b" { text = test.node.a.text }
"#;

#[test]
fn a_refused_load_changes_nothing() {
    let mut engine = engine();
    load(&mut engine, TWO);
    let (a, b) = (engine.find("test.node.a").unwrap(), engine.find("test.node.b").unwrap());
    engine.set_exports(a, text_exports("x"));
    engine.evaluate(b).unwrap();
    engine.executed();
    let broken = [
        TWO.replace("number = 1", "number = "),
        TWO.replace("test.node.a.text", "test.node.nope.text"),
        TWO.replace("number = 1", "text = test.node.b.text"),
        TWO.replace("\"b\"", "\"a\""),
        format!("{TWO}\nother.thing \"x\" {{ }}"),
    ];
    for text in broken {
        assert!(engine.load(load_of(&text)).is_err(), "{text}");
        engine.executed();
        assert_eq!(shown(&engine.evaluate(b).unwrap()), "text=\"x\"");
        assert_eq!(shown(&engine.evaluate(a).unwrap()), "number=1");
        assert_eq!(engine.find("test.node.b"), Some(b));
        assert_eq!(load(&mut engine, TWO), "");
        engine.executed();
    }
}

#[test]
fn a_rolled_back_load_leaves_ids_and_exports() {
    let mut engine = engine();
    load(&mut engine, TWO);
    let (a, b) = (engine.find("test.node.a").unwrap(), engine.find("test.node.b").unwrap());
    engine.set_exports(a, text_exports("x"));
    let pending =
        engine.load(load_of("test.node \"b\" { number = 5 }\ntest.node \"c\" { }\n")).unwrap();
    assert_eq!(pending.changes.len(), 3);
    let c = engine.find("test.node.c").unwrap();
    assert_eq!(shown(&engine.evaluate(b).unwrap()), "number=5");
    assert!(engine.node(a).is_some() && engine.find("test.node.a").is_none());
    engine.rollback();
    assert!(engine.node(c).is_none());
    assert!(engine.evaluate(c).is_err());
    assert_eq!(shown(&engine.evaluate(b).unwrap()), "text=\"x\"");
    assert_eq!(engine.find("test.node.a"), Some(a));
}

#[test]
fn ids_of_removed_nodes_are_not_given_out_again() {
    let mut engine = engine();
    load(&mut engine, TWO);
    let b = engine.find("test.node.b").unwrap();
    load(&mut engine, "test.node \"a\" { number = 1 }\n");
    load(&mut engine, "test.node \"a\" { number = 1 }\ntest.node \"z\" { }\n");
    let z = engine.find("test.node.z").unwrap();
    assert_eq!(b.slot(), z.slot());
    assert_ne!(b, z);
    assert!(engine.evaluate(b).is_err());
    assert!(!engine.set_exports(b, text_exports("late")));
    assert!(engine.exports(z).is_none());
}

#[test]
fn removal_lets_go_of_arguments_and_exports() {
    let mut engine = engine();
    load(&mut engine, "test.node \"a\" { number = 1 }\n");
    let a = engine.find("test.node.a").unwrap();
    let held = Arc::new(Object::default());
    engine.set_exports(a, Some(Value::Object(Arc::clone(&held))));
    load(&mut engine, "");
    // Salsa drops replaced memos when the next revision begins.
    load(&mut engine, "test.node \"b\" { }\n");
    load(&mut engine, "test.node \"b\" { number = 2 }\n");
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn many_reloads_reuse_slots() {
    let mut engine = engine();
    for round in 0..200 {
        let text: String = (0..10).map(|i| format!("test.node \"r{round}_{i}\" {{ }}\n")).collect();
        load(&mut engine, &text);
    }
    assert!(engine.inputs().iter().all(|inputs| *inputs <= 40), "{:?}", engine.inputs());
}

#[test]
fn files_come_and_go() {
    let mut engine = engine();
    let files = |files: &[(&str, &str)]| Load { sources: sources(files), ..Load::default() };
    expect![[r#"
        added test.node.a: 
        added test.node.b: text="a.text"
    "#]]
    .assert_eq(&run(
        &mut engine,
        files(&[
            ("a.alloy", "test.node \"a\" { }"),
            ("b.alloy", "test.node \"b\" { text = coalesce(test.node.a[\"text\"], \"a.text\") }"),
        ]),
    ));
    expect![[r#"
        b.alloy:1:33: component "test.node.a" does not exist or is out of scope
    "#]]
    .assert_eq(&run(
        &mut engine,
        files(&[(
            "b.alloy",
            "test.node \"b\" { text = coalesce(test.node.a[\"text\"], \"a.text\") }",
        )]),
    ));
    expect![[r#"
        removed test.node.b
    "#]]
    .assert_eq(&run(&mut engine, files(&[("a.alloy", "test.node \"a\" { }")])));
}

#[test]
fn a_precheck_takes_unknown_exports_for_correct() {
    let mut engine = engine();
    let check = |engine: &mut Engine, body: &str| {
        let text = format!("test.node \"new\" {{ }}\ntest.node \"b\" {{\n{body}\n}}\n");
        engine.load(load_of(&text)).unwrap();
        let new = engine.find("test.node.new").unwrap();
        let b = engine.find("test.node.b").unwrap();
        let result = engine.precheck(b, |id| id == new);
        engine.rollback();
        result.map_or_else(|error| error.to_string(), |()| "fine".to_owned())
    };
    assert_eq!(check(&mut engine, "number = test.node.new.count + 1"), "fine");
    assert_eq!(check(&mut engine, "rule {\nsource = test.node.new.text\n}"), "fine");
    assert_eq!(
        check(&mut engine, "number = test.node.new.count\ncolour = 1"),
        "decoding configuration: main.alloy:4:1: unrecognized attribute name \"colour\""
    );
    assert_eq!(
        check(&mut engine, "number = test.node.new.count\ntext = 1 + true"),
        "decoding configuration: main.alloy:4:12: true should be one of [number string capsule] for \
         binop +, got bool"
    );
    assert_eq!(
        check(&mut engine, "number = true"),
        "decoding configuration: main.alloy:3:10: true should be number, got bool"
    );
}
