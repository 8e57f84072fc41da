//! Decodes arguments from configuration text, for the tests of argument structs and components.

use std::sync::Arc;

use alloy_value::{ArcArgs, Args, Definition, Registry, Stability};

use crate::{Engine, HostFacts, Load, Options, Source};

/// Arguments of type `A` from the body of a block. The body begins in line 2 of `main.alloy`, so
/// that errors say where something is wrong.
///
/// # Errors
/// What a load of this text would report.
pub fn decode<A: Args + Clone>(body: &str) -> Result<A, String> {
    // As long as the process lives, like every registry.
    let definition: &'static Definition = Box::leak(Box::new(Definition::component::<A>(
        "test.block",
        Stability::GenerallyAvailable,
        "",
    )));
    let args = arguments(definition, &format!("test.block \"x\" {{\n{body}\n}}\n"))?;
    args.downcast_ref::<A>().cloned().ok_or_else(|| "other arguments".to_owned())
}

/// Arguments of the only component of `text`, which is `main.alloy`. Components of every stability
/// are allowed.
///
/// # Errors
/// What a load of this text would report.
pub fn arguments(definition: &'static Definition, text: &str) -> Result<ArcArgs, String> {
    let registry: &'static Registry = Box::leak(Box::new(Registry::new([definition])));
    let options = Options { stability: Stability::Experimental, community: true };
    let mut engine = Engine::new(registry, HostFacts::default(), options);
    let source = Source { name: Arc::from("main.alloy"), text: Arc::from(text) };
    let load = Load { sources: vec![source], ..Load::default() };
    engine.load(load).map_err(|rejected| rejected.to_string())?;
    let id = engine.nodes().first().ok_or("the text holds no component")?.id;
    engine.evaluate(id).map_err(|error| error.to_string())
}
