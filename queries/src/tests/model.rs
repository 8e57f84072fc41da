//! After any sequence of loads and exports the engine answers as a fresh one does.

use proptest::prelude::*;

use super::*;

/// A block of the model: which number it has, and what its `text` reads.
#[derive(Clone, Debug)]
struct ModelBlock {
    name: u8,
    reads: Option<u8>,
    number: i64,
    comment: bool,
    broken: bool,
}

#[derive(Clone, Debug)]
enum Step {
    Load { blocks: Vec<ModelBlock>, env: u8, rollback: bool },
    Export { name: u8, text: u8 },
}

fn model_block() -> impl Strategy<Value = ModelBlock> {
    (
        0..6_u8,
        proptest::option::of(0..6_u8),
        0..3_i64,
        any::<bool>(),
        proptest::bool::weighted(0.05),
    )
        .prop_map(|(name, reads, number, comment, broken)| ModelBlock {
            name,
            reads,
            number,
            comment,
            broken,
        })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (proptest::collection::vec(model_block(), 0..6), 0..2_u8, proptest::bool::weighted(0.2))
            .prop_map(|(blocks, env, rollback)| Step::Load { blocks, env, rollback }),
        (0..6_u8, 0..3_u8).prop_map(|(name, text)| Step::Export { name, text }),
    ]
}

fn text(blocks: &[ModelBlock]) -> String {
    let mut out = String::new();
    for block in blocks {
        if block.comment {
            out.push_str("// a comment\n\n");
        }
        let read = match block.reads {
            Some(other) => format!("test.node.n{other}.text"),
            None => "sys.env(\"V\")".to_owned(),
        };
        let end = if block.broken { "" } else { "}" };
        out.push_str(&format!(
            "test.node \"n{}\" {{\n\ttext   = {read}\n\tnumber = {}\n{end}\n",
            block.name, block.number
        ));
    }
    out
}

/// Everything that can be seen of an engine.
fn picture(engine: &Engine) -> Vec<String> {
    let mut lines: Vec<String> = engine
        .nodes()
        .iter()
        .map(|info| {
            let ids = |ids: &[crate::NodeId]| {
                let mut names: Vec<_> =
                    ids.iter().map(|id| engine.node(*id).unwrap().block_id.to_string()).collect();
                names.sort();
                names
            };
            let args = match engine.evaluate(info.id) {
                Ok(args) => shown(&args),
                Err(error) => format!("{error} | {}", error.diagnostic()),
            };
            format!(
                "{} rank {} {:?} {:?}: {args}",
                info.block_id,
                info.position,
                ids(&info.dependencies),
                ids(&info.dependents)
            )
        })
        .collect();
    lines.sort();
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn incremental_equals_fresh(steps in proptest::collection::vec(step(), 1..12)) {
        let mut engine = engine();
        // What a fresh engine has to be told.
        let mut accepted = Load::default();
        let mut exports: BTreeMap<String, String> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Load { blocks, env: value, rollback } => {
                    let load = Load { env: env(&[("V", &value.to_string())]), ..load_of(&text(&blocks)) };
                    let mut fresh = super::engine();
                    let expected = fresh.load(load.clone()).map_err(|e| e.diagnostics);
                    let got = engine.load(load.clone()).map_err(|e| e.diagnostics);
                    prop_assert_eq!(got.is_ok(), expected.is_ok());
                    match (got, expected) {
                        (Ok(_), _) if rollback => engine.rollback(),
                        (Ok(_), _) => {
                            engine.commit();
                            accepted = load;
                            exports.retain(|id, _| engine.find(id).is_some());
                        }
                        (Err(got), Err(expected)) => {
                            // Only the new blocks are warned about; errors are the same.
                            prop_assert_eq!(got, expected);
                        }
                        _ => {}
                    }
                }
                Step::Export { name, text } => {
                    let id = format!("test.node.n{name}");
                    if let Some(node) = engine.find(&id) {
                        engine.set_exports(node, text_exports(&text.to_string()));
                        exports.insert(id, text.to_string());
                    }
                }
            }
            let mut fresh = super::engine();
            fresh.load(accepted.clone()).unwrap();
            fresh.commit();
            for (id, text) in &exports {
                let node = fresh.find(id).unwrap();
                fresh.set_exports(node, text_exports(text));
            }
            prop_assert_eq!(picture(&engine), picture(&fresh));
        }
    }
}
