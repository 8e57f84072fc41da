//! Every evaluation says why it happened and what came of it.

use std::collections::BTreeMap;

use alloy_value::Stability;
use expect_test::{Expect, expect};

use super::fixture::{self, Fixture, node, reader};
use crate::{LoadRequest, ReloadMode, Trigger};

/// The evaluations of a node, oldest first, without times.
fn why(t: &Fixture, id: &str) -> String {
    let mut text = String::new();
    for evaluation in t.runtime.evaluations(id, 100).unwrap().iter().rev() {
        let json = serde_json::to_value(evaluation).unwrap();
        let list = |name: &str, field: &str| {
            let items = json[name].as_array().unwrap().iter();
            let shown = |item: &serde_json::Value| {
                let text = item[field].as_str().unwrap();
                // Those that did not have to run.
                if item["executed"] == false { format!("({text})") } else { text.to_owned() }
            };
            items.map(shown).collect::<Vec<_>>()
        };
        text.push_str(&format!(
            "{}; {}; {}\n",
            list("triggers", "text").join(" and "),
            list("queries", "query").join(" > "),
            json["result"].as_str().unwrap()
        ));
    }
    text
}

fn check(t: &Fixture, id: &str, expected: Expect) {
    expected.assert_eq(&why(t, id));
}

#[tokio::test]
async fn text_and_exports() {
    let t = Fixture::new();
    t.load(&(node("a", "1") + &reader("b", "a") + &node("c", "1"))).await.unwrap();
    t.load(&(node("a", "2") + &reader("b", "a") + &node("c", "1"))).await.unwrap();
    t.until("the export arrives", || t.value("b").as_deref() == Some("2")).await;
    check(
        &t,
        "test.node.a",
        expect![[r#"
            created by a load of main.alloy:1 (start); ; built with its arguments
            reload of main.alloy:1 (start); parsed > block_hir > refs > (deps) > (structure) > evaluated; updated with new arguments
        "#]],
    );
    check(
        &t,
        "test.node.b",
        expect![[r#"
            created by a load of main.alloy:2 (start) and exports of test.node.a; evaluated > (block_hir) > (refs) > (deps); built with its arguments
            export of test.node.a field value; (parsed) > (block_hir) > (refs) > (deps) > evaluated; updated with new arguments
        "#]],
    );
    check(
        &t,
        "test.node.c",
        expect![[r#"
        created by a load of main.alloy:3 (start); ; built with its arguments
    "#]],
    );
    assert!(t.runtime.evaluations("test.node.d", 1).is_none());
}

#[tokio::test]
async fn evaluations_that_change_nothing_are_cut_off() {
    let t = Fixture::new();
    let text = |expression: &str| {
        node("a", "1") + &format!("test.node \"b\" {{ value = {expression} }}\n")
    };
    t.load(&text("\"ab\"")).await.unwrap();
    t.load(&text("\"a\" + \"b\"")).await.unwrap();
    t.load(&text("test.node.a.value + \"b\"")).await.unwrap();
    t.load(&text("test.node.a.value + 1")).await.unwrap_err();
    t.load_as(&text("test.node.a.value + {}"), ReloadMode::Partial).await.unwrap_err();
    check(
        &t,
        "test.node.b",
        expect![[r#"
            created by a load of main.alloy:2 (start); ; built with its arguments
            reload of main.alloy:2 (start); parsed > block_hir > refs > (deps) > (structure) > evaluated; cut off: its arguments came out equal
            reload of main.alloy:2 (start); parsed > block_hir > refs > deps > (structure) > evaluated; updated with new arguments
            reload of main.alloy:2 (start); parsed > source_maps > block_hir > refs > (deps) > (structure) > evaluated; failed: decoding configuration: main.alloy:2:45: {} should be one of [number string capsule] for binop +, got object
        "#]],
    );
    assert_eq!(t.metric("alloy_component_evaluation_cutoffs_total", ""), Some(1.0));
    assert_eq!(t.metric("alloy_component_controller_revision", ""), Some(4.0));
    assert!(t.metric("alloy_component_controller_query_executions_total", "") > Some(5.0));
}

#[tokio::test]
async fn environment_and_another_try() {
    let t = Fixture::new();
    let request = |value: &str| LoadRequest {
        env: BTreeMap::from([("V".to_owned(), value.to_owned())]),
        trigger: Trigger::Signal,
        ..fixture::request(
            "test.node \"a\" { value = sys.env(\"V\") }\ntest.node \"f\" { fault = \"build\" }\n",
            ReloadMode::Atomic,
        )
    };
    t.load("").await.unwrap();
    t.runtime.load(request("1")).await.unwrap_err();
    t.runtime.load(request("2")).await.unwrap_err();
    check(
        &t,
        "test.node.a",
        expect![[r#"
            created by a load of main.alloy:1 (signal); parsed > deps > refs > block_hir > structure > evaluated; built with its arguments
            reload: another environment (signal); (block_hir) > (deps) > (refs) > evaluated; updated with new arguments
        "#]],
    );
    check(
        &t,
        "test.node.f",
        expect![[r#"
            created by a load of main.alloy:2 (signal); parsed > deps > refs > block_hir > structure > evaluated; built with its arguments
            reload: another try (signal); (block_hir) > (deps) > (refs) > (evaluated); built with its arguments
        "#]],
    );
}

#[tokio::test]
async fn modules() {
    let t = Fixture::with(|options| options.stability = Stability::Experimental);
    let text = |passed: &str, list: &str| {
        format!(
            r#"
declare "m" {{
	argument "x" {{ }}
	test.node "inner" {{ value = argument.x.value }}
	export "out" {{ value = argument.x.value }}
}}
m "i" {{ x = {passed} }}
test.node "reads" {{ value = m.i.out }}
foreach "f" {{
	collection = {list}
	var        = "v"
	id         = "id"
	template {{
		test.node "each" {{ value = v.text }}
	}}
}}
"#
        )
    };
    let element = |text: &str| format!("[{{ id = \"one\", text = \"{text}\" }}]");
    t.load(&text("\"1\"", &element("a"))).await.unwrap();
    t.load(&text("\"2\"", &element("b"))).await.unwrap();
    check(
        &t,
        "m.i/test.node.inner",
        expect![[r#"
            created by a load of main.alloy:4 (start); ; built with its arguments
            module argument m.i/argument.x; (parsed) > (block_hir) > (refs) > (deps) > evaluated; updated with new arguments
        "#]],
    );
    check(
        &t,
        "test.node.reads",
        expect![[r#"
            created by a load of main.alloy:8 (start) and exports of m.i; evaluated > (parsed) > (block_hir) > (refs) > (deps); built with its arguments
            export of m.i field out; (parsed) > (block_hir) > (refs) > (deps) > evaluated; updated with new arguments
        "#]],
    );
    check(
        &t,
        "foreach.f/foreach_one_1/test.node.each",
        expect![[r#"
            module of foreach.f; evaluated; built with its arguments
            module of foreach.f; parsed > block_hir > (refs) > (deps) > (structure) > evaluated; updated with new arguments
        "#]],
    );
}
