//! Names: what blocks are called, what they refer to, and in which order that lets them evaluate.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::db::Db;
use crate::hir::{BlockHir, Expr, ExprId, block_id};
use crate::inputs::{Block, Module};
use crate::queries::block_hir;
use crate::stdlib;

/// A maximal dotted chain that starts at an identifier (spec/language.md §5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ref {
    pub(crate) path: Box<[SmolStr]>,
    /// The outermost expression of the chain.
    pub(crate) expr: ExprId,
    /// The identifier it starts with.
    pub(crate) first: ExprId,
}

impl Ref {
    /// The chain as it is written.
    pub(crate) fn text(&self) -> String {
        self.path.join(".")
    }
}

/// References of a block, in source order. Bodies of nested modules are not walked: their names
/// are resolved inside.
#[salsa::tracked(returns(ref))]
pub(crate) fn refs(db: &dyn Db, block: Block) -> Arc<[Ref]> {
    collect_refs(block_hir(db, block)).into()
}

pub(crate) fn collect_refs(hir: &BlockHir) -> Vec<Ref> {
    if opens_scope(&hir.name) {
        return Vec::new();
    }
    // An expression that is the base of an access belongs to the longer chain around it.
    let mut is_base = vec![false; hir.exprs.len()];
    for expr in &hir.exprs {
        if let Expr::Access { base, .. } = expr {
            is_base[base.index()] = true;
        }
    }
    let mut refs = Vec::new();
    for (at, _) in is_base.iter().enumerate().filter(|(_, is_base)| !**is_base) {
        let id = ExprId(at as u32);
        if let Some((path, first)) = chain(hir, id) {
            refs.push(Ref { path, expr: id, first });
        }
    }
    // Arenas are filled bottom up; identifiers come in source order.
    refs.sort_by_key(|r| r.first);
    refs
}

/// The chain that ends in `id`, if it starts at an identifier.
fn chain(hir: &BlockHir, id: ExprId) -> Option<(Box<[SmolStr]>, ExprId)> {
    let mut path = Vec::new();
    let mut at = id;
    loop {
        match hir.expr(at) {
            Expr::Access { base, member } => {
                path.push(member.clone());
                at = *base;
            }
            Expr::Ident(name) => {
                path.push(name.clone());
                path.reverse();
                return Some((path.into(), at));
            }
            _ => return None,
        }
    }
}

/// True for blocks whose body is a scope of its own.
pub(crate) fn opens_scope(name: &str) -> bool {
    matches!(name, "declare" | "foreach")
}

/// Names of the blocks of a module.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Scope {
    pub(crate) blocks: FxHashMap<SmolStr, Block>,
    /// Blocks whose name is taken, with the block that has it.
    pub(crate) duplicates: Box<[(Block, Block)]>,
    /// First segments of custom component names: labels of `declare` and import blocks.
    pub(crate) custom: Box<[SmolStr]>,
}

/// The blocks of a module by name. Reads the keys of items only, so bodies may change freely.
#[salsa::tracked(returns(ref))]
pub(crate) fn scope(db: &dyn Db, module: Module) -> Scope {
    let mut scope = Scope::default();
    let mut duplicates = Vec::new();
    let mut custom = Vec::new();
    for &block in module.blocks(db).iter() {
        let key = block.item(db).key(db);
        if let Some(label) = &key.label
            && (&*key.name == "declare" || key.name.starts_with("import."))
        {
            custom.push(SmolStr::new(label));
        }
        let id = SmolStr::from(block_id(&key.name, key.label.as_deref()));
        match scope.blocks.entry(id) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(block);
            }
            std::collections::hash_map::Entry::Occupied(entry) => {
                duplicates.push((block, *entry.get()));
            }
        }
    }
    scope.duplicates = duplicates.into();
    scope.custom = custom.into();
    scope
}

/// What a reference stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A block, named by the first `segments` of the path.
    Block {
        block: Block,
        segments: u32,
    },
    /// A variable of the scope.
    Variable,
    /// A name of the standard library.
    Library,
    Unresolved,
}

/// What the references of a block stand for, in the order of [`refs`]. Holds no positions and no
/// expression ids: an edit that only moves references changes nothing here.
#[derive(Debug, PartialEq)]
pub(crate) struct Deps {
    pub(crate) targets: Box<[Target]>,
}

impl Deps {
    /// The blocks that are referred to, each once, in order of the first reference.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        for target in &self.targets {
            if let Target::Block { block, .. } = target
                && !blocks.contains(block)
            {
                blocks.push(*block);
            }
        }
        blocks
    }
}

#[salsa::tracked(returns(ref))]
pub(crate) fn deps(db: &dyn Db, block: Block) -> Arc<Deps> {
    let refs = refs(db, block);
    if refs.is_empty() {
        return Arc::new(Deps { targets: Box::default() });
    }
    let scope = scope(db, block.module(db));
    Arc::new(Deps { targets: refs.iter().map(|r| resolve(scope, r)).collect() })
}

/// The shortest prefix of the path that names a block wins, then variables, then the library.
fn resolve(scope: &Scope, reference: &Ref) -> Target {
    let mut prefix = String::new();
    for (at, segment) in reference.path.iter().enumerate() {
        if at > 0 {
            prefix.push('.');
        }
        prefix.push_str(segment);
        if let Some(block) = scope.blocks.get(prefix.as_str()) {
            return Target::Block { block: *block, segments: at as u32 + 1 };
        }
    }
    match reference.path.first() {
        Some(first) if first == "module_path" => Target::Variable,
        Some(first) if stdlib::is_name(first) => Target::Library,
        _ => Target::Unresolved,
    }
}

/// Blocks that refer to each other in a circle.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cycle {
    /// In source order. One member means that the block refers to itself.
    pub(crate) members: Box<[Block]>,
}

/// The blocks of a module as a graph.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Graph {
    /// Dependencies first; blocks of equal rank in source order.
    pub(crate) order: Box<[Block]>,
    /// Length of the longest way to a block without dependencies.
    pub(crate) ranks: FxHashMap<Block, u32>,
    pub(crate) cycles: Box<[Arc<Cycle>]>,
}

#[salsa::tracked(returns(ref))]
pub(crate) fn graph(db: &dyn Db, module: Module) -> Arc<Graph> {
    let blocks = module.blocks(db);
    let index: FxHashMap<Block, u32> = blocks.iter().copied().zip(0..).collect();
    let edges: Vec<Box<[u32]>> = blocks
        .iter()
        .map(|block| {
            let target = |t: &Target| match t {
                Target::Block { block, .. } => index.get(block).copied(),
                _ => None,
            };
            deps(db, *block).targets.iter().filter_map(target).collect()
        })
        .collect();
    let components = components(&edges);

    let mut ranks = vec![0_u32; blocks.len()];
    let mut graph = Graph::default();
    let mut cycles: Vec<Vec<u32>> = Vec::new();
    // Tarjan finishes a component after everything it refers to.
    for mut component in components {
        let has_cycle = component.len() > 1
            || component.first().is_some_and(|at| edges[*at as usize].contains(at));
        let rank = component
            .iter()
            .flat_map(|at| edges[*at as usize].iter())
            .filter(|target| !component.contains(*target))
            .map(|target| ranks[*target as usize] + 1)
            .max()
            .unwrap_or(0);
        for at in &component {
            ranks[*at as usize] = rank;
        }
        if has_cycle {
            component.sort_unstable();
            cycles.push(component);
        }
    }
    cycles.sort();
    let members = |members: &Vec<u32>| members.iter().map(|at| blocks[*at as usize]).collect();
    graph.cycles = cycles.iter().map(|cycle| Arc::new(Cycle { members: members(cycle) })).collect();
    let mut order: Vec<u32> = (0..blocks.len() as u32).collect();
    order.sort_by_key(|at| (ranks[*at as usize], *at));
    graph.order = order.into_iter().map(|at| blocks[at as usize]).collect();
    graph.ranks = blocks.iter().copied().zip(ranks).collect();
    Arc::new(graph)
}

/// Strongly connected components of a graph, each after those it points to. Iterative: chains may
/// be as long as the configuration.
fn components(edges: &[Box<[u32]>]) -> Vec<Vec<u32>> {
    const UNSEEN: u32 = u32::MAX;
    let count = edges.len();
    let mut order = vec![UNSEEN; count];
    let mut low = vec![0_u32; count];
    let mut on_stack = vec![false; count];
    let mut stack = Vec::new();
    let mut found = Vec::new();
    let mut next = 0_u32;
    // Nodes under way, with the edge to look at next.
    let mut path: Vec<(u32, usize)> = Vec::new();
    for root in 0..count as u32 {
        if order[root as usize] != UNSEEN {
            continue;
        }
        path.push((root, 0));
        while let Some((node, edge)) = path.pop() {
            let at = node as usize;
            if edge == 0 {
                order[at] = next;
                low[at] = next;
                next += 1;
                stack.push(node);
                on_stack[at] = true;
            }
            if let Some(&target) = edges[at].get(edge) {
                path.push((node, edge + 1));
                let to = target as usize;
                if order[to] == UNSEEN {
                    path.push((target, 0));
                } else if on_stack[to] {
                    low[at] = low[at].min(order[to]);
                }
                continue;
            }
            if let Some((parent, _)) = path.last() {
                let parent = *parent as usize;
                low[parent] = low[parent].min(low[at]);
            }
            if low[at] == order[at] {
                let mut component = Vec::new();
                while let Some(member) = stack.pop() {
                    on_stack[member as usize] = false;
                    component.push(member);
                    if member == node {
                        break;
                    }
                }
                found.push(component);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(of: &[&[u32]]) -> Vec<Box<[u32]>> {
        of.iter().map(|targets| Box::from(*targets)).collect()
    }

    #[test]
    fn components_come_after_what_they_point_to() {
        // 0 -> 1 <-> 2 -> 3, 4 -> 4
        let found = components(&edges(&[&[1], &[2], &[1, 3], &[], &[4]]));
        assert_eq!(found, [vec![3], vec![2, 1], vec![0], vec![4]]);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let count = 200_000_u32;
        let chain: Vec<Box<[u32]>> =
            (0..count).map(|at| if at + 1 < count { [at + 1].into() } else { [].into() }).collect();
        assert_eq!(components(&chain).len(), count as usize);
    }
}
