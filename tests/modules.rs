//! Modules in the running process: declared and imported components, `foreach`, and reloads by
//! watching.

use crate::support::alloy::Alloy;
use crate::support::target::CountingTarget;
use crate::support::{SOON, http, wait_for};

const LIBRARY: &str = r#"
declare "watch" {
  argument "targets" { }
  argument "team" {
    optional = true
    default  = "none"
  }

  discovery.relabel "team" {
    targets = argument.targets.value
    rule {
      target_label = "team"
      replacement  = argument.team.value
    }
  }

  prometheus.scrape "all" {
    targets         = discovery.relabel.team.output
    forward_to      = [prometheus.echo.out.receiver]
    scrape_interval = "1s"
    scrape_timeout  = "900ms"
  }

  prometheus.echo "out" { }

  export "output" {
    value = discovery.relabel.team.output
  }
}
"#;

fn main_text(port: u16, team: &str) -> String {
    format!(
        r#"
import.file "lib" {{
  filename = "lib.alloy"
}}

lib.watch "api" {{
  targets = [{{"__address__" = "127.0.0.1:{port}"}}]
  team    = "{team}"
}}

discovery.relabel "outside" {{
  targets = lib.watch.api.output
}}
"#
    )
}

#[test]
fn an_imported_component_runs_and_follows_its_file() {
    let target = CountingTarget::start();
    let alloy = Alloy::start("");
    alloy.write("lib.alloy", LIBRARY);
    alloy.write("config.alloy", &main_text(target.port, "a"));
    let (status, answer) = alloy.reload();
    assert_eq!(status, 200, "{answer}");
    wait_for("the target in the module is scraped", SOON, || {
        (target.served() > 0).then_some(()).ok_or_else(|| "not yet".to_owned())
    });
    let detail = alloy.component("lib.watch.api");
    assert_eq!(detail["name"], "lib.watch");
    assert_eq!(detail["createdModuleIDs"][0], "lib.watch.api");
    let inner = http::ok(&alloy.url("/api/v0/web/modules/lib.watch.api/components"))
        .expect("the API answers");
    assert!(inner.contains("\"localID\":\"prometheus.scrape.all\""), "{inner}");
    assert!(inner.contains("\"moduleID\":\"lib.watch.api\""), "{inner}");
    let metrics = http::ok(&alloy.url("/metrics")).expect("the API answers");
    assert!(
        metrics
            .contains("component_id=\"prometheus.scrape.all\",component_path=\"/lib.watch.api\""),
        "the metrics of a component in a module name the module"
    );

    // New text of the module reaches the module, and through its export what is outside.
    let begin = alloy.component("discovery.relabel.outside").to_string();
    assert!(begin.contains("\"a\""), "{begin}");
    alloy.write(
        "lib.alloy",
        &LIBRARY.replace("replacement  = argument", "replacement  = \"new-\" + argument"),
    );
    wait_for("the export carries the new label", SOON, || {
        let shown = alloy.component("discovery.relabel.outside").to_string();
        if shown.contains("new-a") { Ok(()) } else { Err(shown) }
    });

    // Text that is no module leaves the old one running, and the health of the import says why.
    alloy.write("lib.alloy", "declare \"watch\" {");
    wait_for("the process tells what is wrong with the file", SOON, || {
        let log = alloy.log();
        if log.contains("failed to parse file on update") { Ok(()) } else { Err(log) }
    });
    let shown = alloy.component("discovery.relabel.outside").to_string();
    assert!(shown.contains("new-a"), "{shown}");
}

#[test]
fn a_wrong_module_refuses_a_reload_as_a_whole() {
    let alloy = Alloy::start("");
    let wrong = [
        ("declare \"m\" { argument \"a\" { } }\nm \"x\" { }\n", "missing required argument \"a\""),
        ("declare \"m\" { }\nm \"x\" { b = 1 }\n", "Provided argument \"b\" is not defined"),
        ("declare \"m\" { m \"again\" { } }\nm \"x\" { }\n", "self reference: declare.m"),
        ("declare \"m\" { nope.nope \"n\" { } }\nm \"x\" { }\n", "cannot find the definition"),
    ];
    for (text, expected) in wrong {
        alloy.write("config.alloy", text);
        let (status, answer) = alloy.reload();
        assert_eq!(status, 400, "{answer}");
        assert!(answer.contains(expected), "{expected}: {answer}");
    }
}

#[test]
fn a_foreach_runs_its_template_per_element_and_a_watched_file_reloads() {
    let text = |items: &str| {
        format!(
            r#"
foreach "all" {{
  collection = {items}
  var        = "name"
  template {{
    local.file "f" {{
      filename = name
    }}
  }}
}}
"#
        )
    };
    let args = ["--stability.level=experimental", "--config.watch"];
    let alloy = Alloy::start_with("", &args, &[]);
    for name in ["one.txt", "two.txt", "three.txt"] {
        alloy.write(name, name);
    }
    alloy.write("config.alloy", &text(r#"["one.txt", "two.txt"]"#));
    wait_for("the written file is loaded by itself", SOON, || {
        http::ok(&alloy.url("/api/v0/web/modules/foreach.all/foreach_two_txt_1/components"))
    });
    alloy.write("config.alloy", &text(r#"["two.txt", "three.txt"]"#));
    wait_for("the next text is loaded as well", SOON, || {
        http::ok(&alloy.url("/api/v0/web/modules/foreach.all/foreach_three_txt_1/components"))
    });
    let gone =
        http::get(&alloy.url("/api/v0/web/modules/foreach.all/foreach_one_txt_1/components"));
    assert_eq!(gone.map(|(status, _)| status), Ok(500));
}
