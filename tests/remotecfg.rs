//! Remote configuration: the program against a server that speaks the protocol.

use std::time::Duration;

use rustix::process::Signal;

use crate::support::alloy::Alloy;
use crate::support::collector::{Call, Collector};
use crate::support::{SOON, http, wait_for};

/// Longer than the shortest time between two polls, on a busy machine.
const NEXT_POLL: Duration = Duration::from_secs(60);

const APPLIED: i32 = 1;
const FAILED: i32 = 3;

const LOCAL: &str = "local.file \"near\" {\n  filename = \"near.txt\"\n}\n";

fn block(server: &Collector, more: &str) -> String {
    let url = server.url();
    format!(
        "{LOCAL}remotecfg {{\n  url            = \"{url}\"\n  id             = \"me\"\n  poll_frequency = \"10s\"\n{more}}}\n"
    )
}

fn far(name: &str) -> String {
    format!("local.file \"{name}\" {{\n  filename = \"near.txt\"\n}}\n")
}

/// Starts without remote configuration and then takes `config`: files that it names must be there.
fn start(config: &str) -> Alloy {
    let alloy = Alloy::start("");
    alloy.write("near.txt", "content");
    reload(&alloy, config);
    alloy
}

fn reload(alloy: &Alloy, config: &str) {
    alloy.write("config.alloy", config);
    let (status, answer) = alloy.reload();
    assert_eq!(status, 200, "{answer}");
}

/// Detail of a component of the remote configuration.
fn remote(alloy: &Alloy, id: &str) -> Result<serde_json::Value, String> {
    let body = http::ok(&alloy.url(&format!("/api/v0/web/remotecfg/components/{id}")))?;
    serde_json::from_str(&body).map_err(|error| error.to_string())
}

fn wait_healthy(alloy: &Alloy, id: &str) {
    wait_for(&format!("{id} to run"), NEXT_POLL, || {
        let detail = remote(alloy, id)?;
        let state = &detail["health"]["state"];
        (state == "healthy").then_some(()).ok_or_else(|| detail.to_string())
    });
}

/// Local ids of the remote configuration.
fn remote_ids(alloy: &Alloy) -> Vec<String> {
    let body = http::ok(&alloy.url("/api/v0/web/remotecfg/components")).expect("a list");
    let list: Vec<serde_json::Value> = serde_json::from_str(&body).expect("JSON");
    let id = |component: &serde_json::Value| {
        component["localID"].as_str().unwrap_or_default().to_owned()
    };
    list.iter().map(id).collect()
}

/// The first call for which `is_it` holds, waiting for it.
fn wait_call(server: &Collector, what: &str, is_it: impl Fn(&Call) -> bool) -> Call {
    wait_for(what, NEXT_POLL, || {
        let calls = server.calls();
        calls.iter().find(|call| is_it(call)).cloned().ok_or_else(|| format!("{calls:#?}"))
    })
}

fn value(alloy: &Alloy, series: &str) -> Option<f64> {
    let name = series.split('{').next().unwrap_or_default();
    let found = alloy.metrics(name).into_iter().find(|(known, _)| known == series);
    found.map(|(_, value)| value)
}

#[test]
fn what_the_server_gives_runs_beside_the_local_configuration() {
    let text = format!(
        "{}prometheus.exporter.self \"own\" {{ }}\ndeclare \"rm\" {{\n{}}}\nrm \"one\" {{ }}\n",
        far("far"),
        far("inside")
    );
    let server = Collector::start(&text);
    let more = "  name = \"one\"\n  attributes = { \"team\" = \"x\" }\n  basic_auth {\n    username = \"user\"\n    password = \"word\"\n  }\n";
    let mut alloy = start(&block(&server, more));
    wait_healthy(&alloy, "local.file.far");

    // Who asks.
    let register = wait_call(&server, "registration", |call| call.method == "RegisterCollector");
    assert_eq!((register.id.as_str(), register.name.as_str()), ("me", "one"));
    let attributes: Vec<&str> = register.attributes.keys().map(String::as_str).collect();
    assert_eq!(attributes, ["collector.os", "collector.version", "team"]);
    assert_eq!(register.headers["authorization"], "Basic dXNlcjp3b3Jk");
    assert!(register.headers["user-agent"].starts_with("Alloy/v"), "{:?}", register.headers);
    let first = wait_call(&server, "a request", |call| call.method == "GetConfig");
    assert_eq!((first.id.as_str(), first.hash.as_str()), ("me", ""));
    assert_eq!(first.attributes, register.attributes);
    assert_eq!(first.effective, None);

    // What runs is told at once, and not again.
    let told = wait_call(&server, "the outcome", |call| call.effective.is_some());
    assert_eq!(told.status, Some((APPLIED, String::new())));
    assert_eq!(told.effective.as_deref(), Some(text.as_str()));
    server.forget();
    let next = wait_call(&server, "the next poll", |call| call.method == "GetConfig");
    assert_eq!(next.hash, format!("hash of {} bytes", text.len()));
    assert_eq!((next.status, next.effective), (None, None));
    wait_for("the poll to be counted", SOON, || {
        let unmodified = value(&alloy, "remotecfg_last_load_not_modified");
        (unmodified == Some(1.0)).then_some(()).ok_or_else(|| format!("{unmodified:?}"))
    });
    assert_eq!(
        alloy.log().matches("loaded the remote configuration").count(),
        1,
        "{}",
        alloy.log()
    );
    assert_eq!(value(&alloy, "remotecfg_last_load_successful"), Some(1.0));
    assert_eq!(value(&alloy, "remotecfg_load_failures_total"), Some(0.0));

    // Where it is seen.
    assert_eq!(remote(&alloy, "local.file.far").expect("a detail")["moduleID"], "remotecfg");
    assert_eq!(
        remote(&alloy, "rm.one").expect("a detail")["createdModuleIDs"][0],
        "remotecfg/rm.one"
    );
    let inside = remote(&alloy, "remotecfg/rm.one/local.file.inside").expect("a detail");
    assert_eq!(inside["moduleID"], "remotecfg/rm.one");
    for path in [
        "remotecfg/components/remotecfg/local.file.far",
        "remotecfg/components/rm.one/local.file.inside",
        "components/local.file.far",
        "components/remotecfg/local.file.far",
    ] {
        let (status, body) =
            http::get(&alloy.url(&format!("/api/v0/web/{path}"))).expect("an answer");
        assert_eq!((status, body.as_str()), (404, "404 page not found\n"), "{path}");
    }
    let module = http::ok(&alloy.url("/api/v0/web/remotecfg/modules/remotecfg/rm.one/components"));
    assert!(module.as_ref().is_ok_and(|list| list.contains("local.file.inside")), "{module:?}");
    let served = "/api/v0/component/remotecfg/prometheus.exporter.self.own/metrics";
    assert!(http::ok(&alloy.url(served)).is_ok_and(|text| text.contains("remotecfg_hash{")));
    let running = "alloy_component_controller_running_components{controller_id=\"remotecfg\",controller_path=\"/\",health_type=\"healthy\"}";
    assert_eq!(value(&alloy, running), Some(3.0));
    let updates = "alloy_component_updates_total{component_id=\"local.file.far\",component_path=\"/remotecfg\"}";
    assert_eq!(value(&alloy, updates), Some(0.0));
    assert_eq!(alloy.health("local.file.near"), "healthy");

    // The end.
    alloy.process().signal(Signal::TERM);
    assert_eq!(alloy.process().wait(SOON), Some(0), "{}", alloy.log());
    let last = server.calls().last().cloned().expect("a call");
    assert_eq!((last.method.as_str(), last.id.as_str()), ("UnregisterCollector", "me"));
    let log = alloy.log();
    assert!(
        log.contains("node exited without error") && log.contains("controller_id=remotecfg"),
        "{log}"
    );
}

#[test]
fn a_bad_configuration_keeps_the_last_good_one_and_is_reported() {
    let server = Collector::start(&far("good"));
    let alloy = start(&block(&server, ""));
    wait_healthy(&alloy, "local.file.good");
    wait_call(&server, "the outcome", |call| call.effective.is_some());

    server.forget();
    server.set(&(far("other") + "local.nope \"x\" { }\n"));
    let told = wait_call(&server, "a failure", |call| {
        call.status.as_ref().is_some_and(|(status, _)| *status == FAILED)
    });
    let message = "remotecfg:4:1: cannot find the definition of component name \"local.nope\"";
    assert_eq!(told.status, Some((FAILED, message.to_owned())));
    assert_eq!(told.effective, None, "what runs has not changed");
    assert_eq!(remote_ids(&alloy), ["local.file.good"]);
    assert_eq!(remote(&alloy, "local.file.good").expect("a detail")["health"]["state"], "healthy");
    assert_eq!(value(&alloy, "remotecfg_load_failures_total"), Some(1.0));

    // A component that fails to build takes the rest of its text with it.
    server.forget();
    let text = far("other") + "local.file \"broken\" {\n  filename = \"missing.txt\"\n}\n";
    server.set(&text);
    let told = wait_call(&server, "a failure", |call| {
        call.status
            .as_ref()
            .is_some_and(|(status, message)| *status == FAILED && message.contains("missing.txt"))
    });
    assert_eq!(told.effective, None);
    assert_eq!(remote_ids(&alloy), ["local.file.good"]);

    server.forget();
    server.set(&far("newer"));
    let told = wait_call(&server, "success", |call| call.effective.is_some());
    assert_eq!(told.status, Some((APPLIED, String::new())));
    assert_eq!(remote_ids(&alloy), ["local.file.newer"]);
}

#[test]
fn a_start_without_the_server_runs_the_cached_configuration() {
    let server = Collector::start(&far("kept"));
    let mut alloy = start(&block(&server, ""));
    wait_healthy(&alloy, "local.file.kept");
    wait_for("the cache", SOON, || {
        let files = std::fs::read_dir(alloy.dir.path().join("data/remotecfg"));
        let files: Vec<_> = files.map_err(|e| e.to_string())?.flatten().collect();
        // A file with an extension is still being written.
        let finished =
            files.iter().map(|file| file.path()).filter(|path| path.extension().is_none());
        let mut texts = finished.map(|path| std::fs::read_to_string(path).unwrap_or_default());
        texts.any(|text| text == far("kept")).then_some(()).ok_or_else(|| format!("{files:?}"))
    });
    alloy.kill();

    server.set_down(true);
    alloy.launch();
    alloy.wait_ready();
    wait_healthy(&alloy, "local.file.kept");
    assert_eq!(value(&alloy, "remotecfg_last_load_successful"), Some(0.0));
    assert_eq!(value(&alloy, "remotecfg_load_failures_total"), Some(1.0));

    // The server learns what happened meanwhile as soon as it is there again.
    server.forget();
    server.set_down(false);
    let told = wait_call(&server, "the outcome", |call| call.effective.is_some());
    assert_eq!(told.effective.as_deref(), Some(far("kept").as_str()));
    wait_call(&server, "registration", |call| call.method == "RegisterCollector");
}

#[test]
fn a_reload_of_the_block_touches_no_component() {
    let server = Collector::start(&far("far"));
    let alloy = start(&block(&server, "  bearer_token = \"one\"\n"));
    wait_healthy(&alloy, "local.file.far");
    let register = wait_call(&server, "registration", |call| call.method == "RegisterCollector");
    assert_eq!(register.headers["authorization"], "Bearer one");
    wait_call(&server, "the outcome", |call| call.effective.is_some());

    server.forget();
    reload(&alloy, &block(&server, "  bearer_token = \"two\"\n  attributes = { \"a\" = \"b\" }\n"));
    let register = wait_call(&server, "registration", |call| call.method == "RegisterCollector");
    assert_eq!(register.headers["authorization"], "Bearer two");
    assert_eq!(register.attributes.get("a").map(String::as_str), Some("b"));
    wait_call(&server, "the outcome", |call| call.effective.is_some());
    for path in ["/", "/remotecfg"] {
        let id = if path == "/" { "local.file.near" } else { "local.file.far" };
        let updates = format!(
            "alloy_component_updates_total{{component_id=\"{id}\",component_path=\"{path}\"}}"
        );
        assert_eq!(value(&alloy, &updates), Some(0.0), "{id}");
    }
    assert!(!alloy.log().contains("node exited"), "{}", alloy.log());

    // What can't be used is refused; the server is asked as before.
    alloy.write("config.alloy", &format!("{LOCAL}remotecfg {{\n  url = \"ftp://127.0.0.1\"\n}}\n"));
    let (status, answer) = alloy.reload();
    assert_eq!(status, 400);
    assert!(
        answer.contains(
            ": Failed to evaluate service: updating service: cannot use the remotecfg settings: "
        ),
        "{answer}"
    );
    assert!(answer.contains("the url is neither http nor https"), "{answer}");
    assert_eq!(remote_ids(&alloy), ["local.file.far"]);
    assert!(!server.calls().iter().any(|call| call.method == "UnregisterCollector"));

    // Without the block nothing of it is left, and it can come back.
    server.forget();
    reload(&alloy, LOCAL);
    wait_call(&server, "a good-bye", |call| call.method == "UnregisterCollector");
    wait_for("the remote components to stop", SOON, || {
        let ids = remote_ids(&alloy);
        ids.is_empty().then_some(()).ok_or_else(|| format!("{ids:?}"))
    });
    assert_eq!(alloy.health("local.file.near"), "healthy");
    reload(&alloy, &block(&server, ""));
    wait_healthy(&alloy, "local.file.far");
    let log = alloy.log();
    assert_eq!(log.matches("node_id=local.file.near").count(), 1, "never touched again: {log}");
    assert_eq!(log.matches("stopped the remote configuration").count(), 1, "{log}");
}

#[test]
fn a_server_that_hangs_holds_up_neither_loads_nor_the_end() {
    let server = Collector::start(&far("far"));
    server.hang_in("GetConfig");
    // Without an id it is that of the installation.
    let text = block(&server, "").replace("  id             = \"me\"\n", "");
    let mut alloy = start(&text);
    let asked = wait_call(&server, "a request", |call| call.method == "GetConfig");
    let seed = std::fs::read_to_string(alloy.dir.path().join("data/alloy_seed.json"));
    let seed: serde_json::Value = serde_json::from_str(&seed.expect("a seed")).expect("JSON");
    assert_eq!(seed["UID"], *asked.id);
    reload(&alloy, &(text + &far("more")));
    assert_eq!(alloy.health("local.file.more"), "healthy");
    server.hang_in("UnregisterCollector");
    alloy.process().signal(Signal::TERM);
    assert_eq!(alloy.process().wait(SOON), Some(0), "{}", alloy.log());
    assert!(alloy.log().contains("didn't answer the unregistration"), "{}", alloy.log());
}

#[test]
fn the_text_holds_what_a_module_holds() {
    let server = Collector::start(
        "local.file \"far\" {\n  filename = module_path + sys.env(\"FAR\")\n}\n\
         declare \"twice\" {\n  argument \"of\" { }\n\n  export \"text\" {\n    \
         value = argument.of.value + argument.of.value\n  }\n}\n\
         twice \"one\" {\n  of = local.file.far.content\n}\n",
    );
    let alloy = Alloy::start_with("", &[], &[("FAR", "/near.txt")]);
    alloy.write("near.txt", "content");
    reload(&alloy, &block(&server, ""));
    wait_healthy(&alloy, "twice.one");
    let shown = remote(&alloy, "twice.one").expect("a detail")["exports"].to_string();
    assert!(shown.contains("contentcontent"), "{shown}");
}

#[test]
fn what_the_text_must_not_hold_is_told_to_the_server() {
    let service = "service blocks not allowed inside a module: ";
    for (text, expected) in [
        ("logging { }\n", "remotecfg:1:1: logging block not allowed inside a module".to_owned()),
        ("remotecfg { }\n", format!("remotecfg:1:1: {service}\"remotecfg\"")),
        (
            "local.file \"far\" {\n  filename = local.file.near.content\n}\n",
            "remotecfg:2:14: component \"local.file.near.content\" does not exist or is out of scope"
                .to_owned(),
        ),
        (
            "local.file \"a\" {\n  filename = 1 + true\n}\nlocal.file \"b\" {\n  filename = 1 + true\n}\n",
            [2, 5]
                .map(|line| {
                    format!(
                        "remotecfg:{line}:18: true should be one of [number string capsule] for \
                         binop +, got bool"
                    )
                })
                .join("; "),
        ),
    ] {
        let server = Collector::start(text);
        let alloy = start(&block(&server, ""));
        let told = wait_call(&server, "the refusal", |call| {
            call.status.as_ref().is_some_and(|(status, _)| *status == FAILED)
        });
        assert_eq!(told.status, Some((FAILED, expected)), "{text}");
        assert_eq!(alloy.health("local.file.near"), "healthy");
        assert_eq!(remote_ids(&alloy), Vec::<String>::new());
    }
}

#[test]
fn passwords_are_neither_logged_nor_shown() {
    const CANARY: &str = "canary-71c9";
    for down in [false, true] {
        let server = Collector::start(&far("far"));
        server.set_down(down);
        let url = server.url().replace("http://", &format!("http://user:{CANARY}@"));
        let text = block(&server, "").replace(&server.url(), &url);
        let alloy = start(&text);
        let done = if down { "cannot get the remote" } else { "loaded the remote" };
        wait_for("the first attempt", SOON, || {
            let log = alloy.log();
            if log.contains(done) { Ok(()) } else { Err(log) }
        });
        for path in ["/api/v1/reloads", "/metrics", "/api/v0/web/components"] {
            let shown = http::ok(&alloy.url(path)).expect("an answer");
            assert!(!shown.contains(CANARY), "{path}: {shown}");
        }
        assert!(!alloy.log().contains(CANARY), "{}", alloy.log());
    }
}
