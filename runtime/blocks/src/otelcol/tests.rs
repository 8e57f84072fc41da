//! Checks of the shared blocks, and the defaults that depend on the owner.

use alloy_value::{FromValue, Object, Str, Value};
use expect_test::expect;

use super::*;

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::from(
        members.map(|(name, value)| (Str::from(name), value)).into_iter().collect::<Object>(),
    )
}

/// One line: `ok`, or why the object is refused.
fn verdict<T: FromValue>(value: &Value) -> String {
    match T::from_value(value) {
        Ok(_) => "ok\n".to_owned(),
        Err(error) => format!("{}\n", error.undecorated()),
    }
}

#[test]
fn queues_hold_what_they_batch() {
    let queue = |queue: Value| verdict::<SendingQueueBlock>(&queue);
    let batch = |batch: Value| queue(object([("batch", batch)]));
    let zero_queue = || ("queue_size", Value::Int(0));
    let items_of_10 = [
        ("sizer", Value::from("items")),
        ("queue_size", Value::Int(10)),
        ("batch", object([("min_size", Value::Int(11))])),
    ];
    let verdicts = [
        queue(object([])),
        queue(object([zero_queue()])),
        queue(object([zero_queue(), ("enabled", Value::Bool(false))])),
        queue(object([("num_consumers", Value::Int(0))])),
        queue(object([("sizer", Value::from("nope"))])),
        queue(object(items_of_10)),
        queue(object([("queue_size", Value::Int(10)), ("batch", object([]))])),
        batch(object([("sizer", Value::from("requests"))])),
        batch(object([("flush_timeout", Value::from("0s"))])),
        batch(object([("min_size", Value::Int(-1))])),
        batch(object([("max_size", Value::Int(-1))])),
        batch(object([("max_size", Value::Int(1999))])),
        batch(object([("max_size", Value::Int(0))])),
    ];
    expect![[r#"
        ok
        queue_size must be greater than zero
        ok
        num_consumers must be greater than zero
        invalid sizer: nope
        `min_size` must be less than or equal to `queue_size`
        ok
        `batch` supports only `items` or `bytes` sizer
        `flush_timeout` must be positive
        `min_size` must be non-negative
        `max_size` must be non-negative
        `max_size` must be greater or equal to `min_size`
        ok
    "#]]
    .assert_eq(&verdicts.concat());
}

#[test]
fn delays_of_repetitions_grow() {
    let verdicts = [
        object([("multiplier", Value::Float(1.0))]),
        object([("randomization_factor", Value::Float(-0.5))]),
        object([("multiplier", Value::Int(0)), ("enabled", Value::Bool(false))]),
    ]
    .map(|retry| verdict::<RetryBlock>(&retry));
    expect![[r#"
        multiplier must be greater than 1.0
        randomization_factor must not be negative
        ok
    "#]]
    .assert_eq(&verdicts.concat());
}

#[test]
fn a_certificate_comes_from_one_place() {
    let file = |item: &'static str| (item, Value::from("/pem"));
    let verdicts = [
        verdict::<TlsClientBlock>(&object([file("ca_file"), file("ca_pem")])),
        verdict::<TlsServerBlock>(&object([file("key_file"), file("key_pem")])),
        verdict::<TlsServerBlock>(&object([file("cert_file"), file("key_pem")])),
    ];
    expect![[r#"
        at most one of ca_pem and ca_file may be set
        at most one of key_pem and key_file may be set
        ok
    "#]]
    .assert_eq(&verdicts.concat());
}

#[test]
fn words_are_checked_where_they_stand() {
    let verdicts = [
        verdict::<Compression>(&Value::from("lz4")),
        verdict::<Compression>(&Value::from("")),
        verdict::<DebugLevel>(&Value::from("Basic")),
        verdict::<SeverityLevel>(&Value::from("WARN5")),
        verdict::<MatchBlock>(&object([("match_type", Value::from("glob"))])),
    ];
    expect![[r#"
        unrecognized compression type "lz4"
        ok
        unrecognized debug level "Basic"
        unrecognized severity level "WARN5"
        match_type must be "strict" or "regexp", got "glob"
    "#]]
    .assert_eq(&verdicts.concat());
}
