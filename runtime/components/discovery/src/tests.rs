//! What the checks of arguments refuse.

use alloy_component::ComponentDef;
use alloy_queries::testing::arguments;
use alloy_queries::{Engine, HostFacts, Options, Source};
use alloy_value::Registry;

use crate::{consul, dns, docker, http, kubelet, kubernetes, relabel};

/// Checks what loading `component` with each body says: part of a message, or nothing.
#[track_caller]
fn check(component: &ComponentDef, cases: &[(&str, &str)]) {
    let name = component.definition.name;
    for (body, said) in cases {
        let text = format!("{name} \"x\" {{\n{body}\n}}\n");
        match arguments(component.definition, &text) {
            Ok(_) => assert_eq!(*said, "", "{text}"),
            Err(error) => {
                assert!(!said.is_empty() && error.contains(said), "{text} says {error}");
            }
        }
    }
}

#[test]
fn the_docker_host_is_an_address() {
    check(
        &docker::COMPONENT,
        &[
            ("host = \"unix:///var/run/docker.sock\"", ""),
            ("host = \"tcp://h:2375\"\nfilter {\nname = \"label\"\nvalues = [\"a\"]\n}", ""),
            ("host = \"\"", "host must not be empty"),
            ("host = \"h:2375\"", "cannot parse the host \"h:2375\""),
            ("host = \"tcp://h\"\nrefresh_interval = \"0s\"", "refresh_interval must be greater"),
            (
                "host = \"tcp://h\"\nbearer_token = \"a\"\nbasic_auth { }",
                "at most one of basic_auth",
            ),
        ],
    );
}

#[test]
fn dns_records_need_a_type_and_a_port() {
    check(
        &dns::COMPONENT,
        &[
            ("names = [\"a\"]", ""),
            ("names = [\"a\"]\ntype = \"srv\"", ""),
            ("names = [\"a\"]\ntype = \"aaaa\"\nport = 80", ""),
            ("names = [\"a\"]\ntype = \"A\"", "configure port"),
            ("names = [\"a\"]\ntype = \"TXT\"\nport = 80", "unknown type of DNS records \"TXT\""),
        ],
    );
}

#[test]
fn consul_takes_credentials_once() {
    check(
        &consul::COMPONENT,
        &[
            ("", ""),
            ("username = \"a\"\npassword = \"b\"", ""),
            ("server = \" \"", "server must not be empty"),
            (
                "username = \"a\"\nbasic_auth { }",
                "at most one of username & password and basic_auth",
            ),
            ("token = \"a\"\nauthorization { }", "at most one of token and authorization"),
            ("no_proxy = \"a\"", "proxy_url must also be configured"),
        ],
    );
}

#[test]
fn http_clients_are_checked() {
    let wrong = "tls_config {\ncert_file = \"c\"\n}";
    let said = "exactly one of key or key_file";
    check(&kubelet::COMPONENT, &[("", ""), (wrong, said)]);
    check(
        &http::COMPONENT,
        &[
            ("url = \"http://h/sd\"", ""),
            ("url = \"http://h:port/\"", "invalid port \":port\" after host"),
            ("url = \"http://h/\"\nrefresh_interval = \"0s\"", "refresh_interval must be greater"),
        ],
    );
    check(
        &kubernetes::COMPONENT,
        &[
            ("role = \"pod\"\nselectors {\nrole = \"pod\"\n}", ""),
            ("role = \"pod\"\nbearer_token = \"a\"\nbearer_token_file = \"b\"", "at most one of"),
        ],
    );
}

/// The findings of a check that runs nothing.
fn findings(component: &ComponentDef, text: &str) -> Vec<String> {
    let registry = Box::leak(Box::new(Registry::new([component.definition])));
    let source = Source { name: "main.alloy".into(), text: text.into() };
    let found = Engine::check(registry, HostFacts::default(), Options::default(), vec![source]);
    found.into_iter().map(|diagnostic| diagnostic.message).collect()
}

#[test]
fn labels_of_targets_are_looked_at_when_they_are_known() {
    let with = |targets: &str| {
        let text = format!("discovery.relabel \"x\" {{\n\ttargets = {targets}\n}}\n");
        findings(&relabel::COMPONENT, &text)
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(with("[{__address__ = constants.hostname, port = 80}]"), none);
    assert_eq!(with("[sys.env(\"TARGET\")]"), ["expected a target, found a string"]);
    assert_eq!(with("{}"), ["expected array, got object"]);
}
