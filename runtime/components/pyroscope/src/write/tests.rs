use alloy_queries::testing::decode;
use expect_test::expect;

use super::WriteArgs;

#[test]
fn endpoints_have_rules() {
    let mut seen = String::new();
    for endpoint in [
        "url = \"http://localhost:4040\"",
        "",
        "url = \"://x\"",
        "url = \"http://h\"\nbasic_auth { }\nbearer_token = \"t\"",
    ] {
        let args = decode::<WriteArgs>(&format!("endpoint {{\n{endpoint}\n}}"));
        seen += &args.map_or_else(|error| error, |args| format!("{:?}", args.tracing));
        seen.push('\n');
    }
    expect![[r#"
        TracingBlock { jaeger_propagator: true, trace_context_propagator: true }
        decoding configuration: missing required attribute "url"
        decoding configuration: endpoint url: parse "://x": missing protocol scheme
        decoding configuration: at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file must be configured
    "#]].assert_eq(&seen);
}
