use alloy_queries::testing::decode;
use expect_test::expect;

use super::{RateLimitingStrategy, ReceiverArgs};

#[test]
fn defaults_limit_the_rate() {
    let args: ReceiverArgs = decode("output { }").unwrap();
    let limit = &args.server.rate_limiting;
    assert_eq!((limit.enabled, limit.strategy), (true, RateLimitingStrategy::Global));
    assert_eq!(args.sourcemaps.download_from_origins, ["*"]);
    assert_eq!(args.server.listen_port, 12347);
}

#[test]
fn what_is_unknown_is_named() {
    let mut seen = String::new();
    for body in [
        "log_format = \"xml\"\noutput { }",
        "server {\nrate_limiting {\nstrategy = \"none\"\n}\n}\noutput { }",
        "server {\nmax_allowed_payload_size = \"many\"\n}\noutput { }",
        "",
    ] {
        seen += &decode::<ReceiverArgs>(body).unwrap_err();
        seen.push('\n');
    }
    expect![[r#"
        decoding configuration: main.alloy:2:14: "xml" unrecognized log format "xml"
        decoding configuration: main.alloy:4:12: "none" unrecognized rate limiting strategy "none"
        decoding configuration: main.alloy:3:28: "many" units: invalid many
        decoding configuration: missing required block "output"
    "#]]
    .assert_eq(&seen);
}

#[test]
fn debug_shows_no_key() {
    let args: ReceiverArgs = decode("server {\napi_key = \"canary\"\n}\noutput { }").unwrap();
    assert!(!format!("{args:?}").contains("canary"));
}
