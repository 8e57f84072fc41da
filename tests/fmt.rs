//! `alloy fmt`: files, directories, patches, what is written and what is not.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use expect_test::{Expect, expect};

const UGLY: &str = "a=1\nbb=[ ]\n";
const PRETTY: &str = "a  = 1\nbb = []\n";

struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let files_in = Self(tempfile::tempdir().expect("create a temporary directory"));
        for (name, text) in files {
            let path = files_in.path(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("create a directory");
            fs::write(path, text).expect("write a test file");
        }
        files_in
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("read a test file")
    }

    fn run(&self, args: &[&str]) -> Output {
        self.run_with("", args)
    }

    fn run_with(&self, input: &str, args: &[&str]) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_alloy"))
            .arg("fmt")
            .args(args)
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("start the binary under test");
        let mut stdin = child.stdin.take().expect("a pipe");
        // A command that reads no input may be gone already.
        let _gone = stdin.write_all(input.as_bytes());
        drop(stdin);
        child.wait_with_output().expect("the end of the binary under test")
    }

    fn check(&self, args: &[&str], expected: Expect) {
        expected.assert_eq(&shown(&self.run(args)));
    }
}

fn shown(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().expect("an exit code");
    format!("exit {code}\n{}--\n{}", text(&output.stdout), text(&output.stderr))
}

/// Sets the file's times to long ago, so that any write shows.
fn make_old(path: &Path) -> SystemTime {
    let old = SystemTime::now() - Duration::from_secs(3600);
    let file = fs::File::options().write(true).open(path).expect("open a test file");
    file.set_modified(old).expect("set the time of a test file");
    fs::metadata(path).and_then(|about| about.modified()).expect("the time of a test file")
}

#[test]
fn a_file_is_printed_and_left_alone() {
    let files = Files::new(&[("a.alloy", UGLY)]);
    files.check(
        &["a.alloy"],
        expect![[r#"
            exit 0
            a  = 1
            bb = []
            --
        "#]],
    );
    assert_eq!(files.read("a.alloy"), UGLY);
}

#[test]
fn only_what_changes_is_written_and_permissions_stay() {
    let files = Files::new(&[("ugly.alloy", UGLY), ("pretty.alloy", PRETTY)]);
    let mode = |name: &str| {
        fs::metadata(files.path(name)).expect("about a test file").permissions().mode() & 0o777
    };
    fs::set_permissions(files.path("ugly.alloy"), fs::Permissions::from_mode(0o640))
        .expect("set permissions");
    let old = make_old(&files.path("pretty.alloy"));
    std::os::unix::fs::symlink("ugly.alloy", files.path("link.alloy")).expect("make a link");
    files.check(
        &["--write", "link.alloy", "pretty.alloy"],
        expect![[r#"
        exit 0
        --
    "#]],
    );
    assert_eq!(files.read("ugly.alloy"), PRETTY);
    assert_eq!(mode("ugly.alloy"), 0o640);
    assert!(files.path("link.alloy").is_symlink());
    let now = fs::metadata(files.path("pretty.alloy")).and_then(|about| about.modified());
    assert_eq!(now.expect("the time of a test file"), old, "an unchanged file was written");
}

#[test]
fn check_is_test() {
    let files = Files::new(&[("ugly.alloy", UGLY), ("pretty.alloy", PRETTY)]);
    for flag in ["-t", "--test", "--check"] {
        files.check(
            &[flag, "pretty.alloy", "ugly.alloy"],
            expect![[r#"
                exit 1
                --
                Error: file ugly.alloy is not formatted correctly
            "#]],
        );
        files.check(
            &[flag, "pretty.alloy"],
            expect![[r#"
            exit 0
            --
        "#]],
        );
    }
    assert_eq!(files.read("ugly.alloy"), UGLY);
}

#[test]
fn a_directory_is_its_alloy_files() {
    let files = Files::new(&[
        ("dir/b.alloy", UGLY),
        ("dir/a.alloy", UGLY),
        ("dir/notes.txt", UGLY),
        ("dir/nested/c.alloy", UGLY),
        ("dir/named.alloy/d.alloy", UGLY),
    ]);
    files.check(
        &["-w", "dir"],
        expect![[r#"
        exit 0
        --
    "#]],
    );
    for (name, text) in [
        ("dir/a.alloy", PRETTY),
        ("dir/b.alloy", PRETTY),
        ("dir/notes.txt", UGLY),
        ("dir/nested/c.alloy", UGLY),
        ("dir/named.alloy/d.alloy", UGLY),
    ] {
        assert_eq!(files.read(name), text, "{name}");
    }
}

#[test]
fn bad_files_are_reported_and_the_others_done() {
    let files =
        Files::new(&[("a.alloy", UGLY), ("broken.alloy", "a = 1 2\nb = \n"), ("z.alloy", UGLY)]);
    files.check(
        &["-w", "a.alloy", "missing.alloy", "broken.alloy", "-", "z.alloy"],
        expect![[r#"
            exit 1
            --
            Error: stat missing.alloy: no such file or directory
            broken.alloy:1:7: expected TERMINATOR, got NUMBER
            broken.alloy:3:1: expected expression, got EOF
            Error: encountered errors during formatting
            Error: cannot use -w with standard input
        "#]],
    );
    assert_eq!(files.read("a.alloy"), PRETTY);
    assert_eq!(files.read("z.alloy"), PRETTY);
    assert_eq!(files.read("broken.alloy"), "a = 1 2\nb = \n");
}

#[test]
fn a_patch_says_what_would_change() {
    let files = Files::new(&[("a.alloy", "x = 1\n\ny=2\n\n\n"), ("ok.alloy", PRETTY)]);
    let output = files.run(&["--diff", "a.alloy", "ok.alloy"]);
    expect![[r#"
        exit 1
        --- a.alloy
        +++ a.alloy
        @@ -1,5 +1,3 @@
         x = 1
 
        -y=2
        -
        -
        +y = 2
        --
    "#]]
    .assert_eq(&shown(&output).replace("\n \n", "\n\n"));
    assert_eq!(files.read("a.alloy"), "x = 1\n\ny=2\n\n\n", "a patch changes nothing");
    files.check(
        &["--diff", "ok.alloy"],
        expect![[r#"
        exit 0
        --
    "#]],
    );
    files.check(
        &["--diff", "-w", "a.alloy"],
        expect![[r#"
            exit 1
            --
            Error: cannot use -w/--write and --diff at the same time
        "#]],
    );
}

#[test]
fn a_patch_makes_the_formatted_text() {
    let files = Files::new(&[("a.alloy", "block {\nx=1 // one\n}\nlast = [1,\n2]")]);
    let output = files.run(&["--diff", "a.alloy"]);
    let mut patch = match Command::new("patch")
        .args(["-p0", "--quiet"])
        .current_dir(files.0.path())
        .stdin(Stdio::piped())
        .spawn()
    {
        Ok(patch) => patch,
        // The program is not everywhere; what a patch looks like is tested above.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => panic!("cannot start patch: {error}"),
    };
    let mut stdin = patch.stdin.take().expect("a pipe");
    stdin.write_all(&output.stdout).expect("write to patch");
    drop(stdin);
    assert!(patch.wait().expect("the end of patch").success());
    files.check(
        &["--check", "a.alloy"],
        expect![[r#"
        exit 0
        --
    "#]],
    );
}

#[test]
fn standard_input_may_have_a_name() {
    let files = Files::new(&[]);
    let output = files.run_with("a=", &["--stdin-filename", "web.alloy"]);
    expect![[r#"
        exit 1
        --
        web.alloy:1:3: expected expression, got EOF
        Error: encountered errors during formatting
    "#]]
    .assert_eq(&shown(&output));
    let output = files.run_with("a=1\n", &["--diff", "--stdin-filename=web.alloy", "-"]);
    expect![[r#"
        exit 1
        --- web.alloy
        +++ web.alloy
        @@ -1 +1 @@
        -a=1
        +a = 1
        --
    "#]]
    .assert_eq(&shown(&output));
    files.check(
        &["--stdin-filename=web.alloy", "a.alloy"],
        expect![[r#"
            exit 1
            --
            Error: --stdin-filename names standard input, which is not formatted
        "#]],
    );
}
