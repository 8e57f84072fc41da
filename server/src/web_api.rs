//! `/api/v0/web/…`: components with their health, arguments and exports (spec/http.md §5).

use std::collections::BTreeSet;

use alloy_component::Health;
use alloy_runtime::{GraphSnapshot, NodeCell, NodeEdges, NodeKind};
use alloy_value::json::{Fields, Statements};
use alloy_value::{EvaluatedBody, Value};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::State;
use crate::response::{Answer, api_error, json, not_found, text};

/// Id of the controller of the remote configuration.
const REMOTE: &str = "remotecfg";

/// Answers what follows `/api/v0/web/`.
pub(crate) fn answer(state: &State, path: &str, headers: &HeaderMap) -> Answer {
    let path = percent_decode_str(path).decode_utf8_lossy();
    let snapshot = state.options.runtime.snapshot();
    let remote = || state.options.remote.snapshot();
    match &*path {
        "components" => json(headers, &list(&snapshot, "")),
        "peers" => json(headers, &[Peer::own(state)]),
        "remotecfg/components" => json(headers, &list(&remote(), REMOTE)),
        path if path.starts_with("components/") => {
            match snapshot.index_of(&path["components/".len()..]) {
                Some(at) if snapshot.nodes[at].is_component() => detail(&snapshot, at, headers),
                _ => not_found(),
            }
        }
        path if path.starts_with("remotecfg/components/") => {
            let snapshot = remote();
            match remote_index(&snapshot, &path["remotecfg/components/".len()..]) {
                Some(at) if snapshot.nodes[at].is_component() => detail(&snapshot, at, headers),
                _ => not_found(),
            }
        }
        path if path.starts_with("modules/") => {
            module(&snapshot, &path["modules/".len()..], headers)
        }
        path if path.starts_with("remotecfg/modules/") => {
            module(&remote(), &path["remotecfg/modules/".len()..], headers)
        }
        _ => api_error(StatusCode::NOT_FOUND, "no such endpoint"),
    }
}

/// Components of a running module; `path` is what follows `modules/`.
fn module(snapshot: &GraphSnapshot, path: &str, headers: &HeaderMap) -> Answer {
    let module = path.strip_suffix("/components");
    match module.filter(|module| runs(snapshot, module)) {
        Some(module) => json(headers, &list(snapshot, module)),
        None => text(StatusCode::INTERNAL_SERVER_ERROR, "module not found\n"),
    }
}

/// The node of the remote configuration that clients call `id`: the local id for what is not in a
/// module, else the global one.
fn remote_index(snapshot: &GraphSnapshot, id: &str) -> Option<usize> {
    let in_root = |at: &usize| *snapshot.nodes[*at].info.module_id == *REMOTE;
    match id.contains('/') {
        true => snapshot.index_of(id).filter(|at| !in_root(at)),
        false => snapshot.index_of(&format!("{REMOTE}/{id}")),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Peer<'a> {
    name: &'a str,
    addr: &'a str,
    is_self: bool,
    state: &'static str,
}

impl<'a> Peer<'a> {
    /// Without clustering a node is alone.
    fn own(state: &'a State) -> Self {
        Self {
            name: &state.options.node_name,
            addr: &state.address,
            is_self: true,
            state: "participant",
        }
    }
}

#[derive(Serialize)]
struct Component<'a> {
    name: &'a str,
    r#type: &'static str,
    #[serde(rename = "localID")]
    local_id: &'a str,
    #[serde(rename = "moduleID")]
    module_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(rename = "referencesTo")]
    references_to: Vec<&'a str>,
    #[serde(rename = "referencedBy")]
    referenced_by: Vec<&'a str>,
    #[serde(rename = "dataFlowEdgesTo")]
    data_flow_edges_to: Vec<&'a str>,
    health: ShownHealth,
    original: &'static str,
    arguments: Statements<'a>,
    exports: Fields<'a>,
    #[serde(rename = "debugInfo")]
    debug_info: Fields<'a>,
    #[serde(rename = "createdModuleIDs", skip_serializing_if = "Vec::is_empty")]
    created_module_ids: Vec<&'a str>,
    #[serde(rename = "liveDebuggingEnabled")]
    live_debugging_enabled: bool,
}

#[derive(Serialize)]
struct ShownHealth {
    state: &'static str,
    message: String,
    #[serde(rename = "updatedTime")]
    updated_time: String,
}

impl ShownHealth {
    fn new(health: Option<Health>) -> Self {
        let health = health.unwrap_or_else(|| {
            let state = alloy_component::HealthState::Unknown;
            Health::new(state, String::new(), std::time::SystemTime::UNIX_EPOCH)
        });
        let time = Timestamp::try_from(health.updated).unwrap_or_default();
        Self {
            state: health.state.as_str(),
            message: health.message,
            updated_time: time.to_string(),
        }
    }
}

/// Everything about a component that is not its identity.
#[derive(Default)]
struct Contents {
    arguments: EvaluatedBody,
    exports: Option<Value>,
    debug_info: Option<Value>,
}

fn shown<'a>(
    snapshot: &'a GraphSnapshot,
    cell: &'a NodeCell,
    edges: &NodeEdges,
    contents: &'a Contents,
) -> Component<'a> {
    let ids = |nodes: &[usize]| -> Vec<&'a str> {
        let nodes = nodes.iter().map(|&at| &snapshot.nodes[at].info);
        // References across modules, as from a `foreach` to what is around it, are not shown.
        let own = nodes.filter(|info| info.module_id == cell.info.module_id);
        own.map(|info| &*info.local_id).collect()
    };
    Component {
        name: &cell.info.name,
        r#type: "block",
        local_id: &cell.info.local_id,
        module_id: &cell.info.module_id,
        label: cell.info.label.as_deref(),
        references_to: ids(&edges.references_to),
        referenced_by: ids(&edges.referenced_by),
        data_flow_edges_to: ids(&edges.data_flow_to),
        health: ShownHealth::new(cell.health()),
        original: "",
        arguments: Statements(&contents.arguments),
        exports: Fields(contents.exports.as_ref()),
        debug_info: Fields(contents.debug_info.as_ref()),
        created_module_ids: modules_of(snapshot, cell),
        live_debugging_enabled: cell.supports_live_debugging(),
    }
}

static NOTHING: std::sync::LazyLock<Contents> = std::sync::LazyLock::new(Contents::default);

/// True if a node runs a module with this id.
pub(crate) fn runs(snapshot: &GraphSnapshot, module: &str) -> bool {
    let is_custom = snapshot.get(module).is_some_and(|cell| cell.info.kind == NodeKind::Custom);
    is_custom || snapshot.nodes.iter().any(|cell| *cell.info.module_id == *module)
}

/// Ids of the modules that a component runs.
fn modules_of<'a>(snapshot: &'a GraphSnapshot, cell: &'a NodeCell) -> Vec<&'a str> {
    match cell.info.kind {
        NodeKind::Custom => vec![&cell.info.id],
        NodeKind::Foreach => {
            let modules = snapshot.nodes.iter().map(|inner| &*inner.info.module_id);
            let is_child = |module: &&str| {
                let child = module.strip_prefix(&*cell.info.id).and_then(|m| m.strip_prefix('/'));
                child.is_some_and(|child| !child.contains('/'))
            };
            modules.filter(is_child).collect::<BTreeSet<_>>().into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn list<'a>(snapshot: &'a GraphSnapshot, module: &str) -> Vec<Component<'a>> {
    snapshot
        .components()
        .filter(|(cell, _)| *cell.info.module_id == *module)
        .map(|(cell, edges)| shown(snapshot, cell, edges, &NOTHING))
        .collect()
}

fn detail(snapshot: &GraphSnapshot, at: usize, headers: &HeaderMap) -> Answer {
    let cell = &snapshot.nodes[at];
    let state = cell.state();
    let contents = Contents {
        arguments: state.args.as_ref().map(alloy_value::ArcArgs::encode).unwrap_or_default(),
        exports: state.exports.clone(),
        debug_info: cell.debug_info(),
    };
    json(headers, &shown(snapshot, cell, &snapshot.edges[at], &contents))
}
