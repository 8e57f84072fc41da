//! What the checks of arguments refuse.

use alloy_queries::testing::decode;
use alloy_value::Args;
use expect_test::{Expect, expect};

use crate::auth_basic::BasicArgs;
use crate::auth_headers::HeadersArgs;
use crate::storage_file::FileArgs;

/// Checks what is said of each body.
#[track_caller]
fn check<A: Args + Clone>(bodies: &[&str], expected: &Expect) {
    let said = bodies.iter().map(|body| match decode::<A>(body) {
        Ok(_) => "ok\n".to_owned(),
        Err(error) => format!("{}\n", error.trim_start_matches("decoding configuration: ")),
    });
    expected.assert_eq(&said.collect::<String>());
}

#[test]
fn basic_credentials_are_for_clients_or_for_servers() {
    check::<BasicArgs>(
        &[
            "",
            "username = \"u\"",
            "password = \"p\"",
            "client_auth {\nusername = \"u\"\n}",
            "client_auth {\nusername = \"u\"\npassword_file = \"/p\"\n}",
            "htpasswd { }",
            "client_auth { }\nhtpasswd {\nfile = \"/users\"\n}",
        ],
        &expect![[r#"
            no credential source provided
            no password provided
            ok
            no credential source provided
            ok
            no credential source provided
            ok
        "#]],
    );
}

#[test]
fn a_header_has_one_source() {
    check::<HeadersArgs>(
        &[
            "",
            "header {\nkey = \"k\"\nvalue = \"\"\n}",
            "header {\nkey = \"k\"\nfrom_context = \"c\"\naction = \"Insert\"\n}",
            "header {\nkey = \"k\"\n}",
            "header {\nkey = \"k\"\naction = \"delete\"\n}",
            "header {\nkey = \"k\"\nvalue = \"v\"\nfrom_attribute = \"a\"\n}",
            "header {\nkey = \"\"\nvalue = \"v\"\n}",
            "header {\nkey = \"k\"\naction = \"replace\"\n}",
        ],
        &expect![[r#"
            ok
            ok
            ok
            header "k" needs exactly one of value, from_context and from_attribute
            ok
            header "k" needs exactly one of value, from_context and from_attribute
            key of a header must not be empty
            main.alloy:4:10: "replace" unknown action replace
        "#]],
    );
}

#[test]
fn file_storage_has_a_mode_and_limits() {
    check::<FileArgs>(
        &[
            "",
            "timeout = \"-1s\"",
            "directory_permissions = \"0800\"",
            "directory_permissions = \"1777\"",
            "directory_permissions = \"\"\ncreate_directory = false",
            "compaction {\nmax_transaction_size = -1\n}",
            "compaction {\ncheck_interval = \"0s\"\n}",
            "compaction {\non_rebound = true\ncheck_interval = \"0s\"\n}",
        ],
        &expect![[r#"
            ok
            ok
            directory_permissions must be an octal file mode such as "0750", got "0800"
            directory_permissions must be an octal file mode such as "0750", got "1777"
            ok
            compaction: max_transaction_size must not be negative
            ok
            compaction: check_interval must be greater than 0
        "#]],
    );
}
