//! Ports and files change hands in reloads, and nobody who connects notices.

use std::fmt::Write as _;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use alloy_component::{
    BuildContext, Component, ComponentDef, ComponentError, Exclusive, Handover, Listener,
    RunContext,
};
use alloy_value::{ArcArgs, Args, Definition, Stability};
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::fixture::{Fixture, node};

/// Arguments of `test.server`.
#[derive(Args, Clone, Debug, PartialEq)]
struct ServerArgs {
    /// Answers every connection on this port with its own label.
    #[args(default = 0)]
    port: u16,
    /// Holds this file.
    #[args(default = "")]
    file: String,
    /// Fails at the end of the build or update.
    #[args(default = false)]
    fails: bool,
    /// How many milliseconds a stop takes.
    #[args(default = 0)]
    drain_ms: u64,
}

static DEFINITION: Definition =
    Definition::component::<ServerArgs>("test.server", Stability::GenerallyAvailable, "");

pub(super) static SERVER: ComponentDef =
    ComponentDef { definition: &DEFINITION, build: Some(build) };

struct Server {
    id: Arc<str>,
    handover: Handover,
    args: Mutex<ServerArgs>,
    listener: watch::Sender<Option<Listener>>,
    _file: Option<Held>,
}

/// Files that are held; none twice.
static HELD: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Held(String, #[expect(dead_code, reason = "held")] Exclusive);

impl Held {
    fn new(path: &str, exclusive: Exclusive) -> Self {
        let mut held = HELD.lock();
        assert!(!held.iter().any(|other| other == path), "{path} is held twice");
        held.push(path.to_owned());
        Self(path.to_owned(), exclusive)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.lock().retain(|path| *path != self.0);
    }
}

fn build(
    cx: BuildContext,
    args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    let args = args.downcast_ref::<ServerArgs>().expect("own arguments").clone();
    let handover = cx.services.handover.clone();
    Box::pin(async move {
        let file = match args.file.as_str() {
            "" => None,
            path => {
                let exclusive = handover.exclusive(&cx.id, Path::new(path)).await;
                Some(Held::new(path, exclusive.map_err(failed)?))
            }
        };
        let listener = match args.port {
            0 => None,
            port => Some(handover.listen(&cx.id, "127.0.0.1", port).await.map_err(failed)?),
        };
        if args.fails {
            return Err(ComponentError::new("fails"));
        }
        let (args, listener) = (Mutex::new(args), watch::Sender::new(listener));
        let server = Server { id: cx.id, handover, args, listener, _file: file };
        Ok(Arc::new(server) as Arc<dyn Component>)
    })
}

fn failed(error: io::Error) -> ComponentError {
    ComponentError::new(error.to_string())
}

impl Component for Server {
    fn update(&self, args: ArcArgs) -> BoxFuture<'_, Result<(), ComponentError>> {
        let args = args.downcast_ref::<ServerArgs>().expect("own arguments").clone();
        Box::pin(async move {
            if args.fails {
                return Err(ComponentError::new("fails"));
            }
            if args.port != self.args.lock().port {
                let old = self.listener.borrow().clone();
                let new = match old {
                    Some(old) => old.moved(&self.id, "127.0.0.1", args.port).await,
                    None => self.handover.listen(&self.id, "127.0.0.1", args.port).await,
                };
                self.listener.send_replace(Some(new.map_err(failed)?));
            }
            *self.args.lock() = args;
            Ok(())
        })
    }

    fn run(self: Arc<Self>, cx: RunContext) -> BoxFuture<'static, Result<(), ComponentError>> {
        Box::pin(async move {
            let mut connections = JoinSet::new();
            serve(&self, &mut connections, &cx.cancel).await;
            self.listener.send_replace(None);
            while connections.join_next().await.is_some() {}
            let drain_ms = self.args.lock().drain_ms;
            tokio::time::sleep(Duration::from_millis(drain_ms)).await;
            Ok(())
        })
    }
}

async fn serve(server: &Server, connections: &mut JoinSet<()>, cancel: &CancellationToken) {
    let mut listeners = server.listener.subscribe();
    loop {
        let Some(listener) = listeners.borrow_and_update().clone() else {
            return cancel.cancelled().await;
        };
        loop {
            let stream = tokio::select! {
                () = cancel.cancelled() => return,
                _changed = listeners.changed() => break,
                Ok((stream, _)) = listener.accept() => stream,
            };
            connections.spawn(answer(stream, Arc::clone(&server.id)));
        }
    }
}

async fn answer(mut stream: TcpStream, id: Arc<str>) {
    let mut request = [0; 4];
    if stream.read_exact(&mut request).await.is_ok() {
        // A client that has gone is its own problem.
        let _gone = stream.write_all(id.as_bytes()).await;
    }
}

/// The label of who answers.
async fn ask(port: u16) -> io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(b"who?").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    match answer.rsplit_once('.') {
        Some((_, label)) => Ok(label.to_owned()),
        None => Err(io::Error::other(format!("no answer but {answer:?}"))),
    }
}

/// Ports that nobody uses.
fn ports<const N: usize>() -> [u16; N] {
    let sockets = [(); N]
        .map(|()| std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
    sockets.map(|socket| socket.local_addr().as_ref().map_or(0, SocketAddr::port))
}

fn server(label: &str, port: u16) -> String {
    format!("test.server \"{label}\" {{ port = {port} }}\n")
}

/// Clients that connect all the time.
struct Clients {
    tasks: JoinSet<io::Result<()>>,
    stop: CancellationToken,
    answers: Arc<AtomicUsize>,
}

impl Clients {
    fn start(ports: &[u16]) -> Self {
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        let answers = Arc::<AtomicUsize>::default();
        for port in ports.iter().copied().flat_map(|port| [port; 2]) {
            let (stop, answers) = (stop.clone(), Arc::clone(&answers));
            tasks.spawn(async move {
                while !stop.is_cancelled() {
                    let answered = tokio::time::timeout(Duration::from_secs(20), ask(port)).await;
                    answered.map_err(|_| io::Error::other("no answer in time"))??;
                    answers.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            });
        }
        Self { tasks, stop, answers }
    }

    /// Waits until some more have got an answer.
    async fn more(&self, t: &Fixture, count: usize) {
        let before = self.answers.load(Ordering::Relaxed);
        t.until("answers", || self.answers.load(Ordering::Relaxed) >= before + count).await;
    }

    async fn end(mut self) {
        self.stop.cancel();
        while let Some(client) = self.tasks.join_next().await {
            client.expect("no panic").expect("every connection is answered");
        }
        assert!(self.answers.load(Ordering::Relaxed) >= 100, "hardly anybody has connected");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn renamed_listener_loses_no_connection() {
    let [port] = ports();
    let t = Fixture::new();
    t.load(&server("l0", port)).await.unwrap();
    let clients = Clients::start(&[port]);
    for i in 1..=100 {
        t.load(&server(&format!("l{i}"), port)).await.unwrap();
        if i % 10 == 0 {
            clients.more(&t, 5).await;
        }
    }
    clients.end().await;
    assert_eq!(ask(port).await.unwrap(), "l100");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listeners_that_exchange_ports_lose_no_connection() {
    let [one, two, three] = ports();
    let t = Fixture::new();
    let text = |a, b| server("a", a) + &server("b", b);
    t.load(&text(one, two)).await.unwrap();
    let clients = Clients::start(&[one, two]);
    for i in 0..100 {
        let (a, b) = if i % 2 == 0 { (two, one) } else { (one, two) };
        t.load(&text(a, b)).await.unwrap();
        if i % 10 == 0 {
            clients.more(&t, 5).await;
        }
    }
    clients.end().await;
    assert_eq!((ask(one).await.unwrap(), ask(two).await.unwrap()), ("a".into(), "b".into()));
    // One after the other as well: `b` gets what `a` has left.
    t.load(&text(three, one)).await.unwrap();
    assert_eq!((ask(three).await.unwrap(), ask(one).await.unwrap()), ("a".into(), "b".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recreated_modules_lose_no_connection_even_while_the_old_ones_drain() {
    let [port] = ports();
    let t = Fixture::with(|options| options.stability = Stability::Experimental);
    let text = |metrics: bool| {
        let mut text = format!(
            "foreach \"f\" {{\n  collection = [1]\n  var = \"x\"\n  enable_metrics = {metrics}\n"
        );
        write!(
            text,
            "  template {{ test.server \"s\" {{\n    port = {port}\n    drain_ms = 5\n  }} }}\n}}\n"
        )
        .unwrap();
        text
    };
    t.load(&text(false)).await.unwrap();
    let clients = Clients::start(&[port]);
    for i in 1..=40 {
        t.load(&text(i % 2 == 1)).await.unwrap();
        clients.more(&t, 1).await;
    }
    clients.more(&t, 100).await;
    clients.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn removed_listener_is_closed_although_it_drains() {
    let [port] = ports();
    let t = Fixture::new();
    let text = format!("test.server \"a\" {{\n  port = {port}\n  drain_ms = 60000\n}}\n");
    t.load(&text).await.unwrap();
    assert_eq!(ask(port).await.unwrap(), "a");
    t.load("").await.unwrap();
    while ask(port).await.is_ok() {}
    let error = ask(port).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused, "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_over_a_port_answers_while_its_former_holder_drains() {
    let [port, other] = ports();
    let t = Fixture::new();
    let text = format!("test.server \"a\" {{\n  port = {port}\n  drain_ms = 600000\n}}\n");
    t.load(&text).await.unwrap();
    assert_eq!(ask(port).await.unwrap(), "a");
    t.load(&(server("b", port) + &server("c", other) + &node("n", ""))).await.unwrap();
    assert_eq!(ask(port).await.unwrap(), "b");
    // Nobody waits for the others, so that they keep the order.
    assert_eq!((t.health("n"), t.board.count("start n")), ("unknown: component created".into(), 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn port_of_a_component_that_keeps_it_is_refused_at_once() {
    let [port, other] = ports();
    let t = Fixture::new();
    t.load(&server("a", port)).await.unwrap();
    let error = t.load(&(server("a", port) + &server("b", port))).await.unwrap_err().to_string();
    assert!(error.contains(&format!("127.0.0.1:{port} is held by test.server.a")), "{error}");
    assert_eq!(ask(port).await.unwrap(), "a");
    // Refused in the course of an update: each keeps what it has.
    t.load(&(server("a", port) + &server("b", other))).await.unwrap();
    t.load(&(server("a", port) + &server("b", port))).await.unwrap_err();
    assert_eq!((ask(port).await.unwrap(), ask(other).await.unwrap()), ("a".into(), "b".into()));
    // It is free again once its holder is gone.
    t.load(&server("b", port)).await.unwrap();
    assert_eq!(ask(port).await.unwrap(), "b");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn port_that_a_failed_component_took_over_is_closed() {
    let [port] = ports();
    let t = Fixture::new();
    t.load(&server("a", port)).await.unwrap();
    let text = format!("test.server \"b\" {{\n  port = {port}\n  fails = true\n}}\n");
    t.load(&text).await.unwrap_err();
    while ask(port).await.is_ok() {}
    t.load(&server("b", port)).await.unwrap();
    assert_eq!(ask(port).await.unwrap(), "b");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn file_passes_on_once_its_holder_has_ended() {
    let t = Fixture::new();
    let text = |label: &str| {
        format!("test.server \"{label}\" {{\n  file = \"/wal\"\n  drain_ms = 3\n}}\n")
    };
    t.load(&text("l0")).await.unwrap();
    for i in 1..20 {
        t.load(&text(&format!("l{i}"))).await.unwrap();
    }
    let error = t.load(&(text("l19") + &text("l20"))).await.unwrap_err().to_string();
    assert!(error.contains("/wal is held by test.server.l19"), "{error}");
    t.runtime.shutdown().await;
    assert!(!HELD.lock().iter().any(|path| path == "/wal"));
}
