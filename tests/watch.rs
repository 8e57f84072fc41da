//! `--config.watch` and imports on a volume as Kubernetes mounts a ConfigMap: files are links into
//! `..data`, which is a link that is swapped.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use crate::support::alloy::Alloy;
use crate::support::wait_for;

const SOON: Duration = Duration::from_secs(20);

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
