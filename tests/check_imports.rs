//! `alloy check` and what imports bring.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use expect_test::{Expect, expect};

struct Dir(tempfile::TempDir);

impl Dir {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = Self(tempfile::tempdir().expect("create a temporary directory"));
        for (name, text) in files {
            let path = dir.0.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("create directories");
            std::fs::write(path, text).expect("write a file");
        }
        dir
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, args: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_alloy"))
            .args(["check", "--min-severity=info"])
            .args(args)
            .current_dir(self.path())
            .output()
            .expect("start the binary under test");
        let (out, err) = (output.stdout, output.stderr);
        let text = String::from_utf8_lossy(&[out, err].concat()).into_owned();
        let code = output.status.code().unwrap_or(-1);
        assert_eq!(code, i32::from(!text.is_empty()), "{text}");
        text
    }

    fn concise(&self, args: &[&str], expected: Expect) {
        expected.assert_eq(&self.run(&[args, &["--output-format=concise"]].concat()));
    }
}

const LIBRARY: &str = r#"declare "sink" {
	argument "url" { }

	argument "labels" {
		optional = true
		default  = {}
	}

	prometheus.remote_write "main" {
		endpoint {
			url = argument.url.value
		}
		external_labels = argument.labels.value
	}

	export "receiver" {
		value = prometheus.remote_write.main.receiver
	}

	export "name" {
		value = "sink"
	}
}
"#;

/// Uses of the library, one good and the others wrong.
const USES: &str = r#"
lib.sink "good" {
	url = "https://metrics.example.com/api/v1/write"
}

lib.sink "bad" {
	urls   = "https://metrics.example.com/api/v1/write"
	labels = [1]
}

lib.sink "typed" {
	url = { }
}

lib.sank "unknown" { }

prometheus.scrape "a" {
	targets    = [{"__address__" = "localhost:9100"}]
	forward_to = [lib.sink.good.receiver, lib.sink.good.name, lib.sink.good.recever]
}

prometheus.scrape "b" {
	targets    = lib.sink.bad.receiver
	forward_to = [lib.sink.typed.receiver]
}
"#;

/// Shown by the uses without the types of an import.
const UNUSED: &str = "--ignore=AL5,AL6";

fn by_file() -> String {
    let import = r#"import.file "lib" {
	filename = file.path_join(module_path, "lib.alloy")
}
"#;
    format!("{import}{USES}")
}

#[test]
fn uses_of_a_file_are_checked_as_its_modules_want_them() {
    let dir = Dir::new(&[("conf/main.alloy", &by_file()), ("conf/lib.alloy", LIBRARY)]);
    dir.concise(
        &["conf/main.alloy", UNUSED],
        expect![[r#"
        error[AL201]: conf/main.alloy:10:2: "lib.sink" has no argument "urls"
        error[AL205]: conf/main.alloy:11:11: expected an object of strings, found a list of values
        error[AL205]: conf/main.alloy:15:8: expected a string, found an object of values
        error[AL101]: conf/main.alloy:18:1: the import brings no "lib.sank"
        error[AL205]: conf/main.alloy:22:40: expected a receiver of metrics, found a string
        error[AL304]: conf/main.alloy:22:74: "lib.sink" does not export "recever"
        error[AL205]: conf/main.alloy:26:15: expected a list of targets, found a receiver of metrics
    "#]],
    );
    // A place in the imported file is shown with its text.
    let error = dir.run(&["conf/main.alloy", "--select=AL205"]);
    expect![[r#"
        error[AL205 type-mismatch]: expected an object of strings, found a list of values
          --> conf/main.alloy:11:11
           |
        11 |     labels = [1]
           |              ^^^
           |
          ::: conf/lib.alloy:13:21
           |
        13 |         external_labels = argument.labels.value
           |                           --------------------- the module reads the argument here

        error[AL205 type-mismatch]: expected a string, found an object of values
          --> conf/main.alloy:15:8
           |
        15 |     url = { }
           |           ^^^
           |
          ::: conf/lib.alloy:11:10
           |
        11 |             url = argument.url.value
           |                   ------------------ the module reads the argument here

        error[AL205 type-mismatch]: expected a receiver of metrics, found a string
          --> conf/main.alloy:22:40
           |
         5 | lib.sink "good" {
           | ----------------- this component exports it
        ...
        22 |     forward_to = [lib.sink.good.receiver, lib.sink.good.name, lib.sink.good.recever]
           |                                           ^^^^^^^^^^^^^^^^^^

        error[AL205 type-mismatch]: expected a list of targets, found a receiver of metrics
          --> conf/main.alloy:26:15
           |
         9 | lib.sink "bad" {
           | ---------------- this component exports it
        ...
        26 |     targets    = lib.sink.bad.receiver
           |                  ^^^^^^^^^^^^^^^^^^^^^

        found 4 errors
    "#]]
    .assert_eq(&error);
    dir.concise(&["conf/main.alloy", UNUSED, "--resolve-imports=none"], expect![[""]]);
}

#[test]
fn a_directory_and_its_own_imports_are_followed() {
    let library = format!(
        "{}\nimport.file \"more\" {{\n\tfilename = file.path_join(module_path, \"..\", \
         \"more.alloy\")\n}}\n\ndeclare \"outer\" {{\n\tmore.inner \"x\" {{ }}\n}}\n",
        LIBRARY
    );
    let dir = Dir::new(&[
        ("main.alloy", "import.file \"lib\" {\n\tfilename = \"mods\"\n}\n\nlib.outer \"a\" { }\n"),
        ("mods/lib.alloy", &library),
        ("mods/notes.txt", "no module"),
        ("more.alloy", "declare \"inner\" {\n\targument \"size\" { }\n}\n"),
    ]);
    dir.concise(
        &["main.alloy"],
        expect![[r#"
        error[AL203]: mods/lib.alloy:30:2: "more.inner" needs the argument "size"
    "#]],
    );
}

#[test]
fn what_is_wrong_in_imported_text_is_reported_there() {
    let text = "
import.string \"raw\" {
	content = `
declare \"a\" {
	local.file \"f\" { filenam = \"x\" }
}
prometheus.scrape \"b\" { }
`
}

import.string \"quoted\" {
	content = \"declare \\\"a\\\" {\\n\"
}

import.string \"computed\" {
	content = sys.env(\"MODULE\")
}

import.file \"self\" {
	filename = \"self.alloy\"
}

import.file \"gone\" {
	filename = \"nowhere.alloy\"
}

computed.anything \"x\" {
	y = 1
}

gone.anything \"x\" { }
";
    let dir = Dir::new(&[
        ("main.alloy", text),
        ("self.alloy", "import.file \"me\" {\n\tfilename = \"self.alloy\"\n}\n\nlogging { }\n"),
    ]);
    dir.concise(&["main.alloy", "--ignore=AL6"], expect![[r#"
        error[AL201]: main.alloy:5:19: "local.file" has no attribute "filenam"
        error[AL104]: main.alloy:7:1: only declare and import blocks are allowed in a module, got prometheus.scrape
        error[AL203]: main.alloy:7:1: "prometheus.scrape" needs the attribute "targets"
        error[AL203]: main.alloy:7:1: "prometheus.scrape" needs the attribute "forward_to"
        error[AL001]: main.alloy:12:12: line 2, column 1 of the text: expected `}`, found the end of the file
        info[AL904]: main.alloy:23:1: the import is not followed: failed to collect files: stat nowhere.alloy: no such file or directory
        error[AL302]: self.alloy:1:1: the module imports itself
        error[AL104]: self.alloy:5:1: only declare and import blocks are allowed in a module, got logging
    "#]]);
}

#[test]
fn comments_suppress_findings_in_imported_files_and_nothing_writes_to_those() {
    let library = "declare \"a\" {\n\t// alloy-ignore: AL201\n\tlocal.file \"f\" {\n\t\tfilename = \
                   \"x\"\n\t\tcolour = \"red\"\n\t}\n\tlocal.file \"g\" { }\n}\n";
    let dir = Dir::new(&[
        ("main.alloy", "import.file \"lib\" {\n\tfilename = \"lib.alloy\"\n}\n\nlib.a \"x\" { }\n"),
        ("lib.alloy", library),
    ]);
    dir.concise(
        &["main.alloy"],
        expect![[r#"
        error[AL203]: lib.alloy:7:2: "local.file" needs the attribute "filename"
    "#]],
    );
    for change in ["--fix", "--add-ignore"] {
        let output = Command::new(env!("CARGO_BIN_EXE_alloy"))
            .args(["check", "main.alloy", change])
            .current_dir(dir.path())
            .output()
            .expect("start the binary under test");
        assert!(output.status.code() < Some(2), "{change}: {output:?}");
        let now = std::fs::read_to_string(dir.path().join("lib.alloy")).expect("read a file");
        assert_eq!(now, library, "{change}");
    }
}

/// A server that answers every request with the library; gives its address.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listen");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let request = BufReader::new(stream.try_clone().expect("clone a socket"));
            let _head: Vec<String> =
                request.lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let length = LIBRARY.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{LIBRARY}"
            );
            let _sent = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn servers_are_asked_only_if_wanted() {
    let import = format!("import.http \"lib\" {{\n\turl = \"http://{}/lib.alloy\"\n}}\n", serve());
    let dir = Dir::new(&[("main.alloy", &format!("{import}{USES}"))]);
    dir.concise(&["main.alloy", UNUSED], expect![[""]]);
    dir.concise(
        &["main.alloy", UNUSED, "--resolve-imports=all"],
        expect![[r#"
        error[AL201]: main.alloy:10:2: "lib.sink" has no argument "urls"
        error[AL205]: main.alloy:11:11: expected an object of strings, found a list of values
        error[AL205]: main.alloy:15:8: expected a string, found an object of values
        error[AL101]: main.alloy:18:1: the import brings no "lib.sank"
        error[AL205]: main.alloy:22:40: expected a receiver of metrics, found a string
        error[AL304]: main.alloy:22:74: "lib.sink" does not export "recever"
        error[AL205]: main.alloy:26:15: expected a list of targets, found a receiver of metrics
    "#]],
    );
}

#[test]
fn repositories_are_read_if_wanted() {
    let dir = Dir::new(&[("repo/mods/lib.alloy", LIBRARY)]);
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .args(args)
            .current_dir(dir.path().join("repo"))
            .output()
            .expect("start git");
        assert!(output.status.success(), "{args:?}: {output:?}");
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "x"]);
    let import = format!(
        "import.git \"lib\" {{\n\trepository = \"{}\"\n\trevision   = \"main\"\n\tpath       = \
         \"mods/lib.alloy\"\n}}\n",
        dir.path().join("repo").display()
    );
    std::fs::write(dir.path().join("main.alloy"), format!("{import}{USES}")).expect("write a file");
    dir.concise(&["main.alloy", UNUSED], expect![[""]]);
    dir.concise(
        &["main.alloy", UNUSED, "--resolve-imports=all"],
        expect![[r#"
        error[AL201]: main.alloy:12:2: "lib.sink" has no argument "urls"
        error[AL205]: main.alloy:13:11: expected an object of strings, found a list of values
        error[AL205]: main.alloy:17:8: expected a string, found an object of values
        error[AL101]: main.alloy:20:1: the import brings no "lib.sank"
        error[AL205]: main.alloy:24:40: expected a receiver of metrics, found a string
        error[AL304]: main.alloy:24:74: "lib.sink" does not export "recever"
        error[AL205]: main.alloy:28:15: expected a list of targets, found a receiver of metrics
    "#]],
    );
}
