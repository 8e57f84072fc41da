//! Exports reach their readers: the last one always, and nobody else is touched.

use std::fmt::Write as _;

use super::fixture::{Fixture, node, reader};
use crate::event::{Epoch, Event, Exit};

#[tokio::test]
async fn export_reaches_exactly_its_readers() {
    let t = Fixture::new();
    let text = node("a", "1") + &reader("b", "a") + &reader("c", "b") + &node("d", "1");
    t.load(&text).await.unwrap();
    t.board.export("test.node.a", "2");
    t.until("chain", || t.value("c").as_deref() == Some("2")).await;
    let counts = |label| (t.cell(label).evaluations(), t.cell(label).updates());
    assert_eq!(["a", "b", "c", "d"].map(counts), [(1, 0), (2, 1), (2, 1), (1, 0)]);
}

#[tokio::test]
async fn equal_export_evaluates_nothing() {
    let t = Fixture::new();
    t.load(&(node("a", "1") + &reader("b", "a"))).await.unwrap();
    t.board.export("test.node.a", "1");
    t.board.export("test.node.a", "2");
    t.until("last arrives", || t.value("b").as_deref() == Some("2")).await;
    t.board.export("test.node.a", "2");
    t.load(&(node("a", "1") + &reader("b", "a") + &node("barrier", ""))).await.unwrap();
    assert_eq!(t.cell("b").evaluations(), 2);
}

#[tokio::test]
async fn last_of_a_thousand_exports_is_everywhere() {
    let t = Fixture::new();
    let mut text = node("a", "0");
    for i in 0..20 {
        text += &reader(&format!("r{i}"), "a");
        text += &reader(&format!("s{i}"), &format!("r{i}"));
    }
    t.load(&text).await.unwrap();
    for i in 1..=1_000 {
        t.board.export("test.node.a", &i.to_string());
        if i % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let arrived = |label: String| t.value(&label).as_deref() == Some("1000");
    t.until("last value", || (0..20).all(|i| arrived(format!("r{i}")) && arrived(format!("s{i}"))))
        .await;
}

#[tokio::test]
async fn slow_update_skips_to_the_latest_arguments_and_delays_nobody() {
    let t = Fixture::new();
    let slow =
        "test.node \"slow\" {\n  value = test.node.a.value\n  gate  = test.node.g.value\n}\n";
    let text = node("a", "1") + &node("g", "") + slow + &reader("b", "a");
    t.load(&text).await.unwrap();
    t.board.export("test.node.g", "gate");
    t.until("update begins", || t.board.count("update slow 1") == 1).await;
    for i in 2..=50 {
        t.board.export("test.node.a", &i.to_string());
        let arrived = i.to_string();
        t.until("others", || t.value("b").as_deref() == Some(&arrived)).await;
    }
    assert_eq!(t.board.count("update slow"), 1);
    assert_eq!(t.value("slow").as_deref(), Some("1"));
    t.board.open("gate");
    t.until("latest", || t.value("slow").as_deref() == Some("50")).await;
    assert_eq!(t.board.count("update slow"), 2);
}

#[tokio::test]
async fn failing_evaluation_keeps_arguments_and_component() {
    let t = Fixture::new();
    let text =
        node("a", "1") + "test.node \"b\" { value = encoding.from_json(test.node.a.value) }\n";
    t.load(&text).await.unwrap();
    t.until("start", || t.board.count("start b") == 1).await;
    t.board.export("test.node.a", "{");
    t.until("unhealthy", || t.health("b").starts_with("unhealthy")).await;
    assert_eq!(t.value("b").as_deref(), Some("1"));
    assert_eq!((t.board.count("stop"), t.cell("b").updates()), (0, 0));
    t.board.export("test.node.a", "2");
    t.until("healthy again", || t.value("b").as_deref() == Some("2")).await;
    assert_eq!(t.health("b"), "healthy: component evaluated");
    t.board.export("test.node.a", "{");
    t.until("unhealthy", || t.health("b").starts_with("unhealthy")).await;
    t.board.export("test.node.a", "2");
    t.until("healthy again", || t.health("b").starts_with("healthy")).await;
    assert_eq!(t.cell("b").updates(), 1, "it had these arguments already");
}

#[tokio::test]
async fn receivers_follow_the_component_and_go_with_it() {
    let t = Fixture::new();
    let to = |label: &str| {
        format!("test.node \"from\" {{ forward_to = [test.node.{label}.receiver] }}\n")
    };
    t.load(&(node("old", "") + &node("new", "") + &to("old"))).await.unwrap();
    t.load(&(node("old", "1") + &node("new", "") + &to("old"))).await.unwrap();
    assert_eq!(t.cell("from").updates(), 0, "the receiver stays the same through an update");
    t.load(&(node("new", "") + &to("new"))).await.unwrap();
    assert_eq!(t.cell("from").updates(), 1);
    t.until("nobody holds the old receiver", || !t.board.receiver_is_alive("test.node.old")).await;
    assert!(t.board.receiver_is_alive("test.node.new"));
}

#[tokio::test]
async fn messages_of_an_earlier_life_are_dropped() {
    let t = Fixture::new();
    t.load(&(node("a", "1") + &reader("b", "a"))).await.unwrap();
    t.until("start", || t.board.count("start") == 2).await;
    let events = t.runtime.events();
    for cell in t.snapshot().nodes.iter() {
        let node = cell.node;
        let late = Epoch(0);
        events.send(Event::Changed { node, epoch: late }).unwrap();
        events.send(Event::Exited { node, epoch: late, exit: Exit::Returned(Ok(())) }).unwrap();
        events.send(Event::Restart { node, epoch: late }).unwrap();
        let failed = Err(alloy_component::ComponentError::new("late"));
        events.send(Event::Built { node, epoch: late, result: failed }).unwrap();
    }
    t.load(&(node("a", "1") + &reader("b", "a") + &node("barrier", ""))).await.unwrap();
    assert_eq!(t.health("a"), "healthy: started component");
    assert_eq!(t.health("b"), "healthy: started component");
}

#[tokio::test]
async fn export_of_a_removed_component_is_dropped() {
    let t = Fixture::new();
    t.load(&(node("a", "1") + &node("b", "1"))).await.unwrap();
    t.load(&node("b", "1")).await.unwrap();
    t.board.export("test.node.a", "2");
    t.load(&(node("b", "1") + &node("a", "3") + &reader("c", "a"))).await.unwrap();
    assert_eq!(t.value("c").as_deref(), Some("3"));
}

#[tokio::test]
async fn diamond_is_evaluated_in_order() {
    let t = Fixture::new();
    let mut text = node("top", "1");
    write!(text, "{}{}", reader("left", "top"), reader("right", "top")).unwrap();
    text += "test.node \"bottom\" { inputs = [test.node.left.value, test.node.right.value] }\n";
    t.load(&text).await.unwrap();
    assert_eq!(t.cell("bottom").evaluations(), 1);
    let ids: Vec<_> = t.snapshot().nodes.iter().map(|cell| cell.info.id.to_string()).collect();
    assert_eq!(ids.first().map(String::as_str), Some("test.node.top"));
    assert_eq!(ids.last().map(String::as_str), Some("test.node.bottom"));
}

#[tokio::test]
async fn edges_follow_references_and_data() {
    let t = Fixture::new();
    let text = node("sink", "")
        + &node("source", "")
        + "test.node \"mid\" {\n  value = test.node.source.value\n  forward_to = [test.node.sink.receiver]\n}\n";
    t.load(&text).await.unwrap();
    let snapshot = t.snapshot();
    let at = |label: &str| snapshot.index_of(&format!("test.node.{label}")).unwrap();
    let (sink, source, mid) = (at("sink"), at("source"), at("mid"));
    let mut read = [sink, source];
    read.sort_unstable();
    assert_eq!(*snapshot.edges[mid].references_to, read);
    assert_eq!(*snapshot.edges[sink].referenced_by, [mid]);
    assert_eq!(*snapshot.edges[mid].data_flow_to, [sink]);
    assert_eq!(*snapshot.edges[source].data_flow_to, [mid]);
}

/// A diamond of 20 layers: two nodes in each read both of the layer before, so every change reaches
/// the next layer on two ways.
fn lattice(left: impl Fn(usize) -> String, right: impl Fn(usize) -> String) -> String {
    let mut text = node("top", "0");
    for layer in 0..20 {
        write!(text, "{}{}", left(layer), right(layer)).unwrap();
    }
    text
}

/// Changes the top of a lattice and checks that nobody sees a part of a change.
async fn change_the_top(t: &Fixture, last: &str, readers: usize) {
    for i in 1..=20 {
        t.board.export("test.node.top", &i.to_string());
        if i % 4 == 0 {
            t.until("bottom", || t.value(last).as_deref() == Some(&i.to_string())).await;
        }
    }
    assert_eq!(t.board.count("torn"), 0, "{:?}", t.board.take_log());
    let updates = t.snapshot().nodes.iter().map(|cell| cell.updates()).max();
    assert!(updates <= Some(20), "{updates:?} updates of one node by 20 changes");
    assert!(t.board.count("update") >= readers * 5, "everybody has seen the last of each burst");
}

#[tokio::test]
async fn lattice_of_modules_is_never_torn() {
    let t = Fixture::new();
    let of = |layer: usize, side: char| match layer {
        0 => "test.node.top.value".to_owned(),
        _ => format!("mix.{side}{}.out", layer - 1),
    };
    let side = |side: char, other: char| {
        move |layer: usize| {
            let (own, other) = (of(layer, side), of(layer, other));
            format!(
                "mix \"{side}{layer}\" {{\n  a = {own}\n  b = {other}\n}}\n\
                 test.node \"{side}{layer}\" {{\n  value = mix.{side}{layer}.out\n  \
                 inputs = [{own}, {other}, mix.{side}{layer}.out, mix.{side}{layer}.other]\n}}\n"
            )
        }
    };
    let text = "declare \"mix\" {\n  argument \"a\" { }\n  argument \"b\" { }\n  \
                export \"out\" { value = argument.a.value }\n  \
                export \"other\" { value = argument.b.value }\n}\n"
        .to_owned()
        + &lattice(side('l', 'r'), side('r', 'l'));
    t.load(&text).await.unwrap();
    change_the_top(&t, "l19", 40).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lattice_of_components_is_never_torn() {
    let t = Fixture::new();
    let of = |layer: usize, side: char| match layer {
        0 => "test.node.top.value".to_owned(),
        _ => format!("test.node.{side}{}.value", layer - 1),
    };
    // What is far from the top reads it directly as well: one way is much longer than the other.
    let side = |side: char, other: char| {
        move |layer: usize| {
            let (own, other) = (of(layer, side), of(layer, other));
            format!(
                "test.node \"{side}{layer}\" {{\n  value = {own}\n  \
                 inputs = [{own}, {other}, test.node.top.value]\n}}\n"
            )
        }
    };
    t.load(&lattice(side('l', 'r'), side('r', 'l'))).await.unwrap();
    change_the_top(&t, "l19", 40).await;
}

#[tokio::test]
async fn hanging_update_delays_views_but_does_not_stop_them() {
    let t = Fixture::new();
    let text = node("top", "1")
        + &node("gate", "")
        + "test.node \"slow\" {\n  value = test.node.top.value\n  gate = test.node.gate.value\n}\n"
        + "test.node \"view\" {\n  value = test.node.top.value\n  inputs = [test.node.slow.value]\n}\n";
    t.load(&text).await.unwrap();
    t.board.export("test.node.gate", "never");
    t.until("update hangs", || t.board.count("update slow") == 1).await;
    t.board.export("test.node.top", "2");
    t.until("view", || t.value("view").as_deref() == Some("2")).await;
    assert_eq!(t.value("slow").as_deref(), Some("1"));
}

#[tokio::test]
async fn source_with_many_readers_is_followed_at_intervals_and_to_the_end() {
    let t = Fixture::new();
    let readers = (0..50).map(|i| reader(&format!("r{i}"), "a"));
    t.load(&(node("a", "0") + &readers.collect::<String>())).await.unwrap();
    let begin = std::time::Instant::now();
    let mut last = 0;
    while begin.elapsed() < std::time::Duration::from_millis(200) {
        last += 1;
        t.board.export("test.node.a", &last.to_string());
        tokio::task::yield_now().await;
    }
    let last = last.to_string();
    let arrived = |i: usize| t.value(&format!("r{i}")).as_deref() == Some(&last);
    t.until("last value", || (0..50).all(arrived)).await;
    // A rest of 10 ms each time.
    let most = begin.elapsed().as_millis() as u64 / 10 + 2;
    assert!(t.cell("r0").updates() <= most, "{} updates, {most} allowed", t.cell("r0").updates());
    // After a pause there is nothing to wait for, and a load sees what was exported before it.
    t.board.export("test.node.a", "x");
    t.board.export("test.node.a", "y");
    t.load(&(node("a", "0") + &reader("r0", "a"))).await.unwrap();
    t.until("what was exported before", || t.value("r0").as_deref() == Some("y")).await;
}
