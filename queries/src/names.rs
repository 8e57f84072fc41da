//! Names: what blocks are called, what they refer to, and in which order that lets them evaluate.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::check::ROOT_BLOCKS;
use crate::db::Db;
use crate::hir::{BlockHir, Expr, ExprId, Statement, block_id};
use crate::inputs::{Block, Module, ModuleKind};
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

/// References of a block, in source order. The blocks of a module in it have their own.
#[salsa::tracked(returns(ref))]
pub(crate) fn refs(db: &dyn Db, block: Block) -> Arc<[Ref]> {
    collect_refs(block_hir(db, block)).into()
}

pub(crate) fn collect_refs(hir: &BlockHir) -> Vec<Ref> {
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

/// Names of the blocks of a module.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Scope {
    pub(crate) blocks: FxHashMap<SmolStr, Block>,
    /// Blocks whose name is taken, with the block that has it.
    pub(crate) duplicates: Box<[(Block, Block)]>,
    /// True if there is an `argument` block: then there is a variable of that name, whatever it
    /// holds.
    pub(crate) has_arguments: bool,
}

/// The blocks of a module by name. Reads the keys of blocks only, so bodies may change freely.
#[salsa::tracked(returns(ref))]
pub(crate) fn scope(db: &dyn Db, module: Module) -> Scope {
    let mut scope = Scope::default();
    let mut duplicates = Vec::new();
    for &block in module.blocks(db).iter() {
        let key = block.key(db);
        scope.has_arguments |= &*key.name == "argument";
        // Those there is one of, whatever their label.
        let is_single = ROOT_BLOCKS.contains(&&*key.name) && module.kind(db) == ModuleKind::Root;
        let label = key.label.as_deref().filter(|_| !is_single);
        let id = SmolStr::from(block_id(&key.name, label));
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
    scope
}

/// Names of custom component types.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct CustomNames {
    /// `declare` blocks by label.
    pub(crate) declares: FxHashMap<SmolStr, Block>,
    /// Import blocks by namespace.
    pub(crate) imports: FxHashMap<SmolStr, Block>,
}

/// The custom component types that a module declares and imports. A firewall: other blocks come and
/// go without a change here.
#[salsa::tracked(returns(ref))]
pub(crate) fn custom_names(db: &dyn Db, module: Module) -> CustomNames {
    let mut names = CustomNames::default();
    for &block in module.blocks(db).iter() {
        let key = block.key(db);
        let Some(label) = &key.label else { continue };
        let types = match &*key.name {
            "declare" => &mut names.declares,
            name if name.starts_with("import.") => &mut names.imports,
            _ => continue,
        };
        types.entry(SmolStr::new(label)).or_insert(block);
    }
    names
}

/// The variable that a `foreach` gives its template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LoopVariable {
    Named(SmolStr),
    /// The name is computed: any name may be it.
    Unknown,
}

/// The variable of the `foreach` around a template; `None` for other modules.
#[salsa::tracked(returns(ref))]
pub(crate) fn loop_variable(db: &dyn Db, module: Module) -> Option<LoopVariable> {
    let owner = module.owner(db).filter(|_| module.kind(db) == ModuleKind::Template)?;
    let hir = block_hir(db, owner);
    let value = hir.statements.iter().find_map(|statement| match statement {
        Statement::Attribute { name, value } if name == "var" => Some(*value),
        _ => None,
    })?;
    Some(match hir.expr(hir.strip_parens(value)) {
        Expr::String(text) => LoopVariable::Named(SmolStr::from(text.to_lossy())),
        _ => LoopVariable::Unknown,
    })
}

/// What a reference stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A block, named by the first `segments` of the path.
    Block {
        block: Block,
        segments: u32,
        /// How many modules further out the block is: a template sees what is around it.
        up: u32,
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
    /// The blocks that are referred to, each once, in order of the first reference, with how many
    /// modules further out they are.
    pub(crate) fn blocks(&self) -> Vec<(Block, u32)> {
        let mut blocks = Vec::new();
        for target in &self.targets {
            if let Target::Block { block, up, .. } = target
                && !blocks.contains(&(*block, *up))
            {
                blocks.push((*block, *up));
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
    let module = block.module(db);
    Arc::new(Deps { targets: refs.iter().map(|r| resolve(db, module, r)).collect() })
}

/// The shortest prefix of the path that names a block wins, innermost module first; then variables,
/// then the library.
fn resolve(db: &dyn Db, module: Module, reference: &Ref) -> Target {
    let first = reference.path.first().map_or("", SmolStr::as_str);
    let mut is_variable = first == "module_path";
    let mut at = Some(module);
    for up in 0.. {
        let Some(module) = at else { break };
        if let Some((block, segments)) = named(scope(db, module), reference) {
            return Target::Block { block, segments, up };
        }
        is_variable |= first == "argument" && scope(db, module).has_arguments;
        is_variable |= match loop_variable(db, module) {
            Some(LoopVariable::Named(name)) => name == first,
            Some(LoopVariable::Unknown) => !stdlib::is_name(first),
            None => false,
        };
        let is_open = module.kind(db) == ModuleKind::Template && !is_variable;
        at = module.outer(db).filter(|_| is_open);
    }
    if is_variable {
        Target::Variable
    } else if stdlib::is_name(first) {
        Target::Library
    } else {
        Target::Unresolved
    }
}

fn named(scope: &Scope, reference: &Ref) -> Option<(Block, u32)> {
    let mut prefix = String::new();
    for (segment, count) in reference.path.iter().zip(1_u32..) {
        if count > 1 {
            prefix.push('.');
        }
        prefix.push_str(segment);
        if let Some(block) = scope.blocks.get(prefix.as_str()) {
            return Some((*block, count));
        }
    }
    None
}

/// A custom component type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Custom {
    /// Of a `declare` block, `up` modules further out.
    Declared { declare: Block, up: u32 },
    /// The `declare` called `name` of what an import block brings.
    Imported { import: Block, up: u32, name: SmolStr },
    /// The first segment is known, the rest is not.
    Missing,
}

/// What a block called `name` is, if its name makes it a custom component: its first segment is the
/// label of a `declare` or import block of this module or one around it (spec/runtime.md §3.4).
pub(crate) fn custom(db: &dyn Db, module: Module, name: &str) -> Option<Custom> {
    let (first, rest) = match name.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (name, None),
    };
    let mut is_known = false;
    let mut at = Some(module);
    for up in 0.. {
        let Some(module) = at else { break };
        let names = custom_names(db, module);
        match (rest, names.imports.get(first), names.declares.get(first)) {
            (Some(rest), Some(import), _) => {
                return Some(Custom::Imported { import: *import, up, name: rest.into() });
            }
            (None, _, Some(declare)) => {
                return Some(Custom::Declared { declare: *declare, up });
            }
            (_, None, None) => {}
            _ => is_known = true,
        }
        at = module.outer(db);
    }
    is_known.then_some(Custom::Missing)
}

/// `declare` and import blocks of modules around `module` that its blocks need for their types,
/// and blocks of those modules that its templates refer to.
#[salsa::tracked(returns(ref))]
pub(crate) fn needs(db: &dyn Db, module: Module) -> Box<[Block]> {
    let mut found = Vec::new();
    for &block in module.blocks(db).iter() {
        for needed in needs_of_block(db, block) {
            if needed.module(db) != module && !found.contains(&needed) {
                found.push(needed);
            }
        }
    }
    found.into()
}

/// The blocks that must be evaluated before `block`, besides those that it refers to.
pub(crate) fn needs_of_block(db: &dyn Db, block: Block) -> Vec<Block> {
    let module = block.module(db);
    let key = block.key(db);
    let mut found = Vec::new();
    if let Some(body) = block.body(db) {
        found.extend(needs(db, body).iter().copied());
    } else {
        match custom(db, module, &key.name) {
            Some(Custom::Imported { import, .. }) => found.push(import),
            Some(Custom::Declared { declare, .. }) => {
                if declare.module(db) == module {
                    found
                        .extend(declare.body(db).map(|body| needs(db, body)).into_iter().flatten());
                } else {
                    found.push(declare);
                }
            }
            Some(Custom::Missing) | None => {}
        }
    }
    if module.kind(db) == ModuleKind::Template {
        let outer = |(block, up): (Block, u32)| (up > 0).then_some(block);
        found.extend(deps(db, block).blocks().into_iter().filter_map(outer));
    }
    found
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
            let referred = deps(db, *block).targets.iter().filter_map(target);
            let needed = needs_of_block(db, *block);
            referred.chain(needed.iter().filter_map(|block| index.get(block).copied())).collect()
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
