//! The blocks decode, keep their rules and hide their secrets.

use std::time::Duration;

use alloy_queries::testing::decode;
use alloy_value::{Args, EvaluatedBody, Value};
use expect_test::{Expect, expect};

use super::*;

/// Errors of several bodies, one a line.
#[track_caller]
fn check<A: Args + Clone>(bodies: &[&str], expected: &Expect) {
    let message = |body: &&str| match decode::<A>(body) {
        Ok(_) => "ok\n".to_owned(),
        Err(error) => format!("{error}\n"),
    };
    expected.assert_eq(&bodies.iter().map(message).collect::<String>());
}

#[test]
fn every_block_states_its_defaults() {
    for definition in BLOCKS {
        let (schema, _) = definition.args.unwrap();
        assert_eq!((schema().defaults)().len(), schema().fields.len(), "{}", definition.name);
    }
}

#[test]
fn module_blocks_decode() {
    let argument: ArgumentArgs = decode("optional = true\ndefault = [1, 2]").unwrap();
    assert!(argument.optional);
    assert_eq!(argument.default, Value::from(vec![Value::Int(1), Value::Int(2)]));
    assert_eq!(decode::<ArgumentArgs>("").unwrap().default, Value::Null);
    assert_eq!(decode::<ExportArgs>("value = 1").unwrap().value, Value::Int(1));
    check::<ExportArgs>(
        &["", "value = null"],
        &expect![[r#"
        decoding configuration: missing required attribute "value"
        ok
    "#]],
    );
}

#[test]
fn what_stands_in_a_module_is_not_looked_at() {
    let foreach: ForeachArgs =
        decode("collection = [1]\nvar = \"each\"\ntemplate {\nanything { x = 1 }\ny = 2\n}")
            .unwrap();
    assert_eq!((&*foreach.var, foreach.collection.len()), ("each", 1));
    assert_eq!(decode::<DeclareArgs>("argument \"a\" { }\nx = 1"), Ok(DeclareArgs {}));
    check::<ForeachArgs>(
        &["collection = []\nvar = \"x\"", "template \"x\" { }", "template { }\ntemplate { }"],
        &expect![[r#"
            decoding configuration: missing required block "template"
            decoding configuration: main.alloy:2:1: block "template" does not support specifying labels
            decoding configuration: main.alloy:2:1: block "template" may only be specified once
        "#]],
    );
}

#[test]
fn imports_decode() {
    let file: ImportFileArgs = decode("filename = \"m.alloy\"\ndetector = \"poll\"").unwrap();
    assert_eq!(file.detector, ImportDetector::Poll);
    assert_eq!(file.poll_frequency, Duration::from_secs(60));
    let http: ImportHttpArgs = decode("url = \"http://localhost/m\"").unwrap();
    assert!(http.client.client.base.follow_redirects);
    assert_eq!((http.poll_timeout, &*http.method), (Duration::from_secs(10), "GET"));
    let git: ImportGitArgs = decode("repository = \"r\"\npath = \"p\"").unwrap();
    assert_eq!(git.revision, "main");
    assert!(!decode::<ImportStringArgs>("content = \"\"").unwrap().content.is_secret);
    check::<ImportFileArgs>(
        &["filename = \"x\"\ndetector = \"inotify\""],
        &expect![[r#"
        decoding configuration: main.alloy:3:12: "inotify" unrecognized detector "inotify", expected fsnotify or poll
    "#]],
    );
    check::<ImportHttpArgs>(
        &[
            "url = \"x\"\npoll_frequency = \"0s\"\npoll_timeout = \"2m\"",
            "url = \"x\"\nclient {\nbearer_token = \"t\"\nbasic_auth { }\n}",
            "url = \"x\"\nclient {\ntls_config { min_version = \"1.2\" }\n}",
        ],
        &expect![[r#"
            ok
            decoding configuration: at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file must be configured
            decoding configuration: main.alloy:4:28: "1.2" unknown TLS version: 1.2
        "#]],
    );
    check::<ImportGitArgs>(
        &[
            "repository = \"r\"\npath = \"p\"\nrevision = \"FETCH_HEAD\"",
            "repository = \"r\"\npath = \"p\"\nbasic_auth { username = \"u\" }",
            "repository = \"r\"\npath = \"p\"\nssh_key { username = \"git\" }",
        ],
        &expect![[r#"
            decoding configuration: revision cannot be a special git reference such as HEAD, FETCH_HEAD, ORIG_HEAD, MERGE_HEAD, or CHERRY_PICK_HEAD
            decoding configuration: missing required attribute "password"
            ok
        "#]],
    );
}

#[test]
fn tracing_decodes() {
    let tracing: TracingArgs = decode("sampler {\njaeger_remote { }\n}\nwrite_to = []").unwrap();
    let remote = tracing.sampler.unwrap().jaeger_remote.unwrap();
    assert_eq!(remote.url.as_str(), "http://127.0.0.1:5778/sampling");
    assert_eq!((remote.max_operations, remote.refresh_interval), (256, Duration::from_secs(60)));
    assert_eq!(TracingArgs::decode(&EvaluatedBody::default()).unwrap().sampling_fraction, 0.1);
    check::<TracingArgs>(
        &["write_to = [\"x\"]"],
        &expect![[r#"
        decoding configuration: main.alloy:2:13: "x" should be capsule, got string
    "#]],
    );
}

#[test]
fn the_server_of_a_sampler_must_be_one_that_can_be_asked() {
    let sampler = |args: &str| format!("sampler {{\n  jaeger_remote {{ {args} }}\n}}");
    let cases = [
        "url = \"https://[::1]:5778/sampling\"",
        "url = \"HTTP://jaeger\"",
        "url = \"\"",
        "url = \"/sampling\"",
        "url = \"http:///sampling\"",
        "url = \"ftp://jaeger/\"",
        "url = \"http://[::1/\"",
        "url = \"jaeger:5778\"",
        "refresh_interval = \"0s\"",
    ]
    .map(sampler);
    check::<TracingArgs>(
        &cases.each_ref().map(String::as_str),
        &expect![[r#"
            ok
            ok
            decoding configuration: jaeger_remote: url must be an http or https URL with a host, got ""
            decoding configuration: jaeger_remote: url must be an http or https URL with a host, got "/sampling"
            decoding configuration: jaeger_remote: url must be an http or https URL with a host, got "http:///sampling"
            decoding configuration: jaeger_remote: url must be an http or https URL with a host, got "ftp://jaeger/"
            decoding configuration: main.alloy:3:25: "http://[::1/" parse "http://[::1/": missing ']' in host
            decoding configuration: jaeger_remote: url must be an http or https URL with a host, got "jaeger:5778"
            decoding configuration: jaeger_remote: refresh_interval must be greater than 0
        "#]],
    );
}

#[test]
fn remotecfg_has_rules() {
    check::<RemotecfgArgs>(
        &[
            "",
            "poll_frequency = \"9s\"",
            "attributes = { \"collector.os\" = \"x\" }",
            "attributes = { collector = \"x\" }",
            "bearer_token = \"a\"\nbearer_token_file = \"b\"",
        ],
        &expect![[r#"
            ok
            decoding configuration: poll_frequency must be at least "10s", got "9s"
            decoding configuration: "collector" is a reserved namespace for remotecfg attribute keys
            ok
            decoding configuration: at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file must be configured
        "#]],
    );
}

#[test]
fn http_has_rules() {
    let pair = "cert_file = \"c\"\nkey_pem = \"k\"\n";
    let tls = |body: &str| format!("tls {{\n{body}\n}}");
    let bodies = [
        String::new(),
        tls(pair),
        tls("cert_file = \"c\""),
        tls("key_file = \"k\""),
        tls(&format!("{pair}cert_pem = \"c\"")),
        tls(&format!("{pair}key_file = \"k\"")),
        tls(&format!("{pair}client_ca_pem = \"c\"")),
        tls(&format!("{pair}client_ca_pem = \"c\"\nclient_ca_file = \"c\"")),
        tls(&format!("{pair}client_ca_pem = \"c\"\nclient_auth_type = \"RequestClientCert\"")),
        tls(&format!("{pair}client_auth_type = \"nope\"")),
        tls(&format!("{pair}min_version = \"TLS14\"")),
        tls(&format!("{pair}curve_preferences = [\"X25519\", \"X448\"]")),
        tls(&format!("{pair}cipher_suites = [\"TLS_RSA_WITH_AES_128_CBC_SHA\"]")),
        tls(&format!("{pair}windows_certificate_filter {{\nserver {{ }}\nclient {{ }}\n}}")),
        tls("windows_certificate_filter { }"),
        "auth {\nbasic { username = \"u\" }\n}".to_owned(),
    ];
    let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
    check::<HttpArgs>(
        &bodies,
        &expect![[r#"
        ok
        ok
        decoding configuration: must specify either key_pem or key_file
        decoding configuration: must specify either cert_pem or cert_file
        decoding configuration: cannot specify both cert_pem and cert_file
        decoding configuration: cannot specify both key_pem and key_file
        decoding configuration: cannot specify client_ca_pem or client_ca_file when client_auth_type is NoClientCert
        decoding configuration: cannot specify both client_ca_pem and client_ca_file
        ok
        decoding configuration: main.alloy:5:20: "nope" unknown client auth type "nope"
        decoding configuration: main.alloy:5:15: "TLS14" unknown TLS version "TLS14"
        decoding configuration: main.alloy:5:32: "X448" unknown curve "X448"
        decoding configuration: main.alloy:5:18: "TLS_RSA_WITH_AES_128_CBC_SHA" unknown cipher "TLS_RSA_WITH_AES_128_CBC_SHA"
        decoding configuration: cannot specify any key, certificate or CA when using windows certificate filter
        decoding configuration: missing required block "server"
        decoding configuration: missing required attribute "password"
    "#]],
    );
    let open: HttpArgs = decode("auth {\nfilter { }\n}").unwrap();
    assert!(open.auth.unwrap().filter.unwrap().authenticate_matching_paths);
}

#[test]
fn services_decode() {
    assert!(decode::<LivedebuggingArgs>("enabled = true").unwrap().enabled);
    assert_eq!(decode::<LabelstoreArgs>(""), Ok(LabelstoreArgs {}));
    check::<LabelstoreArgs>(
        &["x = 1"],
        &expect![[r#"
        decoding configuration: main.alloy:2:1: unrecognized attribute name "x"
    "#]],
    );
}

#[test]
fn debug_shows_no_secret() {
    let canary = "canary";
    let git = format!(
        "repository = \"r\"\npath = \"p\"\nbasic_auth {{\nusername = \"u\"\npassword = \"{canary}\"\n}}
         ssh_key {{\nusername = \"u\"\nkey = \"{canary}\"\npassphrase = \"{canary}\"\n}}"
    );
    let http = format!(
        "auth {{\nbasic {{\nusername = \"u\"\npassword = \"{canary}\"\n}}\n}}
         tls {{\ncert_pem = \"c\"\nkey_pem = \"{canary}\"\n}}"
    );
    let git: ImportGitArgs = decode(&git).unwrap();
    let http: HttpArgs = decode(&http).unwrap();
    let shown = format!("{git:?} {:?} {http:?} {:?}", git.encode(), http.encode());
    assert!(!shown.contains(canary), "{shown}");
    assert_eq!(shown.matches("(secret)").count(), 5, "{shown}");
}
