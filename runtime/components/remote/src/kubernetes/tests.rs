use alloy_queries::testing::decode;
use expect_test::expect;

use super::KubernetesArgs;

#[test]
fn reads_have_rules() {
    let mut seen = String::new();
    for body in [
        "",
        "poll_frequency = \"0s\"",
        "poll_timeout = \"0s\"",
        "client {\nproxy_url = \"http://p\"\n}",
    ] {
        let args = decode::<KubernetesArgs>(&format!("namespace = \"n\"\nname = \"x\"\n{body}"));
        seen += &args.map_or_else(|error| error, |_| "ok".to_owned());
        seen.push('\n');
    }
    expect![[r#"
        ok
        decoding configuration: poll_frequency must be greater than 0
        decoding configuration: poll_timeout must be greater than 0
        decoding configuration: HTTP client settings need api_server to be configured
    "#]]
    .assert_eq(&seen);
}
