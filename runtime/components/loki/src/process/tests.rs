use alloy_queries::testing::decode;
use alloy_value::Args;
use expect_test::expect;

use super::{Metric, ProcessArgs, SourceType, Stage};

fn process(stages: &str) -> Result<ProcessArgs, String> {
    decode(&format!("forward_to = []\n{stages}"))
}

/// The blocks that the arguments are shown as.
fn shown(args: &ProcessArgs) -> Vec<String> {
    let blocks = args.encode().entries;
    blocks.iter().map(|entry| format!("{entry:?}")).collect()
}

#[test]
fn stages_keep_their_order() {
    let args = process(
        "stage.docker { }\nstage.json { expressions = { a = \"\" } }\nstage.docker { }
         stage.label_drop { values = [\"a\"] }",
    )
    .unwrap();
    let kinds = args.stages.iter().map(|stage| match stage {
        Stage::Docker(_) => "docker",
        Stage::Json(_) => "json",
        Stage::LabelDrop(_) => "label_drop",
        _ => "other",
    });
    assert_eq!(kinds.collect::<Vec<_>>(), ["docker", "json", "docker", "label_drop"]);
    assert_eq!(shown(&args).len(), 5);
}

#[test]
fn stages_stand_in_matches_at_any_depth() {
    let args = process(
        "stage.match {\nselector = \"{a=\\\"b\\\"}\"\nstage.match {\nselector = \"{c=\\\"d\\\"}\"
         stage.match {\nselector = \"{e=\\\"f\\\"}\"\naction = \"drop\"\n}\nstage.cri { }\n}\n}",
    )
    .unwrap();
    let [Stage::Match(outer)] = &args.stages[..] else { panic!("{args:?}") };
    let [Stage::Match(middle)] = &outer.stages[..] else { panic!("{args:?}") };
    let [Stage::Match(inner), Stage::Cri(cri)] = &middle.stages[..] else { panic!("{args:?}") };
    assert_eq!((outer.drops(), inner.drops(), cri.max_partial_lines), (false, true, 100));
    let error = process(
        "stage.match {\nselector = \"{a=\\\"b\\\"}\"\nstage.match {\nselector = \"{}\"
         stage.limit { rate = \"x\" }\n}\n}",
    );
    expect![[r#"decoding configuration: main.alloy:7:31: "x" should be number, got string"#]]
        .assert_eq(&error.unwrap_err());
}

#[test]
fn metrics_are_of_three_kinds() {
    let args = process(
        "stage.metrics {\nmetric.histogram {\nname = \"h\"\nbuckets = [0.5, 1]\n}
         metric.counter {\nname = \"c\"\naction = \"add\"\nmatch_all = true\ncount_entry_bytes = true\n}
         metric.gauge {\nname = \"g\"\naction = \"sub\"\nmax_idle_duration = \"1s\"\n}\n}",
    )
    .unwrap();
    let [Stage::Metrics(stage)] = &args.stages[..] else { panic!("{args:?}") };
    let names = stage.metrics.iter().map(|metric| match metric {
        Metric::Counter(metric) => &*metric.base.name,
        Metric::Gauge(metric) => &*metric.base.name,
        Metric::Histogram(metric) => &*metric.base.name,
    });
    assert_eq!(names.collect::<Vec<_>>(), ["h", "c", "g"]);
}

#[test]
fn rules_of_truncate_have_a_kind() {
    let args = process("stage.truncate {\nrule { limit = \"1KiB\" }\nrule {\nlimit = \"5B\"\nsuffix = \"...\"\nsource_type = \"label\"\nsources = [\"a\"]\n}\n}").unwrap();
    let [Stage::Truncate(stage)] = &args.stages[..] else { panic!("{args:?}") };
    let kinds: Vec<_> = stage.rules.iter().map(|rule| rule.source_type).collect();
    assert_eq!(kinds, [SourceType::Line, SourceType::Label]);
}

#[test]
fn what_no_entry_could_make_sense_of_is_refused() {
    let mut seen = String::new();
    for stage in [
        "drop {\nvalue = \"x\"\nexpression = \"y\"\n}",
        "drop {\nvalue = \"x\"\nolder_than = \"1m\"\n}",
        "drop { expression = \"(\" }",
        "logfmt { }",
        "label_drop { values = [] }",
        "split_json { source = \"\" }",
        "match {\nselector = \"{a=\\\"b\\\"}\"\naction = \"drop\"\nstage.docker { }\n}",
        "metrics {\nmetric.gauge {\nname = \"x\"\naction = \"set to\"\n}\n}",
        "metrics {\nmetric.histogram {\nname = \"x\"\nbuckets = [1, 1]\n}\n}",
        "truncate {\nrule {\nlimit = \"3B\"\nsuffix = \"...\"\n}\n}",
        "luhn { skip_regex = \"[\" }",
        "pattern { pattern = \"<a><b>\" }",
        "static_labels { values = { \"\" = \"x\" } }",
    ] {
        seen += &process(&format!("stage.{stage}")).unwrap_err();
        seen.push('\n');
    }
    expect![[r#"
        decoding configuration: stage.drop: only one of `value` and `expression` can be set
        decoding configuration: stage.drop: `value` needs `source`
        decoding configuration: stage.drop: could not compile regular expression: error parsing regexp: missing closing ): `(`
        decoding configuration: stage.logfmt: mapping or regex is required
        decoding configuration: stage.label_drop: labeldrop stage config cannot be empty: set values
        decoding configuration: stage.split_json: empty source
        decoding configuration: stage.match: match stage configured to drop entries cannot contain stages
        decoding configuration: the 'action' gauge field must be one of 'set', 'inc', 'dec', 'add' or 'sub'
        decoding configuration: histogram buckets must be in increasing order: 1 >= 1
        decoding configuration: suffix must be shorter than the limit of 3B of its rule in stage.truncate
        decoding configuration: stage.luhn: could not compile regular expression: error parsing regexp: missing closing ]: `[`
        decoding configuration: stage.pattern: failed to parse pattern: found consecutive capture '<a><b>': invalid expression
        decoding configuration: stage.static_labels: values must not have an empty name
    "#]].assert_eq(&seen);
}
