//! Modules: instances of declares, children of foreach, content of imports; what a change reaches.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use alloy_value::{Args, Definition, Object, Registry, Stability, Str, Value};

use super::{NODE, TestArgs, executed, load_of};
use crate::{
    CustomArgs, Engine, ForeachChild, HostFacts, ModuleError, NodeChange, NodeId, NodeKind,
    Options, Source, attribute,
};

#[derive(Args, Clone, Debug, PartialEq)]
struct ArgumentArgs {
    #[args(optional)]
    default: Value,
    #[args(default = false)]
    optional: bool,
}

#[derive(Args, Clone, Debug, PartialEq)]
struct ExportArgs {
    value: Value,
}

#[derive(Args, Clone, Debug, PartialEq)]
struct ForeachArgs {
    collection: Vec<Value>,
    var: String,
    #[args(block)]
    template: BTreeMap<String, Value>,
}

#[derive(Args, Clone, Debug, PartialEq)]
struct ImportArgs {
    #[args(optional)]
    content: String,
}

const GA: Stability = Stability::GenerallyAvailable;
static ARGUMENT: Definition = Definition::config_block::<ArgumentArgs>("argument", GA, "");
static EXPORT: Definition = Definition::config_block::<ExportArgs>("export", GA, "");
static FOREACH: Definition = Definition::config_block::<ForeachArgs>("foreach", GA, "");
static IMPORT: Definition = Definition::config_block::<ImportArgs>("import.string", GA, "");
static IMPORT_HTTP: Definition = Definition::config_block::<ImportArgs>("import.http", GA, "");
static IMPORT_FILE: Definition = Definition::config_block::<ImportArgs>("import.file", GA, "");
static DECLARE: Definition = Definition::config_block::<ImportArgs>("declare", GA, "");
static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let imports = [&IMPORT, &IMPORT_HTTP, &IMPORT_FILE];
    Registry::new([&NODE, &ARGUMENT, &EXPORT, &FOREACH, &DECLARE].into_iter().chain(imports))
});

fn engine() -> Engine {
    Engine::recording(&REGISTRY, HostFacts::default(), Options::default())
}

/// What the controller does with a load, without components: everything exports its arguments.
fn run(engine: &mut Engine, text: &str) -> String {
    match engine.load(load_of(text)) {
        Err(rejected) => {
            let lines: Vec<String> =
                rejected.diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect();
            lines.concat()
        }
        Ok(pending) => {
            engine.commit();
            drive(engine, pending.changes)
        }
    }
}

fn drive(engine: &mut Engine, changes: Vec<NodeChange>) -> String {
    let mut out = String::new();
    let mut open = std::collections::BTreeMap::new();
    let mut removed = Vec::new();
    let add = |engine: &Engine, open: &mut BTreeMap<_, _>, changes: Vec<NodeChange>| {
        let mut gone = Vec::new();
        for change in changes {
            match change {
                NodeChange::Added(id) => drop(open.insert((engine.order(id), id), "added")),
                NodeChange::Changed(id) => drop(open.insert((engine.order(id), id), "changed")),
                NodeChange::Removed(_) => gone.push(()),
            }
        }
        gone.len()
    };
    removed.push(add(engine, &mut open, changes));
    while let Some(((_, id), verb)) = open.pop_first() {
        let info = engine.node(id).unwrap().clone();
        write!(out, "{verb} {}", info.global_id()).unwrap();
        let args = match engine.evaluate(id) {
            Ok(args) => args,
            Err(error) => {
                writeln!(out, ": {error}").unwrap();
                continue;
            }
        };
        let mut exports = None;
        let mut inner = Ok(Vec::new());
        match info.kind {
            NodeKind::Component => {
                let args = args.downcast_ref::<TestArgs>().unwrap();
                write!(out, ": {:?}", args.text).unwrap();
                exports = super::text_exports(&args.text);
            }
            NodeKind::Argument => match engine.argument_value(id, &args) {
                Ok(value) => exports = Some(object("value", value)),
                Err(message) => write!(out, ": {message}").unwrap(),
            },
            NodeKind::Custom => {
                inner = engine.instantiate(id, args.downcast_ref::<CustomArgs>().unwrap());
            }
            NodeKind::Foreach => {
                let Some(Value::Array(items)) = attribute(&args, "collection") else { panic!() };
                let child = |item: &Value| ForeachChild {
                    key: format!("foreach_{}_1", text(item)).into(),
                    value: item.clone(),
                };
                let children: Vec<_> = items.iter().map(child).collect();
                inner = engine.set_children(id, "item", &children);
            }
            NodeKind::Export => {
                let owner = info.owner.unwrap();
                let label = info.label.clone().unwrap();
                let value = attribute(&args, "value").unwrap_or_default();
                if engine.set_exports(owner, Some(object(&label, value))) {
                    for reader in engine.dependents(owner) {
                        open.insert((engine.order(reader), reader), "reads");
                    }
                }
            }
            NodeKind::Import | NodeKind::Block => {}
        }
        match inner {
            Ok(changes) => {
                removed.push(add(engine, &mut open, changes));
                engine.commit();
            }
            Err(ModuleError::Text(diagnostics)) => {
                write!(out, ": {}", crate::summary(&diagnostics)).unwrap();
            }
            Err(error) => write!(out, ": {error}").unwrap(),
        }
        if exports.is_some() && engine.set_exports(id, exports) {
            for reader in engine.dependents(id) {
                open.insert((engine.order(reader), reader), "reads");
            }
        }
        out.push('\n');
    }
    let removed: usize = removed.iter().sum();
    if removed > 0 {
        writeln!(out, "{removed} removed").unwrap();
    }
    out
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_lossy().into_owned(),
        _ => panic!("elements are texts"),
    }
}

fn object(name: &str, value: Value) -> Value {
    Value::from(Object::from_iter([(Str::from(name), value)]))
}

fn id(engine: &Engine, global: &str) -> NodeId {
    engine.nodes().into_iter().find(|info| *info.global_id() == *global).unwrap().id
}

const WRAP: &str = r#"
declare "wrap" {
  argument "in" { }
  argument "extra" {
    optional = true
    default = "none"
  }
  test.node "inner" { text = argument.in.value }
  export "out" { value = test.node.inner.text }
}
"#;

#[test]
fn a_custom_component_runs_its_module() {
    let mut engine = engine();
    let text = format!(
        "{WRAP}wrap \"a\" {{ in = \"1\" }}\ntest.node \"reader\" {{ text = wrap.a.out }}\n"
    );
    expect_test::expect![[r#"
        added wrap.a
        added wrap.a/argument.in
        added wrap.a/argument.extra
        reads wrap.a/test.node.inner: "1"
        reads wrap.a/export.out
        reads test.node.reader: "1"
    "#]]
    .assert_eq(&run(&mut engine, &text));
    // A new argument reaches what reads it, and through the export what reads that.
    expect_test::expect![[r#"
        changed wrap.a
        changed wrap.a/argument.in
        reads wrap.a/test.node.inner: "2"
        reads wrap.a/export.out
        reads test.node.reader: "2"
    "#]]
    .assert_eq(&run(&mut engine, &text.replace("in = \"1\"", "in = \"2\"")));
    assert_eq!(run(&mut engine, ""), "6 removed\n");
}

#[test]
fn the_nearest_declare_of_a_name_counts() {
    let mut engine = engine();
    let text = "declare \"m\" { test.node \"n\" { text = \"outer\" } }\n\
                declare \"user\" {\n  declare \"m\" { test.node \"n\" { text = \"inner\" } }\n  \
                m \"x\" { }\n}\nm \"x\" { }\nuser \"x\" { }\n";
    expect_test::expect![[r#"
        added m.x
        added m.x/test.node.n: "outer"
        added user.x
        added user.x/m.x
        added user.x/m.x/test.node.n: "inner"
    "#]]
    .assert_eq(&run(&mut engine, text));
    // A block that is not there any more hides nothing.
    let text = text.replace("declare \"m\" { test.node \"n\" { text = \"inner\" } }\n", "\n");
    expect_test::expect![[r#"
        changed user.x/m.x
        added user.x/m.x/test.node.n: "outer"
        1 removed
    "#]]
    .assert_eq(&run(&mut engine, &text));
}

#[test]
fn an_edit_in_a_declare_evaluates_that_block_in_every_instance() {
    let declare = |text: &str| {
        let mut blocks = String::new();
        for at in 0..50 {
            let text = if at == 25 { text } else { "same" };
            writeln!(blocks, "  test.node \"n{at}\" {{ text = \"{text}\" }}").unwrap();
        }
        format!("declare \"many\" {{\n{blocks}}}\n")
    };
    let mut users = String::new();
    for at in 0..100 {
        writeln!(users, "many \"m{at}\" {{ }}").unwrap();
    }
    let mut engine = engine();
    run(&mut engine, &format!("{}{users}", declare("old")));
    assert_eq!(engine.nodes().len(), 100 + 100 * 50);
    executed(&engine);
    let pending = engine.load(load_of(&format!("{}{users}", declare("new")))).unwrap();
    engine.commit();
    assert_eq!(pending.changes.len(), 100);
    for change in &pending.changes {
        let NodeChange::Changed(id) = *change else { panic!("{change:?}") };
        engine.evaluate(id).unwrap();
    }
    assert_eq!(executed(&engine).get("evaluated"), Some(&100));
}

#[test]
fn a_foreach_keeps_the_children_of_elements_that_stay() {
    let mut engine = engine();
    let text = |items: &str| {
        format!(
            "test.node \"around\" {{ text = \"seen\" }}\n\
             foreach \"all\" {{\n  collection = {items}\n  var = \"item\"\n  template {{\n    \
             test.node \"n\" {{ text = item + test.node.around.text }}\n  }}\n}}\n"
        )
    };
    expect_test::expect![[r#"
        added test.node.around: "seen"
        reads foreach.all
        added foreach.all/foreach_a_1/test.node.n: "aseen"
        added foreach.all/foreach_b_1/test.node.n: "bseen"
    "#]]
    .assert_eq(&run(&mut engine, &text(r#"["a", "b"]"#)));
    let kept = id(&engine, "foreach.all/foreach_b_1/test.node.n");
    expect_test::expect![[r#"
        changed foreach.all
        added foreach.all/foreach_c_1/test.node.n: "cseen"
        1 removed
    "#]]
    .assert_eq(&run(&mut engine, &text(r#"["b", "c"]"#)));
    assert_eq!(id(&engine, "foreach.all/foreach_b_1/test.node.n"), kept);
    // What is around a template is read by its blocks, not by the foreach.
    let around = id(&engine, "test.node.around");
    assert_eq!(
        engine.dependents(around).len(),
        3,
        "the foreach waits for it, the children read it"
    );
}

#[test]
fn what_is_wrong_with_a_module_is_said_where_it_is_used() {
    let mut engine = engine();
    let cases = [
        (format!("{WRAP}wrap \"a\" {{ }}\n"), "missing required argument \"in\" to module"),
        (
            format!("{WRAP}wrap \"a\" {{ in = \"1\"\n other = 2 }}\n"),
            "Provided argument \"other\" is not defined in the module",
        ),
        (
            "declare \"a\" { a \"again\" { } }\na \"x\" { }\n".to_owned(),
            "self reference: declare.a",
        ),
        (
            "declare \"a\" { b \"x\" { } }\ndeclare \"b\" { a \"x\" { } }\n".to_owned(),
            "cycle: declare.a, declare.b",
        ),
        (
            "declare \"a\" { nope.nope \"x\" { } }\na \"x\" { }\n".to_owned(),
            "main.alloy:1:15: cannot find the definition of component name \"nope.nope\"",
        ),
        ("argument \"x\" { }\n".to_owned(), "argument blocks only allowed inside a module"),
    ];
    for (text, expected) in cases {
        let shown = run(&mut engine, &text);
        assert!(shown.contains(expected), "{text}\n{shown}");
        run(&mut engine, "");
    }
}

#[test]
fn new_content_of_an_import_reaches_users_of_what_changed() {
    let mut engine = engine();
    let file = |text: &str| vec![Source { name: Arc::from("lib.alloy"), text: Arc::from(text) }];
    run(&mut engine, "import.string \"lib\" { }\nlib.one \"x\" { }\nlib.two \"x\" { }\n");
    let import = id(&engine, "import.string.lib");
    let first = "declare \"one\" { test.node \"n\" { text = \"1\" } }\n\
                 declare \"two\" { test.node \"n\" { text = \"2\" } }\n";
    engine.set_content(import, &file(first), None).unwrap();
    engine.commit();
    let users = engine.outdated_users(import);
    assert_eq!(users.len(), 2);
    let users = users.into_iter().map(NodeChange::Changed).collect();
    expect_test::expect![[r#"
        changed lib.one.x
        added lib.one.x/test.node.n: "1"
        changed lib.two.x
        added lib.two.x/test.node.n: "2"
    "#]]
    .assert_eq(&drive(&mut engine, users));
    let second = first.replace("\"2\"", "\"changed\"");
    let pending = engine.set_content(import, &file(&second), None).unwrap();
    engine.commit();
    assert!(engine.outdated_users(import).is_empty());
    expect_test::expect![[r#"
        changed lib.two.x/test.node.n: "changed"
    "#]]
    .assert_eq(&drive(&mut engine, pending.changes));
    let refused = engine.set_content(import, &file("test.node \"x\" { }"), None).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "lib.alloy:1:1: only declare and import blocks are allowed in a module, got test.node"
    );
    assert!(engine.outdated_users(import).is_empty(), "the last good content stays");
}

#[test]
fn what_imported_content_must_not_hold() {
    let mut engine = engine();
    run(&mut engine, "import.string \"text\" { }\nimport.http \"web\" { }\n");
    let file = |name: &str, text: &str| Source { name: Arc::from(name), text: Arc::from(text) };
    let cases = [
        (
            "import.string.text",
            "a = 1",
            "lib.alloy:1:1: only declare and import blocks are allowed in a module",
        ),
        (
            "import.string.text",
            "test.node \"x\" { }",
            "lib.alloy:1:1: only declare and import blocks are allowed in a module, got test.node",
        ),
        (
            "import.string.text",
            "import.string \"a\" { }\nimport.file \"a\" { }",
            "lib.alloy:2:1: import block redefined a",
        ),
        (
            "import.http.web",
            "import.file \"a\" { }",
            "lib.alloy:1:1: importing a module via import.http (nodeID: import.http.web) that \
             contains an import.file block is not supported",
        ),
    ];
    for (import, text, expected) in cases {
        let import = id(&engine, import);
        let refused = engine.set_content(import, &[file("lib.alloy", text)], None).unwrap_err();
        assert_eq!(refused.to_string(), expected);
    }
    // Of two files that declare the same the first one counts, which is told.
    let import = id(&engine, "import.string.text");
    let twice = ["a.alloy", "b.alloy"].map(|name| file(name, "declare \"m\" { }"));
    let pending = engine.set_content(import, &twice, None).unwrap();
    let told: Vec<String> = pending.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["b.alloy:1:1: declare block redefined"]);
    engine.commit();
}

#[test]
fn loads_that_add_and_remove_modules_do_not_grow_the_engine() {
    let mut engine = engine();
    let text = |round: usize| {
        let items: Vec<String> = (0..round % 4).map(|at| format!("\"e{at}\"")).collect();
        let users: String =
            (0..round % 3).map(|at| format!("wrap \"u{at}\" {{ in = \"{round}\" }}\n")).collect();
        format!(
            "{WRAP}{users}foreach \"f\" {{\n collection = [{}]\n var = \"item\"\n template {{\n \
             wrap \"w\" {{ in = item }}\n }}\n}}\n",
            items.join(", ")
        )
    };
    // The same text comes again after twelve rounds, so both ends hold the same blocks.
    let last = 2_000 / 12 * 12;
    let mut early = None;
    for round in 0..=last {
        run(&mut engine, &text(round % 12));
        if round == 24 {
            early = Some((engine.inputs(), engine.memory()));
        }
    }
    assert_eq!(Some((engine.inputs(), engine.memory())), early);
}
