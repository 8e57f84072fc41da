//! Who gets a port or file, and when.

use std::net::Ipv4Addr;

use futures_util::FutureExt;
use tokio::io::AsyncWriteExt;

use super::*;

const HOST: &str = "127.0.0.1";

fn owner(name: &str) -> Arc<str> {
    name.into()
}

/// A holder of a port that nobody else has.
async fn holder(handover: &Handover, name: &str) -> (Listener, u16) {
    let listener = handover.listen(&owner(name), HOST, 0).await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    (listener, port)
}

async fn is_open(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok()
}

#[tokio::test]
async fn without_a_change_under_way_a_port_has_one_holder() {
    let handover = Handover::new();
    assert!(handover.is_empty());
    let (listener, port) = holder(&handover, "a").await;
    let error = handover.listen(&owner("b"), HOST, port).await.expect_err("taken");
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    assert_eq!(error.to_string(), format!("127.0.0.1:{port} is held by a"));
    let error = handover.listen(&owner("b"), "", port).await.expect_err("overlaps");
    assert!(error.to_string().ends_with("is held by a"), "{error}");
    drop(listener);
    assert!(handover.is_empty());
    assert!(!is_open(port).await);
    handover.listen(&owner("b"), HOST, port).await.expect("free again");
}

#[tokio::test]
async fn clients_in_the_queue_reach_the_next_holder() {
    let handover = Handover::new();
    let (listener, port) = holder(&handover, "a").await;
    let turn = handover.turn();
    turn.retire("a");
    drop(listener);
    let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.expect("still open");
    client.write_all(b"x").await.expect("the queue takes it");
    assert!(handover.heirs().is_empty());
    let next = handover.listen(&owner("b"), HOST, port).await.expect("taken over");
    assert_eq!(handover.heirs().into_iter().collect::<Vec<_>>(), [owner("b")]);
    drop(turn);
    assert_eq!(next.accept().await.expect("the client").1, client.local_addr().expect("bound"));
}

#[tokio::test]
async fn what_nobody_takes_over_is_closed_with_the_turn() {
    let handover = Handover::new();
    let (listener, port) = holder(&handover, "a").await;
    let turn = handover.turn();
    turn.retire("a");
    let share = turn.share(&owner("new"));
    drop((listener, turn));
    assert!(is_open(port).await);
    drop(share);
    assert!(!is_open(port).await);
    assert!(handover.is_empty());
}

#[tokio::test]
async fn retired_holder_keeps_its_socket_until_it_ends() {
    let handover = Handover::new();
    let (listener, port) = holder(&handover, "a").await;
    handover.turn().retire("a");
    assert!(is_open(port).await, "it has not stopped yet");
    drop(listener);
    assert!(!is_open(port).await);
}

#[tokio::test]
async fn two_may_exchange_their_ports() {
    let handover = Handover::new();
    let ((a, one), (b, two)) = (holder(&handover, "a").await, holder(&handover, "b").await);
    let turn = handover.turn();
    let _shares = [turn.share(&owner("a")), turn.share(&owner("b"))];
    let (a_name, b_name) = (owner("a"), owner("b"));
    let moved = tokio::join!(a.moved(&a_name, HOST, two), b.moved(&b_name, HOST, one));
    let port = |listener: &Listener| listener.local_addr().expect("bound").port();
    let (a, b) = (moved.0.expect("moved"), moved.1.expect("moved"));
    assert_eq!((port(&a), port(&b)), (two, one));
}

#[tokio::test]
async fn who_waits_in_vain_keeps_what_it_has() {
    let handover = Handover::new();
    let ((a, one), (_b, two)) = (holder(&handover, "a").await, holder(&handover, "b").await);
    let turn = handover.turn();
    let (first, second) = (turn.share(&owner("a")), turn.share(&owner("b")));
    let name = owner("a");
    let mut moving = std::pin::pin!(a.moved(&name, HOST, two));
    assert!(moving.as_mut().now_or_never().is_none(), "b may give it up");
    drop(second);
    let error = moving.await.expect_err("b has its new arguments");
    assert_eq!(error.to_string(), format!("127.0.0.1:{two} is held by b"));
    drop((first, turn));
    let error = handover.listen(&owner("c"), HOST, one).await.expect_err("a still has it");
    assert_eq!(error.to_string(), format!("127.0.0.1:{one} is held by a"));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever_for_one_who_waits_for_it() {
    let handover = Handover::new();
    let (_a, port) = holder(&handover, "a").await;
    let turn = handover.turn();
    let _share = turn.share(&owner("a"));
    let begin = tokio::time::Instant::now();
    handover.listen(&owner("b"), HOST, port).await.expect_err("given up");
    assert_eq!(begin.elapsed(), PATIENCE);
}

#[tokio::test]
async fn all_addresses_of_a_port_follow_one_of_them() {
    let handover = Handover::new();
    let (listener, port) = holder(&handover, "a").await;
    let turn = handover.turn();
    turn.retire("a");
    let name = owner("b");
    let mut next = std::pin::pin!(handover.listen(&name, "", port));
    assert!(next.as_mut().now_or_never().is_none(), "one socket at a time has the port");
    drop(listener);
    next.await.expect("the port is free now");
    drop(turn);
}

#[tokio::test]
async fn file_is_free_once_its_holder_has_ended() {
    let handover = Handover::new();
    let path = Path::new("/some/folder");
    let held = handover.exclusive(&owner("a"), path).await.expect("free");
    let error = handover.exclusive(&owner("b"), path).await.expect_err("taken");
    assert_eq!(error.to_string(), "/some/folder is held by a");
    let turn = handover.turn();
    turn.retire("a");
    let name = owner("b");
    let mut next = std::pin::pin!(handover.exclusive(&name, path));
    assert!(next.as_mut().now_or_never().is_none());
    drop(turn);
    assert!(next.as_mut().now_or_never().is_none(), "it is given up all the same");
    drop(held);
    next.await.expect("free again");
    assert!(handover.is_empty());
}
