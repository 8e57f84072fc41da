//! Random loads and exports against a model: the last value of everything always arrives, and
//! exactly what is in the graph runs.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::fixture::{Fixture, node, reader};

const NODES: usize = 6;
/// The first nodes never read others, so what they export is what the test says last. A reader whose
/// exports are set from outside would keep or lose them depending on who is faster.
const SOURCES: usize = 2;

/// What the text says about a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    Absent,
    /// A value of its own.
    Value(u8),
    /// The value of an earlier node, if that is there.
    Reader(usize),
}

/// A load, and exports while it is under way.
#[derive(Clone, Debug)]
struct Step {
    blocks: Vec<Block>,
    exports: Vec<(usize, u8)>,
}

fn block(at: usize) -> BoxedStrategy<Block> {
    let own = (0..3_u8).prop_map(Block::Value);
    if at < SOURCES {
        return prop_oneof![Just(Block::Absent), own].boxed();
    }
    prop_oneof![1 => Just(Block::Absent), 2 => own, 3 => (0..at).prop_map(Block::Reader)].boxed()
}

fn step() -> impl Strategy<Value = Step> {
    let blocks: Vec<_> = (0..NODES).map(block).collect();
    let exports = prop::collection::vec((0..SOURCES, 10..250_u8), 0..12);
    (blocks, exports).prop_map(|(mut blocks, exports)| {
        for at in 0..NODES {
            // References to what is not there would be refused, which other tests cover.
            if let Block::Reader(of) = blocks[at]
                && blocks[of] == Block::Absent
            {
                blocks[at] = Block::Value(0);
            }
        }
        Step { blocks, exports }
    })
}

fn text(blocks: &[Block]) -> String {
    let line = |(at, block): (usize, &Block)| match block {
        Block::Absent => String::new(),
        Block::Value(value) => node(&format!("n{at}"), &value.to_string()),
        Block::Reader(of) => reader(&format!("n{at}"), &format!("n{of}")),
    };
    blocks.iter().enumerate().map(line).collect()
}

#[derive(Debug)]
struct Model {
    blocks: Vec<Block>,
    /// Argument and export of each node that is there.
    nodes: BTreeMap<usize, (String, String)>,
}

impl Model {
    fn load(&mut self, blocks: &[Block]) {
        for (at, block) in blocks.iter().enumerate() {
            match block {
                Block::Absent => drop(self.nodes.remove(&at)),
                Block::Value(value) => self.set_argument(at, value.to_string()),
                Block::Reader(of) => self.set_argument(at, self.nodes[of].1.clone()),
            }
        }
        self.blocks = blocks.to_vec();
    }

    /// A component exports its argument when it gets one.
    fn set_argument(&mut self, at: usize, argument: String) {
        if self.nodes.get(&at).is_none_or(|(known, _)| *known != argument) {
            self.nodes.insert(at, (argument.clone(), argument));
        }
    }

    fn export(&mut self, at: usize, value: &str) {
        if let Some((_, export)) = self.nodes.get_mut(&at) {
            *export = value.to_owned();
        }
        let blocks = self.blocks.clone();
        self.load(&blocks);
    }
}

fn run(steps: &[Step]) {
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    tokio.block_on(async {
        let t = Fixture::new();
        let mut model = Model { blocks: vec![Block::Absent; NODES], nodes: BTreeMap::new() };
        t.load("").await.unwrap();
        for step in steps {
            // Only nodes that the load leaves alone: what another one exports depends on who is
            // faster.
            let stays = |at: usize| {
                step.blocks[at] == model.blocks[at] && matches!(step.blocks[at], Block::Value(_))
            };
            let exports: Vec<_> =
                step.exports.iter().filter(|(at, _)| stays(*at)).copied().collect();
            let loading = t.spawn_load(&text(&step.blocks));
            for (at, value) in &exports {
                t.board.export(&format!("test.node.n{at}"), &value.to_string());
            }
            loading.await.unwrap().unwrap();
            model.load(&step.blocks);
            for (at, value) in &exports {
                model.export(*at, &value.to_string());
            }
            let arrived = || {
                model.nodes.iter().all(|(at, (argument, _))| {
                    t.value(&format!("n{at}")).as_deref() == Some(argument)
                })
            };
            t.until("last values", arrived).await;
            assert_eq!(t.snapshot().nodes.len(), model.nodes.len());
        }
        t.runtime.shutdown().await;
        check_runs(&t.board.take_log());
    });
}

/// Every component is built, started and stopped in this order, and at the end nothing runs.
fn check_runs(log: &[String]) {
    let mut running = BTreeSet::new();
    for line in log {
        let (what, id) = line.split_once(' ').unwrap();
        match what {
            "start" => assert!(running.insert(id), "{id} started twice: {log:?}"),
            "stop" => assert!(running.remove(id), "{id} stopped twice: {log:?}"),
            _ => {}
        }
    }
    assert!(running.is_empty(), "{running:?}: {log:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn last_values_arrive_whatever_the_order(steps in prop::collection::vec(step(), 1..8)) {
        run(&steps);
    }
}
