//! The shared blocks inside an owner's arguments: decoding, checks, nothing secret in `Debug`.

use alloy_value::{
    Args, BodyEntry, DecodeError, EvaluatedBlock, EvaluatedBody, Object, Str, Value,
};
use expect_test::{Expect, expect};

use crate::{HttpClientBlock, RuleBlock};

#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
struct Owner {
    #[args(squash)]
    client: HttpClientBlock,
    #[args(block, name = "rule")]
    rules: Vec<RuleBlock>,
}

impl Owner {
    fn check(&self) -> Result<(), String> {
        self.client.validate()
    }
}

fn attr(name: &str, value: impl Into<Value>) -> BodyEntry {
    BodyEntry::Attribute { name: name.into(), value: value.into() }
}

fn block(name: &str, entries: Vec<BodyEntry>) -> BodyEntry {
    let body = EvaluatedBody { entries };
    BodyEntry::Block(EvaluatedBlock { name: name.into(), label: None, body })
}

fn headers(name: &str, value: &str) -> Value {
    let values = Value::from(vec![Value::from(value)]);
    Value::from([(Str::from(name), values)].into_iter().collect::<Object>())
}

fn decode(entries: Vec<BodyEntry>) -> Result<Owner, DecodeError> {
    Owner::decode(&EvaluatedBody { entries })
}

/// Messages of several bodies, one line each.
#[track_caller]
fn check(bodies: Vec<Vec<BodyEntry>>, expected: &Expect) {
    let messages = bodies.into_iter().map(|entries| match decode(entries) {
        Ok(_) => "ok\n".to_owned(),
        Err(error) => format!("{}\n", error.message),
    });
    expected.assert_eq(&messages.collect::<String>());
}

#[test]
fn one_way_to_authenticate() {
    let basic = || block("basic_auth", vec![attr("username", "u")]);
    let authorization = |entries| vec![block("authorization", entries)];
    check(
        vec![
            vec![basic()],
            vec![basic(), attr("bearer_token", "t")],
            vec![attr("bearer_token", "t"), attr("bearer_token_file", "f")],
            vec![basic(), block("authorization", vec![])],
            vec![block("basic_auth", vec![attr("password", "p"), attr("password_file", "f")])],
            authorization(vec![attr("credentials", "c"), attr("credentials_file", "f")]),
            authorization(vec![attr("type", "BASIC")]),
            authorization(vec![attr("type", " "), attr("credentials", "c")]),
        ],
        &expect![[r#"
            ok
            at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file must be configured
            at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file must be configured
            at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file must be configured
            at most one of basic_auth password & password_file must be configured
            at most one of authorization credentials & credentials_file must be configured
            authorization type cannot be set to "basic", use "basic_auth" instead
            ok
        "#]],
    );
}

#[test]
fn oauth2_needs_client_and_token_url() {
    let oauth2 = |entries| vec![block("oauth2", entries)];
    let id = || attr("client_id", "i");
    let secret = || attr("client_secret", "s");
    let url = || attr("token_url", "http://localhost/token");
    check(
        vec![
            oauth2(vec![secret(), url()]),
            oauth2(vec![id(), url()]),
            oauth2(vec![id(), secret(), attr("client_secret_file", "f"), url()]),
            oauth2(vec![id(), secret()]),
            oauth2(vec![id(), secret(), url()]),
            oauth2(vec![id(), secret(), url(), attr("no_proxy", "a")]),
            oauth2(vec![id(), secret(), url(), block("tls_config", vec![attr("key_file", "k")])]),
        ],
        &expect![[r#"
            oauth2 client_id must be configured
            either oauth2 client_secret or client_secret_file must be configured
            at most one of oauth2 client_secret & client_secret_file must be configured
            oauth2 token_url must be configured
            ok
            if no_proxy is configured, proxy_url must also be configured
            exactly one of cert or cert_file must be configured when a client key is configured
        "#]],
    );
}

#[test]
fn tls_items_are_given_once_and_in_pairs() {
    let tls = |entries| vec![block("tls_config", entries)];
    check(
        vec![
            tls(vec![attr("ca_pem", "x"), attr("ca_file", "y")]),
            tls(vec![attr("cert_pem", "x"), attr("cert_file", "y"), attr("key_file", "z")]),
            tls(vec![attr("key_pem", "x"), attr("key_file", "y"), attr("cert_file", "z")]),
            tls(vec![attr("cert_file", "x")]),
            tls(vec![attr("key_pem", "x")]),
            tls(vec![attr("cert_file", "x"), attr("key_pem", "y"), attr("min_version", "TLS13")]),
            tls(vec![attr("min_version", "TLS9")]),
        ],
        &expect![[r#"
            at most one of ca_pem and ca_file must be configured
            at most one of cert_pem and cert_file must be configured
            at most one of key_pem and key_file must be configured
            exactly one of key or key_file must be configured when a client certificate is configured
            exactly one of cert or cert_file must be configured when a client key is configured
            ok
            unknown TLS version: TLS9
        "#]],
    );
}

#[test]
fn proxy_settings_exclude_each_other() {
    let url = || attr("proxy_url", "http://localhost:3128");
    let environment = || attr("proxy_from_environment", true);
    let connect = || attr("proxy_connect_header", headers("X-A", "v"));
    check(
        vec![
            vec![connect()],
            vec![connect(), url()],
            vec![connect(), environment()],
            vec![environment(), url()],
            vec![environment(), attr("no_proxy", "a")],
            vec![attr("no_proxy", "a")],
            vec![attr("no_proxy", "a"), url()],
        ],
        &expect![[r#"
            if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured
            ok
            ok
            if proxy_from_environment is configured, proxy_url must not be configured
            if proxy_from_environment is configured, no_proxy must not be configured
            if no_proxy is configured, proxy_url must also be configured
            ok
        "#]],
    );
}

#[test]
fn reserved_headers_are_refused_in_any_case() {
    check(
        vec![
            vec![attr("http_headers", headers("X-Scope-OrgID", "v"))],
            vec![attr("http_headers", headers("AUTHORIZATION", "v"))],
            vec![attr("http_headers", headers("x-amz-date", "v"))],
        ],
        &expect![[r#"
            ok
            setting header "AUTHORIZATION" in http_headers is not allowed
            setting header "x-amz-date" in http_headers is not allowed
        "#]],
    );
}

#[test]
fn defaults_follow_redirects_and_offer_http2() {
    let owner = decode(vec![]).unwrap();
    assert!(owner.client.base.follow_redirects);
    assert!(owner.client.enable_http2);
    assert_eq!(owner.encode().entries.len(), 0);
}

#[test]
fn debug_shows_no_secret() {
    let canary = "canary";
    let secrets = [
        vec![attr("bearer_token", canary)],
        vec![block("basic_auth", vec![attr("password", canary)])],
        vec![block("authorization", vec![attr("credentials", canary)])],
        vec![block(
            "oauth2",
            vec![
                attr("client_id", "i"),
                attr("client_secret", canary),
                attr("token_url", "http://localhost"),
            ],
        )],
        vec![block("tls_config", vec![attr("key_pem", canary), attr("cert_file", "c")])],
        vec![attr("http_headers", headers("X-Token", canary))],
        vec![
            attr("proxy_url", "http://localhost"),
            attr("proxy_connect_header", headers("X-Token", canary)),
        ],
    ];
    for entries in secrets {
        let owner = decode(entries).unwrap();
        let config = owner.client.config("agent");
        let shown = format!("{owner:?} {:?} {config:?}", owner.encode());
        assert!(!shown.contains(canary), "{shown}");
        assert!(shown.contains("(secret)"), "{shown}");
    }
}

#[test]
fn rules_are_checked_when_decoded() {
    let rule = |entries: Vec<(&str, &str)>| {
        let entries = entries.into_iter().map(|(name, value)| attr(name, value)).collect();
        decode(vec![block("rule", entries)]).map(|owner| owner.rules.len())
    };
    assert_eq!(rule(vec![("target_label", "a")]).unwrap(), 1);
    let refused = [
        vec![],
        vec![("action", "Replace"), ("target_label", "a")],
        vec![("regex", "("), ("target_label", "a")],
        vec![("action", "hashmod"), ("target_label", "a")],
        vec![("target_label", "${")],
        vec![("action", "lowercase"), ("target_label", "a"), ("replacement", "x")],
        vec![("action", "labelmap"), ("replacement", "$")],
        vec![("action", "labeldrop"), ("separator", ",")],
        vec![("action", "keepequal"), ("target_label", "a"), ("regex", "x")],
    ];
    for entries in refused {
        assert!(rule(entries.clone()).is_err(), "{entries:?}");
    }
}
