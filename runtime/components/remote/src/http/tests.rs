use alloy_queries::testing::decode;
use expect_test::expect;

use super::HttpArgs;

#[test]
fn polls_have_rules() {
    let mut seen = String::new();
    for body in [
        "",
        "poll_frequency = \"0s\"",
        "poll_timeout = \"0s\"",
        "poll_timeout = \"1m\"",
        "client {\nbearer_token = \"a\"\nbearer_token_file = \"b\"\n}",
        "client {\ntls_config {\ncert_file = \"c\"\n}\n}",
    ] {
        let args = decode::<HttpArgs>(&format!("url = \"http://localhost/\"\n{body}"));
        seen += &args.map_or_else(|error| error, |_| "ok".to_owned());
        seen.push('\n');
    }
    let error = decode::<HttpArgs>("url = \"http://u:canary@host:port/\"").unwrap_err();
    assert!(!error.contains("canary"), "{error}");
    expect![[r#"
        ok
        decoding configuration: poll_frequency must be greater than 0
        decoding configuration: poll_timeout must be greater than 0
        decoding configuration: poll_timeout must be less than poll_frequency
        decoding configuration: at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file must be configured
        decoding configuration: exactly one of key or key_file must be configured when a client certificate is configured
        decoding configuration: url: parse "http://u:xxxxx@host:port/": invalid port ":port" after host"#]].assert_eq(&(seen + &error));
}
