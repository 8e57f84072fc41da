//! A server of remote configuration, written from the protocol's definition: POST, one protobuf
//! message in and one out.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use prost::Message;

#[derive(Clone, PartialEq, Message)]
struct GetConfigRequest {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "3")]
    hash: String,
    #[prost(btree_map = "string, string", tag = "4")]
    local_attributes: BTreeMap<String, String>,
    #[prost(message, optional, tag = "5")]
    remote_config_status: Option<RemoteConfigStatus>,
    #[prost(message, optional, tag = "6")]
    effective_config: Option<EffectiveConfig>,
}

#[derive(Clone, PartialEq, Message)]
struct RemoteConfigStatus {
    #[prost(int32, tag = "1")]
    status: i32,
    #[prost(string, tag = "2")]
    error_message: String,
}

#[derive(Clone, PartialEq, Message)]
struct EffectiveConfig {
    #[prost(message, optional, tag = "1")]
    config_map: Option<ConfigMap>,
}

#[derive(Clone, PartialEq, Message)]
struct ConfigMap {
    #[prost(btree_map = "string, message", tag = "1")]
    config_map: BTreeMap<String, ConfigFile>,
}

#[derive(Clone, PartialEq, Message)]
struct ConfigFile {
    #[prost(bytes = "vec", tag = "1")]
    body: Vec<u8>,
    #[prost(string, tag = "2")]
    content_type: String,
}

#[derive(Clone, PartialEq, Message)]
struct GetConfigResponse {
    #[prost(string, tag = "1")]
    content: String,
    #[prost(string, tag = "2")]
    hash: String,
    #[prost(bool, tag = "3")]
    not_modified: bool,
}

#[derive(Clone, PartialEq, Message)]
struct RegisterCollectorRequest {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "3")]
    name: String,
    #[prost(btree_map = "string, string", tag = "4")]
    local_attributes: BTreeMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
struct UnregisterCollectorRequest {
    #[prost(string, tag = "1")]
    id: String,
}

/// What a client asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Call {
    /// `GetConfig`, `RegisterCollector` or `UnregisterCollector`.
    pub(crate) method: String,
    /// Headers with lower-case names.
    pub(crate) headers: BTreeMap<String, String>,
    /// Id of the client.
    pub(crate) id: String,
    /// Name of the client.
    pub(crate) name: String,
    /// Attributes of the client.
    pub(crate) attributes: BTreeMap<String, String>,
    /// Hash that the client has.
    pub(crate) hash: String,
    /// Status number and message, if the client told one.
    pub(crate) status: Option<(i32, String)>,
    /// What the client says runs.
    pub(crate) effective: Option<String>,
}

#[derive(Default)]
struct Book {
    config: String,
    calls: Vec<Call>,
    /// Connections end without an answer.
    down: bool,
    /// Calls of this name are not answered.
    hangs: &'static str,
}

/// The server; ends with its handle.
pub(crate) struct Collector {
    /// Its port.
    pub(crate) port: u16,
    book: Arc<Mutex<Book>>,
}

impl Collector {
    /// Starts giving `config`.
    pub(crate) fn start(config: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bind a server");
        let port = listener.local_addr().expect("address of a bound listener").port();
        let book = Book { config: config.to_owned(), ..Book::default() };
        let book = Arc::new(Mutex::new(book));
        let served = Arc::clone(&book);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // The thread holds one, the listener's loop another.
                if Arc::strong_count(&served) == 1 {
                    return;
                }
                let book = Arc::clone(&served);
                std::thread::spawn(move || serve(stream, &book));
            }
        });
        Self { port, book }
    }

    /// URL of the server as the block has it.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Gives `config` from now on.
    pub(crate) fn set(&self, config: &str) {
        config.clone_into(&mut self.book.lock().config);
    }

    /// Answers nothing any more, or answers again.
    pub(crate) fn set_down(&self, down: bool) {
        self.book.lock().down = down;
    }

    /// Doesn't answer calls of this name any more.
    pub(crate) fn hang_in(&self, method: &'static str) {
        self.book.lock().hangs = method;
    }

    /// All calls so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.book.lock().calls.clone()
    }

    /// Forgets the calls so far.
    pub(crate) fn forget(&self) {
        self.book.lock().calls.clear();
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.set_down(true);
        // Wakes the accepting thread so that it ends.
        self.book = Arc::default();
        let _woken = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn serve(mut stream: TcpStream, book: &Mutex<Book>) {
    stream.set_read_timeout(Some(Duration::from_secs(120))).expect("set a timeout");
    let mut pending = Vec::new();
    while let Some((call, reply)) = read(&mut stream, &mut pending, book) {
        let hangs = book.lock().hangs == call.method;
        book.lock().calls.push(call);
        if hangs {
            // Until the client gives up.
            drop(stream.read(&mut [0]));
            return;
        }
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/proto\r\nContent-Length: {}\r\n\r\n",
            reply.len()
        );
        if stream.write_all(&[head.as_bytes(), &reply].concat()).is_err() {
            return;
        }
    }
}

/// The next request and its answer; nothing at the end, or if the server is down.
fn read(
    stream: &mut TcpStream,
    pending: &mut Vec<u8>,
    book: &Mutex<Book>,
) -> Option<(Call, Vec<u8>)> {
    let mut fill = |pending: &mut Vec<u8>| -> Option<()> {
        let mut chunk = [0; 16 * 1024];
        let read = stream.read(&mut chunk).ok().filter(|read| *read > 0)?;
        pending.extend_from_slice(&chunk[..read]);
        Some(())
    };
    let end = loop {
        match pending.windows(4).position(|window| window == b"\r\n\r\n") {
            Some(end) => break end + 4,
            None => fill(pending)?,
        }
    };
    let head = String::from_utf8_lossy(&pending[..end]).into_owned();
    let mut lines = head.lines();
    let request = lines.next()?.to_owned();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length: usize =
        headers.get("content-length").map_or(0, |text| text.parse().expect("a length"));
    while pending.len() < end + length {
        fill(pending)?;
    }
    let body: Vec<u8> = pending.drain(..end + length).skip(end).collect();
    if book.lock().down {
        return None;
    }
    assert_eq!(headers.get("content-type").map(String::as_str), Some("application/proto"));
    let path = request.strip_prefix("POST /collector.v1.CollectorService/").expect("a call");
    let method = path.strip_suffix(" HTTP/1.1").expect("HTTP/1.1").to_owned();
    Some(answer(Call { method, headers, ..Call::default() }, &body, &book.lock().config))
}

fn answer(call: Call, body: &[u8], config: &str) -> (Call, Vec<u8>) {
    match call.method.as_str() {
        "RegisterCollector" => {
            let request = RegisterCollectorRequest::decode(body).expect("a message");
            let (id, name) = (request.id, request.name);
            (Call { id, name, attributes: request.local_attributes, ..call }, Vec::new())
        }
        "UnregisterCollector" => {
            let request = UnregisterCollectorRequest::decode(body).expect("a message");
            (Call { id: request.id, ..call }, Vec::new())
        }
        "GetConfig" => {
            let request = GetConfigRequest::decode(body).expect("a message");
            let hash = format!("hash of {} bytes", config.len());
            let not_modified = request.hash == hash;
            let content = if not_modified { String::new() } else { config.to_owned() };
            let files = request.effective_config.and_then(|effective| effective.config_map);
            let effective = files.map(|mut files| {
                let file = files.config_map.remove("").expect("an entry without a name");
                assert_eq!(file.content_type, "text/plain");
                String::from_utf8(file.body).expect("text")
            });
            let call = Call {
                id: request.id,
                attributes: request.local_attributes,
                hash: request.hash,
                status: request.remote_config_status.map(|s| (s.status, s.error_message)),
                effective,
                ..call
            };
            (call, GetConfigResponse { content, hash, not_modified }.encode_to_vec())
        }
        other => panic!("there is no method {other}"),
    }
}
