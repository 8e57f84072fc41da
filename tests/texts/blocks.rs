//! 7. Arguments of config blocks and services.

use super::{Case, check};
use crate::support::alloy::Alloy;

const BLOCKS: &[Case] = &[
    // `logging`.
    (
        "logging { level = \"loud\" }\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         config.alloy:1:19: \"loud\" unrecognized log level \"loud\"",
    ),
    (
        "logging { format = \"loud\" }\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         config.alloy:1:20: \"loud\" unrecognized log format \"loud\"",
    ),
    (
        "logging { destination = \"loud\" }\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         config.alloy:1:25: \"loud\" unrecognized log destination \"loud\"",
    ),
    (
        "logging { destination = \"windows_event_log\" }\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         logging: destination \"windows_event_log\" needs Windows",
    ),
    // `tracing`: what cannot be asked is refused before anything is applied.
    (
        "tracing {\n  sampler {\n    jaeger_remote { url = \"nowhere\" }\n  }\n}\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         jaeger_remote: url must be an http or https URL with a host, got \"nowhere\"",
    ),
    (
        "tracing {\n  sampler {\n    jaeger_remote { refresh_interval = \"0s\" }\n  }\n}\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         jaeger_remote: refresh_interval must be greater than 0",
    ),
    // Imports.
    (
        "import.file \"a\" {\n  filename = \"config.alloy\"\n  detector = \"eyes\"\n}\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         config.alloy:3:14: \"eyes\" unrecognized detector \"eyes\", expected fsnotify or poll",
    ),
    (
        "import.file \"a\" { }\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         missing required attribute \"filename\"",
    ),
    (
        "import.string \"a\" { content = 1 + true }\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         config.alloy:1:35: true should be one of [number string capsule] for binop +, got bool",
    ),
    (
        "import.git \"a\" {\n  repository = \"r\"\n  path = \"p\"\n  revision = \"HEAD\"\n}\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         revision cannot be a special git reference such as HEAD, FETCH_HEAD, ORIG_HEAD, MERGE_HEAD, \
         or CHERRY_PICK_HEAD",
    ),
    (
        "import.git \"a\" {\n  repository = \"r\"\n  path = \"p\"\n  basic_auth { }\n}\n",
        "config.alloy:1:1: Failed to evaluate node for config block: decoding configuration: \
         missing required attribute \"username\"",
    ),
    // `remotecfg`.
    (
        "remotecfg { poll_frequency = \"1s\" }\n",
        "config.alloy:1:1: Failed to evaluate service: decoding configuration: poll_frequency must be \
         at least \"10s\", got \"1s\"",
    ),
    (
        "remotecfg { attributes = {\"collector.x\" = \"y\"} }\n",
        "config.alloy:1:1: Failed to evaluate service: decoding configuration: \"collector\" is a \
         reserved namespace for remotecfg attribute keys",
    ),
    (
        "remotecfg {\n  bearer_token = \"x\"\n  basic_auth { }\n}\n",
        "config.alloy:1:1: Failed to evaluate service: decoding configuration: at most one of \
         basic_auth, authorization, oauth2, bearer_token & bearer_token_file must be configured",
    ),
    // An empty `labelstore` block is accepted.
    ("labelstore { }\n", ""),
];

#[test]
fn what_the_arguments_of_config_blocks_refuse() {
    check(&Alloy::start(""), BLOCKS);
}
