//! The decisions alone.

use std::sync::Arc;

use crate::proto::GetConfigResponse;
use crate::session::{Answer, Identity, Session, State};

fn content(text: &str) -> GetConfigResponse {
    GetConfigResponse { content: text.to_owned(), hash: format!("h:{text}"), not_modified: false }
}

fn not_modified() -> GetConfigResponse {
    GetConfigResponse { not_modified: true, ..GetConfigResponse::default() }
}

fn session() -> Session {
    let mut session = Session::default();
    session.restart(Identity { id: "me".to_owned(), ..Identity::default() });
    session
}

/// A session in which `text` came and runs.
fn running(text: &str) -> Session {
    let mut session = session();
    assert_eq!(session.on_answer(content(text)), Answer::Load(text.into()));
    session.on_loaded(&Arc::from(text));
    session
}

#[test]
fn the_same_content_is_loaded_once() {
    let mut session = running("a");
    assert_eq!(session.on_answer(content("a")), Answer::Same { good: true });
    assert_eq!(session.on_answer(not_modified()), Answer::Same { good: true });
    assert_eq!(session.on_answer(content("b")), Answer::Load("b".into()));
}

#[test]
fn content_that_does_not_load_is_not_tried_again() {
    let mut session = running("a");
    session.on_answer(content("bad"));
    session.on_rejected(&["one".to_owned(), "two".to_owned()]);
    session.on_restored(&Arc::from("a"));
    assert_eq!(session.on_answer(content("bad")), Answer::Same { good: false });
    assert_eq!(session.on_answer(not_modified()), Answer::Same { good: false });
    assert_eq!(session.state(), (State::Failed, "one; two"));
    // The server goes back.
    assert_eq!(session.on_answer(content("a")), Answer::Same { good: true });
    assert_eq!(session.state(), (State::Applied, ""));
}

#[test]
fn a_request_error_is_over_with_the_next_answer() {
    let mut session = running("a");
    session.on_error("unavailable: gone");
    assert_eq!(session.state(), (State::Failed, "unavailable: gone"));
    assert_eq!(session.on_answer(not_modified()), Answer::Same { good: true });
    assert_eq!(session.state(), (State::Applied, ""));
}

#[test]
fn empty_content_leaves_what_runs() {
    let mut session = running("a");
    assert_eq!(session.on_answer(content("")), Answer::Same { good: true });
    assert_eq!(session.loaded().map(|text| &**text), Some("a"));
}

#[test]
fn status_and_content_are_told_when_they_changed() {
    let mut session = session();
    let (request, telling) = session.request();
    assert_eq!(request.remote_config_status.unwrap().status, 0);
    assert_eq!(request.effective_config, None);
    session.on_told(telling);
    assert!(!session.has_news());
    session.on_answer(content("a"));
    session.on_loaded(&Arc::from("a"));
    assert!(session.has_news());
    let (request, telling) = session.request();
    assert_eq!(request.remote_config_status.unwrap().status, 1);
    assert!(request.effective_config.is_some());
    session.on_told(telling);
    let (request, _) = session.request();
    assert_eq!((request.remote_config_status, request.effective_config), (None, None));
    // A request whose fate is unknown: all is told again.
    session.forget_told();
    let (request, _) = session.request();
    assert!(request.remote_config_status.is_some() && request.effective_config.is_some());
}

#[test]
fn what_changes_while_a_request_is_under_way_is_told_by_the_next() {
    let mut session = session();
    let (_, telling) = session.request();
    session.on_error("late");
    session.on_told(telling);
    assert!(session.has_news());
}

#[test]
fn a_message_is_bounded() {
    let mut session = session();
    session.on_rejected(&vec!["é".repeat(1000); 100]);
    let (_, message) = session.state();
    assert!(message.len() < 66_000 && message.ends_with(" …"), "{}", message.len());
}
