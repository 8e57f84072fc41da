//! What is known of the server and what to do with its answers. No I/O.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::hash::hash;
use crate::proto::{
    ConfigFile, ConfigMap, EffectiveConfig, GetConfigRequest, GetConfigResponse,
    RegisterCollectorRequest, RemoteConfigStatus, StatusCode, UnregisterCollectorRequest,
};

/// A configuration can have any number of errors.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;

const CONTENT_TYPE: &str = "text/plain";

/// What became of the last configuration that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum State {
    /// Nothing came yet.
    #[default]
    Unset,
    /// It runs.
    Applied,
    /// It is being loaded.
    Applying,
    /// It could not be fetched or loaded.
    Failed,
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

/// A configuration that runs.
#[derive(Clone, Debug, PartialEq)]
struct Loaded {
    text: Arc<str>,
    hash: String,
}

/// What to do with an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// It says nothing new; what was said last runs if `good`.
    Same { good: bool },
    /// Load it.
    Load(Arc<str>),
}

/// Something that the server is told when it changed.
#[derive(Clone, Debug, Default)]
struct Told<T> {
    now: T,
    /// What the server knows; nothing if it may know nothing.
    told: Option<T>,
}

impl<T: Clone + PartialEq> Told<T> {
    fn news(&self) -> Option<&T> {
        (self.told.as_ref() != Some(&self.now)).then_some(&self.now)
    }
}

/// What was told by a request; marked when the answer comes.
#[derive(Clone, Debug)]
pub(crate) struct Telling {
    status: Option<(State, String)>,
    effective: Option<Option<Arc<str>>>,
}

/// A talk with one server.
#[derive(Debug, Default)]
pub(crate) struct Session {
    identity: Identity,
    /// The hash that the server gave with its last answer.
    server_hash: String,
    /// The content of its last answer. Compared as a whole: the hash has 32 bits only.
    received: Option<Arc<str>>,
    loaded: Option<Loaded>,
    /// Why the last content doesn't load; empty if it does.
    rejection: String,
    status: Told<(State, String)>,
    effective: Told<Option<Arc<str>>>,
}

impl Session {
    /// Talks to another server, or as someone else. What runs stays.
    pub(crate) fn restart(&mut self, identity: Identity) {
        self.identity = identity;
        self.server_hash = String::new();
        self.received = None;
        self.rejection.clear();
        self.forget_told();
    }

    /// Nothing runs any more.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn register(&self) -> RegisterCollectorRequest {
        RegisterCollectorRequest {
            id: self.identity.id.clone(),
            name: self.identity.name.clone(),
            local_attributes: self.identity.attributes.clone(),
        }
    }

    pub(crate) fn unregister(&self) -> UnregisterCollectorRequest {
        UnregisterCollectorRequest { id: self.identity.id.clone() }
    }

    /// The next request and what it tells.
    pub(crate) fn request(&self) -> (GetConfigRequest, Telling) {
        let status = self.status.news();
        let effective = self.effective.news();
        let request = GetConfigRequest {
            id: self.identity.id.clone(),
            hash: self.server_hash.clone(),
            local_attributes: self.identity.attributes.clone(),
            remote_config_status: status.map(|(state, message)| RemoteConfigStatus {
                status: code(*state).into(),
                error_message: message.clone(),
            }),
            effective_config: effective.and_then(Option::as_ref).map(|text| effective_config(text)),
        };
        (request, Telling { status: status.cloned(), effective: effective.cloned() })
    }

    /// True if the server doesn't know all.
    pub(crate) fn has_news(&self) -> bool {
        self.status.news().is_some() || self.effective.news().is_some_and(Option::is_some)
    }

    /// The server got a request.
    pub(crate) fn on_told(&mut self, telling: Telling) {
        if let Some(status) = telling.status {
            self.status.told = Some(status);
        }
        if let Some(effective) = telling.effective {
            self.effective.told = Some(effective);
        }
    }

    /// The server may have got a request or not.
    pub(crate) fn forget_told(&mut self) {
        self.status.told = None;
        self.effective.told = None;
    }

    /// A request failed.
    pub(crate) fn on_error(&mut self, message: &str) {
        self.forget_told();
        self.set(State::Failed, message);
    }

    /// The server answered.
    pub(crate) fn on_answer(&mut self, answer: GetConfigResponse) -> Answer {
        if answer.not_modified {
            return self.same();
        }
        self.server_hash = answer.hash;
        let content: Arc<str> = answer.content.into();
        let seen = self.received.replace(Arc::clone(&content)).as_ref() == Some(&content);
        // Empty is not a configuration without components: what runs goes on.
        if seen || content.is_empty() || self.loaded() == Some(&content) {
            return self.same();
        }
        self.set(State::Applying, "");
        Answer::Load(content)
    }

    /// The last content is still the last one.
    fn same(&mut self) -> Answer {
        let good = self
            .received
            .as_ref()
            .is_some_and(|text| text.is_empty() || self.loaded() == Some(text));
        if good {
            self.rejection.clear();
            self.set(State::Applied, "");
        } else if !self.rejection.is_empty() {
            // A request that failed in between is over.
            self.status.now = (State::Failed, self.rejection.clone());
        }
        Answer::Same { good }
    }

    /// What the server gave runs.
    pub(crate) fn on_loaded(&mut self, text: &Arc<str>) {
        self.on_restored(text);
        self.rejection.clear();
        self.set(State::Applied, "");
    }

    /// What the server gave doesn't load.
    pub(crate) fn on_rejected(&mut self, diagnostics: &[String]) {
        let mut message = diagnostics.join("; ");
        if message.len() > MAX_MESSAGE_BYTES {
            message.truncate(message.floor_char_boundary(MAX_MESSAGE_BYTES));
            message.push_str(" …");
        }
        self.set(State::Failed, &message);
        self.rejection = message;
    }

    /// An earlier text runs again; the status still tells of the newer one.
    pub(crate) fn on_restored(&mut self, text: &Arc<str>) {
        self.loaded = Some(Loaded { text: Arc::clone(text), hash: hash(text.as_bytes()) });
        self.effective.now = Some(Arc::clone(text));
    }

    /// Text that runs.
    pub(crate) fn loaded(&self) -> Option<&Arc<str>> {
        self.loaded.as_ref().map(|loaded| &loaded.text)
    }

    /// Hash of the text that runs.
    pub(crate) fn loaded_hash(&self) -> Option<String> {
        self.loaded.as_ref().map(|loaded| loaded.hash.clone())
    }

    pub(crate) fn state(&self) -> (State, &str) {
        (self.status.now.0, &self.status.now.1)
    }

    fn set(&mut self, state: State, message: &str) {
        self.status.now = (state, message.to_owned());
    }
}

fn code(state: State) -> StatusCode {
    match state {
        State::Unset => StatusCode::Unset,
        State::Applied => StatusCode::Applied,
        State::Applying => StatusCode::Applying,
        State::Failed => StatusCode::Failed,
    }
}

fn effective_config(text: &str) -> EffectiveConfig {
    let file = ConfigFile { body: text.as_bytes().to_vec(), content_type: CONTENT_TYPE.to_owned() };
    let config_map = BTreeMap::from([(String::new(), file)]);
    EffectiveConfig { config_map: Some(ConfigMap { config_map }) }
}
