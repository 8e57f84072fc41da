//! The running `discovery.relabel`: all work is done when arguments arrive.

use std::sync::Arc;

use alloy_blocks::{RelabelRules, RuleBlock};
use alloy_component::{
    BuildContext, Component, ComponentError, DebugData, ExportSink, Publisher, RunContext, Target,
};
use alloy_flow_relabel::{Keep, Names, Scratch};
use alloy_telemetry::Labels;
use alloy_value::ArcArgs;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{RelabelArgs, RelabelExports};

struct Relabel {
    exports: ExportSink,
    debug: Publisher,
}

pub(super) fn build(
    cx: BuildContext,
    args: ArcArgs,
) -> BoxFuture<'static, Result<Arc<dyn Component>, ComponentError>> {
    async move {
        let component =
            Relabel { debug: cx.services.live_debugging.publisher(&cx.id), exports: cx.exports };
        component.apply(&args)?;
        Ok(Arc::new(component) as Arc<dyn Component>)
    }
    .boxed()
}

impl Relabel {
    fn apply(&self, args: &ArcArgs) -> Result<(), ComponentError> {
        let args = args.downcast_ref::<RelabelArgs>().ok_or_else(|| {
            ComponentError::new("discovery.relabel was given another component's arguments")
        })?;
        let show = |before: &Labels, after: Option<&Labels>| {
            self.debug.publish(DebugData::Target, u64::from(after.is_some()), || {
                format!("{before} => {}", after.cloned().unwrap_or_default())
            });
        };
        self.exports.export(&relabelled(args, show).map_err(ComponentError::new)?);
        Ok(())
    }
}

/// What becomes of each target is shown to `show`. O(targets × rules).
pub(super) fn relabelled(
    args: &RelabelArgs,
    show: impl Fn(&Labels, Option<&Labels>),
) -> Result<RelabelExports, String> {
    let program = RuleBlock::compile(&args.rules, Names::Utf8)?;
    let mut scratch = Scratch::default();
    let output = args
        .targets
        .iter()
        .filter_map(|target| {
            let mut labels = target.0.to_builder();
            match program.apply_with(&mut scratch, &mut labels) {
                Keep::Yes => {
                    let labels = labels.finish();
                    show(&target.0, Some(&labels));
                    Some(Target(labels))
                }
                Keep::No => {
                    show(&target.0, None);
                    None
                }
            }
        })
        .collect();
    Ok(RelabelExports { output, rules: RelabelRules::new(&args.rules) })
}

impl Component for Relabel {
    fn update(&self, args: ArcArgs) -> BoxFuture<'_, Result<(), ComponentError>> {
        async move { self.apply(&args) }.boxed()
    }

    fn run(self: Arc<Self>, cx: RunContext) -> BoxFuture<'static, Result<(), ComponentError>> {
        async move {
            cx.cancel.cancelled().await;
            Ok(())
        }
        .boxed()
    }

    fn supports_live_debugging(&self) -> bool {
        true
    }
}
