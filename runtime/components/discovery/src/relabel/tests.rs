use alloy_blocks::RuleBlock;
use alloy_component::Target;
use alloy_component::testing::context;
use alloy_telemetry::Labels;
use alloy_value::ArcArgs;

use super::RelabelArgs;
use crate::testing::targets;

fn rule(action: &str, source: &str, regex: &str, target: &str) -> RuleBlock {
    RuleBlock {
        source_labels: Some(vec![source.to_owned()]),
        separator: ";".to_owned(),
        regex: regex.into(),
        modulus: 0,
        target_label: target.to_owned(),
        replacement: "$1".to_owned(),
        action: action.into(),
    }
}

fn args(rules: Vec<RuleBlock>) -> ArcArgs {
    let target = |address: &str| Target(Labels::new([("__address__", address), ("__meta_x", "1")]));
    let targets = ["b:1", "a:2", "b:1"].map(target).to_vec();
    ArcArgs::new(RelabelArgs { targets, rules })
}

#[tokio::test]
async fn order_and_duplicates_are_kept_and_dropped_targets_are_left_out() {
    let (cx, exports) = context("discovery.relabel.x");
    let port = rule("replace", "__address__", r".*:(\d+)", "port");
    let component = super::run::build(cx, args(vec![port])).await.expect("built");
    assert_eq!(
        targets(&exports.borrow(), "output"),
        [
            r#"{__address__="b:1", __meta_x="1", port="1"}"#,
            r#"{__address__="a:2", __meta_x="1", port="2"}"#,
            r#"{__address__="b:1", __meta_x="1", port="1"}"#,
        ]
    );
    let drop_b = rule("drop", "__address__", "b:.*", "");
    component.update(args(vec![drop_b])).await.expect("updated");
    assert_eq!(targets(&exports.borrow(), "output"), [r#"{__address__="a:2", __meta_x="1"}"#]);
}

#[tokio::test]
async fn an_update_to_equal_arguments_exports_an_equal_value() {
    let (cx, exports) = context("discovery.relabel.x");
    let keep = || rule("keep", "__address__", ".*", "");
    let component = super::run::build(cx, args(vec![keep()])).await.expect("built");
    let first = exports.borrow().clone();
    component.update(args(vec![keep()])).await.expect("updated");
    assert_eq!(*exports.borrow(), first);
}
