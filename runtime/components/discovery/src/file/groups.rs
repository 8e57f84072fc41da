//! The content of a target file: a list of `{targets: […], labels: {…}}`.

use alloy_component::Target;
use alloy_telemetry::LabelsBuilder;
use saphyr_parser::{Event, Parser};

/// Depth of lists and maps; a target file needs four.
const MAX_DEPTH: usize = 8;

/// A document of lists, maps and scalars.
#[derive(Debug)]
enum Node {
    Scalar { text: String, is_null: bool },
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// Targets of the file `path` with the given content.
///
/// # Errors
/// Says what is wrong; nothing of a broken file is used.
pub(super) fn parse(path: &str, content: &str) -> Result<Vec<Target>, String> {
    let root = if path.to_ascii_lowercase().ends_with(".json") {
        let value: serde_json::Value =
            serde_json::from_str(content).map_err(|error| error.to_string())?;
        json(value)
    } else {
        yaml(content)?
    };
    let Node::List(groups) = root else {
        return match root {
            Node::Scalar { is_null: true, .. } => Ok(Vec::new()),
            _ => Err("expected a list of target groups".to_owned()),
        };
    };
    let mut targets = Vec::new();
    for (index, group) in groups.into_iter().enumerate() {
        let group = Group::new(group).map_err(|error| format!("target group {index}: {error}"))?;
        targets.extend(group.targets.into_iter().map(|address| {
            let mut labels = LabelsBuilder::default();
            for (name, value) in &group.labels {
                labels.set(name.as_str(), value.as_str());
            }
            labels.set("__address__", address);
            labels.set("__meta_filepath", path);
            Target(labels.finish())
        }));
    }
    Ok(targets)
}

#[derive(Default)]
struct Group {
    targets: Vec<String>,
    labels: Vec<(String, String)>,
}

impl Group {
    fn new(node: Node) -> Result<Self, String> {
        let Node::Map(members) = node else {
            return Err("expected a map with targets and labels".to_owned());
        };
        let mut group = Self::default();
        for (name, node) in members {
            match (name.as_str(), node) {
                ("targets", Node::List(items)) => {
                    group.targets =
                        items.into_iter().map(|i| text(i, "a target")).collect::<Result<_, _>>()?;
                }
                ("labels", Node::Map(members)) => {
                    let label = |(name, node): (String, Node)| {
                        let value = text(node, &format!("the label {name}"))?;
                        Ok::<_, String>((name, value))
                    };
                    group.labels = members.into_iter().map(label).collect::<Result<_, _>>()?;
                }
                ("targets" | "labels", Node::Scalar { is_null: true, .. }) => {}
                ("targets", _) => return Err("targets must be a list".to_owned()),
                ("labels", _) => return Err("labels must be a map".to_owned()),
                (other, _) => return Err(format!("unknown field {other:?}")),
            }
        }
        Ok(group)
    }
}

fn text(node: Node, what: &str) -> Result<String, String> {
    match node {
        Node::Scalar { text, .. } => Ok(text),
        Node::List(_) | Node::Map(_) => Err(format!("{what} must be a string")),
    }
}

fn json(value: serde_json::Value) -> Node {
    use serde_json::Value as V;
    match value {
        V::String(text) => Node::Scalar { text, is_null: false },
        V::Array(items) => Node::List(items.into_iter().map(json).collect()),
        V::Object(members) => {
            Node::Map(members.into_iter().map(|(name, value)| (name, json(value))).collect())
        }
        V::Null => Node::Scalar { text: String::new(), is_null: true },
        other => Node::Scalar { text: other.to_string(), is_null: false },
    }
}

/// The first document.
fn yaml(content: &str) -> Result<Node, String> {
    let mut stack: Vec<Partial> = Vec::new();
    for event in Parser::new_from_str(content) {
        let (event, _) = event.map_err(|error| error.to_string())?;
        let node = match event {
            Event::Scalar(text, style, ..) => {
                let is_null = style == saphyr_parser::ScalarStyle::Plain
                    && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                Node::Scalar { text: text.into_owned(), is_null }
            }
            Event::SequenceStart(..) => {
                push(&mut stack, Partial::List(Vec::new()))?;
                continue;
            }
            Event::MappingStart(..) => {
                push(&mut stack, Partial::Map(Vec::new(), None))?;
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match stack.pop() {
                Some(Partial::List(items)) => Node::List(items),
                Some(Partial::Map(members, _)) => Node::Map(members),
                None => continue,
            },
            Event::Alias(_) => return Err("anchors and aliases are not supported here".to_owned()),
            Event::DocumentEnd => break,
            _ => continue,
        };
        match stack.last_mut() {
            None => return Ok(node),
            Some(Partial::List(items)) => items.push(node),
            Some(Partial::Map(members, key)) => match (key.take(), node) {
                (Some(name), node) => members.push((name, node)),
                (None, Node::Scalar { text, .. }) => *key = Some(text),
                (None, _) => return Err("a key must be a string".to_owned()),
            },
        }
    }
    Ok(Node::Scalar { text: String::new(), is_null: true })
}

enum Partial {
    List(Vec<Node>),
    Map(Vec<(String, Node)>, Option<String>),
}

fn push(stack: &mut Vec<Partial>, partial: Partial) -> Result<(), String> {
    if stack.len() == MAX_DEPTH {
        return Err("the file is nested too deeply".to_owned());
    }
    stack.push(partial);
    Ok(())
}
