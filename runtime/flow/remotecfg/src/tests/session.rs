//! The decisions alone.

use std::sync::Arc;

use proptest::prelude::*;

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
fn a_rejection_outlives_a_request_error() {
    let mut session = running("a");
    session.on_answer(content("bad"));
    session.on_rejected(&["one".to_owned()]);
    session.on_error("unavailable: gone");
    assert_eq!(session.on_answer(not_modified()), Answer::Same { good: false });
    assert_eq!(session.state(), (State::Failed, "one"));
}

#[test]
fn empty_content_leaves_what_runs() {
    let mut session = running("a");
    assert_eq!(session.on_answer(content("")), Answer::Same { good: true });
    assert_eq!(session.loaded().map(|text| &**text), Some("a"));
    session.on_error("unavailable: gone");
    assert_eq!(session.on_answer(not_modified()), Answer::Same { good: true });
    assert_eq!(session.state(), (State::Applied, ""));
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

/// What happens to a session.
#[derive(Clone, Debug)]
enum Event {
    /// A request gets this answer; some texts don't load.
    Answer(u8),
    NotModified,
    /// A request fails; the server got it or not.
    Error {
        arrived: bool,
    },
    OtherServer,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0_u8..6).prop_map(Event::Answer),
        Just(Event::NotModified),
        any::<bool>().prop_map(|arrived| Event::Error { arrived }),
        Just(Event::OtherServer),
    ]
}

/// What the server believes.
#[derive(Clone, Debug, Default, PartialEq)]
struct Belief {
    status: Option<i32>,
    effective: Option<Vec<u8>>,
}

impl Belief {
    fn hear(&mut self, session: &Session) {
        let (request, _) = session.request();
        if let Some(status) = request.remote_config_status {
            self.status = Some(status.status);
        }
        if let Some(config) = request.effective_config {
            self.effective = Some(config.config_map.unwrap().config_map[""].body.clone());
        }
    }
}

proptest! {
    /// Whatever happens: what runs is the last text that loaded, a text that didn't load is not
    /// tried twice in a row, and a server that was told all believes what is true.
    #[test]
    fn the_server_believes_what_is_true(events in prop::collection::vec(event(), 0..40)) {
        let mut session = session();
        let mut belief = Belief::default();
        let mut runs: Option<String> = None;
        let mut last_tried = None;
        for event in events {
            let told = |session: &mut Session, belief: &mut Belief| {
                belief.hear(session);
                let (_, telling) = session.request();
                session.on_told(telling);
            };
            match event {
                Event::OtherServer => {
                    session.restart(Identity::default());
                    belief = Belief::default();
                    last_tried = None;
                    continue;
                }
                Event::Error { arrived } => {
                    if arrived {
                        belief.hear(&session);
                    }
                    session.on_error("gone");
                    prop_assert_eq!(session.state().0, State::Failed);
                }
                Event::NotModified => {
                    told(&mut session, &mut belief);
                    let answer = session.on_answer(not_modified());
                    prop_assert!(matches!(answer, Answer::Same { .. }), "not modified");
                }
                Event::Answer(n) => {
                    told(&mut session, &mut belief);
                    // Even ones load, odd ones don't, the first is empty.
                    let text = if n == 0 { String::new() } else { format!("text {n}") };
                    if let Answer::Load(load) = session.on_answer(content(&text)) {
                        prop_assert_eq!(&*load, text.as_str());
                        prop_assert_ne!(last_tried, Some(n), "{} was tried twice", n);
                        prop_assert_eq!(session.state().0, State::Applying);
                        if n % 2 == 0 {
                            session.on_loaded(&load);
                            runs = Some(text);
                        } else {
                            session.on_rejected(&["no".to_owned()]);
                        }
                    }
                    last_tried = Some(n);
                }
            }
            prop_assert_eq!(session.loaded().map(|text| text.to_string()), runs.clone());
            if session.has_news() {
                told(&mut session, &mut belief);
            }
            prop_assert!(!session.has_news());
            let state = match session.state().0 {
                State::Unset => 0,
                State::Applied => 1,
                State::Applying => 2,
                State::Failed => 3,
            };
            prop_assert_eq!(belief.status, Some(state));
            prop_assert_eq!(&belief.effective, &runs.clone().map(String::into_bytes));
        }
    }
}
