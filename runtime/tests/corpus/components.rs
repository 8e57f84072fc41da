//! The test components that the scenarios use.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use alloy_component::{
    BuildContext, Component, ComponentDef, ComponentError, ExportSink, RunContext, Target,
};
use alloy_value::{ArcArgs, Args, Definition, Exports, Stability, Value, number_text, quote};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use prometheus::IntCounter;
use tokio::sync::Notify;

use crate::receivers::{IntReceiver, StringReceiver};

type Result<T> = std::result::Result<T, ComponentError>;
type Built = BoxFuture<'static, Result<Arc<dyn Component>>>;

#[derive(Args, Clone, Debug, PartialEq)]
pub(crate) struct CountArgs {
    frequency: Duration,
    max: i64,
}

#[derive(Exports, Clone, Debug)]
struct CountExports {
    count: i64,
}

#[derive(Args, Clone, Debug, PartialEq)]
struct PassthroughArgs {
    input: String,
    #[args(default = "0s")]
    lag: Duration,
}

#[derive(Exports, Clone, Debug)]
struct PassthroughExports {
    output: String,
}

#[derive(Args, Clone, Debug, PartialEq)]
struct SummationArgs {
    input: i64,
}

#[derive(Exports, Clone, Debug)]
struct SummationExports {
    sum: i64,
    last_added: i64,
}

#[derive(Args, Clone, Debug, PartialEq)]
struct NoArgs {}

#[derive(Exports, Clone, Debug)]
struct IntReceiverExports {
    receiver: IntReceiver,
}

#[derive(Exports, Clone, Debug)]
struct StringReceiverExports {
    receiver: StringReceiver,
}

#[derive(Args, Clone, Debug, PartialEq)]
struct PulseArgs {
    frequency: Duration,
    max: i64,
    forward_to: Vec<IntReceiver>,
}

#[derive(Args, Clone, Debug, PartialEq)]
struct StringerArgs {
    input_string: Option<String>,
    input_int: Option<i64>,
    input_float: Option<f64>,
    input_bool: Option<bool>,
    #[args(optional)]
    input_map: BTreeMap<String, Value>,
    #[args(optional)]
    input_array: Vec<Value>,
    forward_to: Vec<StringReceiver>,
}

#[derive(Args, Clone, Debug, PartialEq)]
struct TickArgs {
    frequency: Duration,
}

#[derive(Exports, Clone, Debug)]
struct TickExports {
    tick_time: String,
}

#[derive(Args, Clone, Debug, PartialEq)]
struct TargetsArgs {
    targets: Vec<Target>,
}

#[derive(Exports, Clone, Debug)]
struct TargetsExports {
    output: Vec<Target>,
}

macro_rules! components {
    ($($name:ident $build:expr, $definition:expr;)*) => {
        $(static $name: ComponentDef = ComponentDef {
            definition: {
                static DEFINITION: Definition = $definition;
                &DEFINITION
            },
            build: Some($build),
        };)*
        pub(crate) static COMPONENTS: &[&ComponentDef] = &[$(&$name),*];
    };
}

const PREVIEW: Stability = Stability::PublicPreview;

components! {
    COUNT count, Definition::component::<CountArgs>("testcomponents.count", PREVIEW, "")
        .with_exports::<CountExports>();
    PASSTHROUGH passthrough,
        Definition::component::<PassthroughArgs>("testcomponents.passthrough", PREVIEW, "")
            .with_exports::<PassthroughExports>();
    SUMMATION summation,
        Definition::component::<SummationArgs>("testcomponents.summation", PREVIEW, "")
            .with_exports::<SummationExports>();
    SUMMATION_RECEIVER summation_receiver,
        Definition::component::<NoArgs>("testcomponents.summation_receiver", PREVIEW, "")
            .with_exports::<IntReceiverExports>();
    PULSE pulse, Definition::component::<PulseArgs>("testcomponents.pulse", PREVIEW, "");
    STRINGER stringer,
        Definition::component::<StringerArgs>("testcomponents.stringer", PREVIEW, "");
    STRING_RECEIVER string_receiver,
        Definition::component::<NoArgs>("testcomponents.string_receiver", PREVIEW, "")
            .with_exports::<StringReceiverExports>();
    TICK tick, Definition::component::<TickArgs>("testcomponents.tick", PREVIEW, "")
        .with_exports::<TickExports>();
    TARGETS targets, Definition::component::<TargetsArgs>(
        "testcomponents.targets", Stability::GenerallyAvailable, "",
    ).with_exports::<TargetsExports>();
    EXPERIMENTAL idle, Definition::component::<NoArgs>(
        "testcomponents.experimental", Stability::Experimental, "",
    );
    COMMUNITY idle, Definition::component::<NoArgs>(
        "testcomponents.community", Stability::GenerallyAvailable, "",
    ).of_community();
}

type Apply<A> = Box<dyn Fn(&A) -> BoxFuture<'static, ()> + Send + Sync>;
type Tick<A> = Box<dyn Fn(&A) -> Option<Duration> + Send + Sync>;

/// A component from an update function, a loop and debug information.
struct Parts<A> {
    args: Mutex<A>,
    changed: Notify,
    apply: Apply<A>,
    /// Runs every `frequency` until it gives false.
    tick: Option<Tick<A>>,
    debug_info: Option<Box<dyn Fn() -> Value + Send + Sync>>,
}

impl<A: Args + Clone> Parts<A> {
    fn new(args: &ArcArgs) -> Self {
        Self {
            args: Mutex::new(args.downcast_ref::<A>().unwrap().clone()),
            changed: Notify::new(),
            apply: Box::new(|_| futures_util::future::ready(()).boxed()),
            tick: None,
            debug_info: None,
        }
    }

    fn apply(self, apply: impl Fn(&A) -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        Self { apply: Box::new(apply), ..self }
    }

    /// `tick` gives the time until the next one; `None` waits for new arguments.
    fn tick(self, tick: impl Fn(&A) -> Option<Duration> + Send + Sync + 'static) -> Self {
        Self { tick: Some(Box::new(tick)), ..self }
    }

    fn debug(self, debug_info: impl Fn() -> Value + Send + Sync + 'static) -> Self {
        Self { debug_info: Some(Box::new(debug_info)), ..self }
    }

    fn build(self) -> Built {
        async move {
            let first = (self.apply)(&self.args.lock());
            first.await;
            Ok(Arc::new(self) as Arc<dyn Component>)
        }
        .boxed()
    }
}

impl<A: Args + Clone> Component for Parts<A> {
    fn update(&self, args: ArcArgs) -> BoxFuture<'_, Result<()>> {
        async move {
            let args = args.downcast_ref::<A>().unwrap().clone();
            let applied = (self.apply)(&args);
            *self.args.lock() = args;
            applied.await;
            self.changed.notify_one();
            Ok(())
        }
        .boxed()
    }

    fn run(self: Arc<Self>, cx: RunContext) -> BoxFuture<'static, Result<()>> {
        async move {
            let forever = async {
                loop {
                    let next = self.tick.as_ref().and_then(|tick| {
                        let args = self.args.lock().clone();
                        tick(&args)
                    });
                    match next {
                        Some(pause) => tokio::time::sleep(pause).await,
                        None => self.changed.notified().await,
                    }
                }
            };
            cx.cancel.run_until_cancelled(forever).await;
            Ok(())
        }
        .boxed()
    }

    fn debug_info(&self) -> Option<Value> {
        self.debug_info.as_ref().map(|debug_info| debug_info())
    }
}

fn count(cx: BuildContext, args: ArcArgs) -> Built {
    let count = AtomicI64::new(0);
    let tick = move |args: &CountArgs| {
        let now = count.load(Ordering::Relaxed);
        if args.max != 0 && now >= args.max {
            return None;
        }
        count.store(now + 1, Ordering::Relaxed);
        cx.exports.export(&CountExports { count: now + 1 });
        Some(args.frequency)
    };
    Parts::new(&args).tick(tick).build()
}

fn passthrough(cx: BuildContext, args: ArcArgs) -> Built {
    let exports = cx.exports;
    let apply = move |args: &PassthroughArgs| {
        let (exports, args) = (exports.clone(), args.clone());
        async move {
            tokio::time::sleep(args.lag).await;
            exports.export(&PassthroughExports { output: args.input });
        }
        .boxed()
    };
    Parts::new(&args).apply(apply).build()
}

fn at_once(apply: impl FnOnce()) -> BoxFuture<'static, ()> {
    apply();
    futures_util::future::ready(()).boxed()
}

fn summation(cx: BuildContext, args: ArcArgs) -> Built {
    let sum = AtomicI64::new(0);
    let apply = move |args: &SummationArgs| {
        at_once(|| {
            let sum = sum.fetch_add(args.input, Ordering::Relaxed) + args.input;
            cx.exports.export(&SummationExports { sum, last_added: args.input });
        })
    };
    Parts::new(&args).apply(apply).build()
}

fn summation_receiver(cx: BuildContext, args: ArcArgs) -> Built {
    let sum = Arc::new(AtomicI64::new(0));
    let added = Arc::clone(&sum);
    let receive = move |value| {
        added.fetch_add(value, Ordering::Relaxed);
    };
    cx.exports.export(&IntReceiverExports { receiver: IntReceiver(Arc::new(receive)) });
    Parts::<NoArgs>::new(&args).debug(move || Value::Int(sum.load(Ordering::Relaxed))).build()
}

fn pulse(cx: BuildContext, args: ArcArgs) -> Built {
    let sent = AtomicI64::new(0);
    let counter = cx.metrics.register(IntCounter::new("pulse_count", "Pulses.").unwrap());
    let tick = move |args: &PulseArgs| {
        if sent.fetch_add(1, Ordering::Relaxed) >= args.max {
            return None;
        }
        counter.inc();
        for IntReceiver(receive) in &args.forward_to {
            receive(1);
        }
        Some(args.frequency)
    };
    Parts::new(&args).tick(tick).build()
}

/// The value as Go syntax has it.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Object(object) => {
            let mut members: Vec<_> = object.members.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.as_bytes().cmp(b.as_bytes()));
            let members: Vec<_> = members
                .into_iter()
                .map(|(name, value)| format!("{}:{}", quote(&name.to_lossy()), go_syntax(value)))
                .collect();
            format!("map[string]interface {{}}{{{}}}", members.join(", "))
        }
        Value::String(text) => quote(&text.to_lossy()),
        Value::Bool(value) => value.to_string(),
        other => number_text(other).unwrap_or_default(),
    }
}

fn stringer(_: BuildContext, args: ArcArgs) -> Built {
    let apply = |args: &StringerArgs| {
        at_once(|| {
            let map: alloy_value::Object = args
                .input_map
                .iter()
                .map(|(name, value)| (alloy_value::Str::from(name.as_str()), value.clone()))
                .collect();
            let values = [
                args.input_string.as_deref().map(Value::from),
                args.input_int.map(Value::Int),
                args.input_float.map(Value::Float),
                args.input_bool.map(Value::Bool),
                (!args.input_map.is_empty()).then(|| Value::from(map)),
                (!args.input_array.is_empty()).then(|| Value::from(args.input_array.clone())),
            ];
            for value in values.iter().flatten() {
                for StringReceiver(receive) in &args.forward_to {
                    receive(go_syntax(value));
                }
            }
        })
    };
    Parts::new(&args).apply(apply).build()
}

fn string_receiver(cx: BuildContext, args: ArcArgs) -> Built {
    let log = Arc::new(Mutex::new(String::new()));
    let lines = Arc::clone(&log);
    let receive = move |text: String| {
        let mut log = lines.lock();
        log.push_str(&text);
        log.push('\n');
    };
    cx.exports.export(&StringReceiverExports { receiver: StringReceiver(Arc::new(receive)) });
    Parts::<NoArgs>::new(&args).debug(move || Value::from(log.lock().as_str())).build()
}

fn tick(cx: BuildContext, args: ArcArgs) -> Built {
    let exports: ExportSink = cx.exports;
    let tick = move |args: &TickArgs| {
        exports.export(&TickExports { tick_time: format!("{:?}", SystemTime::now()) });
        Some(args.frequency)
    };
    Parts::new(&args).tick(tick).build()
}

fn targets(cx: BuildContext, args: ArcArgs) -> Built {
    let apply = move |args: &TargetsArgs| {
        at_once(|| cx.exports.export(&TargetsExports { output: args.targets.clone() }))
    };
    Parts::new(&args).apply(apply).build()
}

fn idle(_: BuildContext, args: ArcArgs) -> Built {
    Parts::<NoArgs>::new(&args).build()
}
