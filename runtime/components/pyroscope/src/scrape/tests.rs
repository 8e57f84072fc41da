use alloy_queries::testing::decode;
use expect_test::expect;

use super::ScrapeArgs;

fn scrape(body: &str) -> Result<ScrapeArgs, String> {
    decode(&format!("targets = []\nforward_to = []\n{body}"))
}

#[test]
fn a_profile_keeps_the_defaults_of_its_kind() {
    let args = scrape(
        "profiling_config {\nprofile.process_cpu { enabled = false }\nprofile.fgprof { }
         profile.custom \"x\" {\nenabled = true\npath = \"/x\"\n}\n}",
    )
    .unwrap();
    let profiles = args.profiling_config;
    assert!(profiles.memory.enabled);
    let cpu = &profiles.process_cpu;
    assert_eq!((cpu.enabled, &*cpu.path, cpu.delta), (false, "/debug/pprof/profile", true));
    let fgprof = &profiles.fgprof;
    assert_eq!((fgprof.enabled, &*fgprof.path, fgprof.delta), (false, "/debug/fgprof", true));
    let custom = &profiles.custom[0];
    assert_eq!((&*custom.name, custom.delta), ("x", false));
}

#[test]
fn delta_profiles_need_time() {
    let cpu_off = "profiling_config {\nprofile.process_cpu { enabled = false }\n}";
    let mut seen = String::new();
    for body in [
        "",
        "scrape_timeout = \"0s\"",
        "scrape_interval = \"1s\"",
        &format!("scrape_interval = \"1s\"\n{cpu_off}"),
        "delta_profiling_duration = \"1s\"",
        "delta_profiling_duration = \"14500ms\"",
        "bearer_token = \"a\"\nbearer_token_file = \"b\"",
        "profiling_config {\nprofile.custom {\nenabled = true\npath = \"/x\"\n}\n}",
    ] {
        seen += &scrape(body).map_or_else(|error| error, |_| "ok".to_owned());
        seen.push('\n');
    }
    expect![[r#"
        ok
        decoding configuration: scrape_timeout must be greater than 0
        decoding configuration: scrape_interval must be at least 2s with delta profiles
        ok
        decoding configuration: delta_profiling_duration must be longer than 1s with delta profiles
        decoding configuration: delta_profiling_duration must be at least 1s shorter than scrape_interval
        decoding configuration: at most one of basic_auth, authorization, oauth2, bearer_token & bearer_token_file must be configured
        decoding configuration: main.alloy:5:1: block "profile.custom" requires non-empty label
    "#]].assert_eq(&seen);
}
