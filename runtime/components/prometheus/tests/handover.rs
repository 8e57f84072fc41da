//! `prometheus.receive_http` keeps its port through reloads that replace it.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use alloy_component::testing::context;
use alloy_runtime::{HostFacts, LoadRequest, Runtime, RuntimeOptions, Source};
use alloy_value::{Registry, Stability};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    Registry::new(alloy_prometheus::COMPONENTS.iter().map(|component| component.definition))
});

fn start() -> Runtime {
    let (cx, _) = context("test");
    Runtime::start(RuntimeOptions {
        registry: &REGISTRY,
        components: alloy_prometheus::COMPONENTS.to_vec(),
        host: HostFacts::default(),
        stability: Stability::GenerallyAvailable,
        community: false,
        storage_path: "data".into(),
        services: cx.services,
        config_blocks: Vec::new(),
        importer: None,
        shutdown_deadline: RuntimeOptions::SHUTDOWN_DEADLINE,
        first_load_patience: RuntimeOptions::FIRST_LOAD_PATIENCE,
        tokio: tokio::runtime::Handle::current(),
    })
    .expect("start the controller thread")
}

fn receiver(label: &str, port: u16) -> String {
    format!(
        "prometheus.receive_http \"{label}\" {{\n  http {{\n    listen_address = \"127.0.0.1\"\n    \
         listen_port = {port}\n  }}\n  forward_to = []\n}}\n"
    )
}

async fn load(runtime: &Runtime, text: String) {
    let source = Source { name: "main.alloy".into(), text: text.into() };
    let request = LoadRequest { sources: vec![source], ..LoadRequest::default() };
    runtime.load(request).await.expect("an accepted load");
}

/// Pushes nothing over a connection of its own; gives the status.
async fn push(port: u16) -> io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let request = "POST /api/v1/metrics/write HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
                   Content-Type: application/x-protobuf\r\nContent-Length: 1\r\n\r\n\0";
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    match answer.get(9..12) {
        Some(status) => Ok(status.to_owned()),
        None => Err(io::Error::other(format!("no answer but {answer:?}"))),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_connection_is_answered_while_reloads_replace_the_component() {
    let ports = [(); 2]
        .map(|()| std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
    let [one, two] = ports.map(|socket| socket.local_addr().as_ref().map_or(0, SocketAddr::port));
    let runtime = start();
    load(&runtime, receiver("a", one) + &receiver("b", two)).await;
    let (stop, answers) = (CancellationToken::new(), Arc::<AtomicUsize>::default());
    let clients = [one, two, one, two].map(|port| {
        let (stop, answers) = (stop.clone(), Arc::clone(&answers));
        tokio::spawn(async move {
            while !stop.is_cancelled() {
                let answered = tokio::time::timeout(Duration::from_secs(20), push(port)).await;
                let status = answered.map_err(|_| io::Error::other("no answer in time"))??;
                assert_eq!(status, "204");
                answers.fetch_add(1, Ordering::Relaxed);
            }
            io::Result::Ok(())
        })
    });
    for i in 0..100 {
        // Renamed, exchanged between two that stay, and taken over by one that was elsewhere.
        let text = match i % 4 {
            0 => receiver(&format!("a{i}"), one) + &receiver("b", two),
            1 => receiver("b", one) + &receiver(&format!("a{i}"), two),
            2 => receiver("b", two) + &receiver("a", one),
            _ => receiver("b", one) + &receiver("a", two),
        };
        load(&runtime, text).await;
        let seen = answers.load(Ordering::Relaxed);
        while i % 10 == 0 && answers.load(Ordering::Relaxed) < seen + 8 {
            assert!(clients.iter().all(|client| !client.is_finished()), "a client has failed");
            tokio::task::yield_now().await;
        }
    }
    stop.cancel();
    for client in clients {
        client.await.expect("no panic").expect("every connection is answered");
    }
    runtime.shutdown().await;
}
