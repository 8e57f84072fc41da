//! `--config.watch` and imports on a volume as Kubernetes mounts a ConfigMap: files are links into
//! `..data`, which is a link that is swapped.

use std::os::unix::fs::symlink;
use std::path::Path;

use crate::support::alloy::Alloy;
use crate::support::{SOON, wait_for};

/// Writes a version of the volume and points `..data` to it, as the kubelet does.
fn publish(volume: &Path, version: &str, files: &[(&str, String)]) {
    let dir = volume.join(format!("..{version}"));
    std::fs::create_dir_all(&dir).expect("create a version of the volume");
    for (name, text) in files {
        std::fs::write(dir.join(name), text).expect("write a file of the volume");
        let link = volume.join(name);
        if link.symlink_metadata().is_err() {
            symlink(Path::new("..data").join(name), link).expect("link a file of the volume");
        }
    }
    let next = volume.join("..data_tmp");
    symlink(format!("..{version}"), &next).expect("link the version");
    std::fs::rename(next, volume.join("..data")).expect("swap the version");
}

fn config(name: &str) -> String {
    format!(
        r#"
import.file "lib" {{
  filename = "volume/lib.alloy"
}}

lib.targets "{name}" {{ }}
"#
    )
}

fn library(address: &str) -> String {
    format!(
        r#"
declare "targets" {{
  discovery.relabel "all" {{
    targets = [{{"__address__" = "{address}"}}]
  }}

  export "output" {{
    value = discovery.relabel.all.output
  }}
}}
"#
    )
}

#[test]
fn a_swapped_config_map_is_loaded_with_the_modules_in_it() {
    let alloy = Alloy::start_with("", &["--config.watch"], &[]);
    let volume = alloy.dir.path().join("volume");
    let files = |name: &str, address: &str| {
        [("config.alloy", config(name)), ("lib.alloy", library(address))]
    };
    publish(&volume, "v1", &files("first", "one:80"));
    let link = alloy.dir.path().join("link");
    symlink("volume/config.alloy", &link).expect("link the configuration");
    std::fs::rename(link, alloy.dir.path().join("config.alloy")).expect("replace the file");
    let shows = |id: &str, address: &str| {
        wait_for(&format!("{id} with {address}"), SOON, || {
            let list = crate::support::http::ok(&alloy.url("/api/v0/web/components"))?;
            if !list.contains(&format!("\"localID\":\"{id}\"")) {
                return Err(list);
            }
            let shown = alloy.component(id)["exports"].to_string();
            if shown.contains(address) { Ok(()) } else { Err(shown) }
        });
    };
    shows("lib.targets.first", "one:80");
    // Only the module differs: the import follows it.
    publish(&volume, "v2", &files("first", "two:80"));
    shows("lib.targets.first", "two:80");
    // Both differ.
    publish(&volume, "v3", &files("second", "three:80"));
    shows("lib.targets.second", "three:80");
    // Another version of the old text, after which the old directories go.
    publish(&volume, "v4", &files("first", "four:80"));
    for old in ["..v1", "..v2", "..v3"] {
        std::fs::remove_dir_all(volume.join(old)).expect("remove an old version");
    }
    shows("lib.targets.first", "four:80");
}

#[test]
fn a_refused_configuration_is_tried_again_once_an_import_brings_what_it_needs() {
    let alloy = Alloy::start_with("", &["--config.watch"], &[]);
    let write = |name: &str, text: String| {
        let path = alloy.dir.path().join(name);
        std::fs::write(path.with_extension("new"), text).expect("write a file");
        std::fs::rename(path.with_extension("new"), path).expect("replace the file");
    };
    let import = |user: &str| {
        let lib = alloy.dir.path().join("lib.alloy");
        format!("import.file \"lib\" {{\n  filename = \"{}\"\n}}\n{user}", lib.display())
    };
    let has = |id: &str| {
        wait_for(id, SOON, || {
            let list = crate::support::http::ok(&alloy.url("/api/v0/web/components"))?;
            if list.contains(&format!("\"localID\":\"{id}\"")) { Ok(()) } else { Err(list) }
        });
    };
    write("lib.alloy", library("one:80"));
    write("config.alloy", import("lib.targets \"a\" { }\n"));
    has("lib.targets.a");
    let newest = || {
        let text = crate::support::http::ok(&alloy.url("/api/v1/reloads"))?;
        serde_json::from_str::<serde_json::Value>(&text).map_err(|error| error.to_string())
    };
    write("config.alloy", import("lib.more \"b\" { }\n"));
    wait_for("the refusal", SOON, || {
        let newest = newest()?;
        match newest["reloads"][0]["outcome"] == "refused" {
            true => Ok(()),
            false => Err(newest.to_string()),
        }
    });
    write("lib.alloy", library("two:80").replace("\"targets\"", "\"more\""));
    has("lib.more.b");
    let trigger = newest().expect("the history")["reloads"][0]["trigger"].clone();
    assert_eq!(trigger["files"], serde_json::json!(["import.file.lib"]));
}

#[test]
fn a_file_that_a_component_named_in_vain_is_followed() {
    let alloy = Alloy::start_with("", &["--config.watch"], &[]);
    let token = alloy.dir.path().join("token");
    let text = format!("local.file \"token\" {{\n  filename = \"{}\"\n}}\n", token.display());
    std::fs::write(alloy.dir.path().join("config.alloy"), text).expect("write the configuration");
    let health = |wanted: &str| {
        wait_for(wanted, SOON, || {
            let text = crate::support::http::ok(&alloy.url("/api/v0/web/components"))?;
            if text.contains(wanted) { Ok(()) } else { Err(text) }
        });
    };
    health("unhealthy");
    std::fs::write(&token, "secret").expect("write the file");
    health("\"healthy\"");
}
