//! Types that a case describes, built at run time on the interpreter behind the derive macros.
//!
//! The interpreter asks a Rust type for its schema. So a described struct is one of a fixed number
//! of Rust types, [`Dynamic`], each of which looks its description up in a table of the thread;
//! [`Element`] does the same for what lists, maps and pointers hold.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::rc::Rc;

use alloy_value::structure::{
    AttributeSlot, BlockField, BlockSlot, FieldMut, FieldRef, Fields, OneOf, OneOfSlot, Structure,
    TextRules, decode_body, defaults_of, encode_body, object_of, text_variant,
};
use alloy_value::{
    Args, DecodeError, EvaluatedBody, Field, FieldKind, FromValue, GoDuration, Object,
    OptionalSecret, Secret, Str, StructSchema, ToValue, TypeSchema, Value,
};
use serde_json::Value as Json;

use super::from_json;

/// Decodes a body and gives back what a case compares.
type DecodeFn = fn(&EvaluatedBody) -> Result<alloy_value::ArcArgs, DecodeError>;

/// Makes a field that holds nothing yet.
type Make = fn() -> Box<dyn Store>;

/// What a type is able to do, in each of its roles.
#[derive(Clone)]
pub struct Described {
    /// The type for the static checker.
    pub schema: TypeSchema,
    attribute: Make,
    block: Option<Make>,
    convert: Convert,
    structure: Option<StructRoles>,
    optional: bool,
}

/// A value as the language has it and as cases show it.
type Convert = Rc<dyn Fn(&Value) -> Result<(Value, Value), DecodeError>>;

/// What only structs can do.
#[derive(Clone, Copy)]
struct StructRoles {
    slot: usize,
    own_defaults: bool,
    fields: fn() -> Box<dyn Inner>,
    squash: Make,
    members: Option<Make>,
    schema: fn() -> &'static StructSchema,
    decode: DecodeFn,
    seen: fn(&alloy_value::ArcArgs) -> Option<Value>,
}

impl Described {
    /// Converts a value, and shows the result as cases write it down.
    pub fn decode(&self, value: &Value) -> Result<Value, DecodeError> {
        (self.convert)(value).map(|(_, seen)| seen)
    }

    /// The typed value that `json` shows, as the language has it.
    pub fn value(&self, json: &Json) -> Value {
        let Some(roles) = self.structure else { return from_json(json) };
        let mut fields = (roles.fields)();
        fill(&mut *fields, json);
        object_of(&*fields)
    }

    /// The struct that `json` shows, as a body.
    pub fn body(&self, json: &Json) -> EvaluatedBody {
        let mut fields = (self.roles().fields)();
        fill(&mut *fields, json);
        encode_body(&*fields)
    }

    /// Schema and decoder, as a definition has them.
    pub fn definition(&self) -> (fn() -> &'static StructSchema, DecodeFn) {
        (self.roles().schema, self.roles().decode)
    }

    /// Decoded arguments as cases write them down.
    pub fn seen(&self, args: &alloy_value::ArcArgs) -> Value {
        (self.roles().seen)(args).expect("the arguments are of this type")
    }

    fn roles(&self) -> StructRoles {
        self.structure.expect("the case describes a struct")
    }
}

// --- The table -------------------------------------------------------------------------------

#[derive(Default)]
struct Table {
    described: HashMap<String, Described>,
    structs: Vec<Rc<StructType>>,
    elements: Vec<Convert>,
}

struct StructType {
    schema: &'static StructSchema,
    makers: Vec<Make>,
    /// Types of the fields; for one-of fields the members.
    types: Vec<Described>,
    defaults: Vec<(String, Json)>,
}

thread_local! {
    static TABLE: RefCell<Table> = RefCell::default();
}

/// Forgets all described types; call it before a case.
pub fn forget() {
    TABLE.take();
}

fn struct_type(slot: usize) -> Rc<StructType> {
    TABLE.with_borrow(|table| Rc::clone(&table.structs[slot]))
}

/// Calls with the number as a constant.
macro_rules! numbered {
    ($number:expr, $N:ident, $call:expr) => {
        numbered!(@ $number, $N, $call, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19)
    };
    (@ $number:expr, $N:ident, $call:expr, $($n:literal)*) => {
        match $number {
            $($n => { const $N: usize = $n; $call })*
            more => panic!("the runner has no room for type number {more}"),
        }
    };
}

/// The type with that description.
pub fn describe(ty: &Json) -> Described {
    let key = ty.to_string();
    if let Some(known) = TABLE.with_borrow(|table| table.described.get(&key).cloned()) {
        return known;
    }
    let described = build(ty);
    TABLE.with_borrow_mut(|table| table.described.insert(key, described.clone()));
    described
}

fn build(ty: &Json) -> Described {
    match ty {
        Json::String(name) => {
            let inner = |prefix| name.strip_prefix(prefix)?.strip_suffix(')').map(Json::from);
            if name == "list(uint8)" {
                return value::<Vec<u8>>();
            }
            match (inner("list("), inner("map(")) {
                (Some(inner), _) => list(&describe(&inner)),
                (_, Some(inner)) => map(&describe(&inner)),
                _ => named(name),
            }
        }
        Json::Array(fields) => structure(fields, &Json::Null),
        _ if ty.get("list").is_some() => list(&describe(&ty["list"])),
        _ if ty.get("map").is_some() => map(&describe(&ty["map"])),
        _ if ty.get("ptr").is_some() => pointer(&describe(&ty["ptr"])),
        _ if ty.get("array").is_some() => {
            fixed(&describe(&ty["array"]), ty["len"].as_u64().unwrap())
        }
        _ if ty.get("text_enum").is_some() => text_enum(ty),
        _ if ty.get("struct").is_some() => {
            structure(ty["struct"].as_array().unwrap(), &ty["defaults"])
        }
        _ => panic!("the runner does not know the type {ty}"),
    }
}

fn named(name: &str) -> Described {
    match name {
        "int" | "int64" => value::<i64>(),
        "int8" => value::<i8>(),
        "int16" => value::<i16>(),
        "int32" => value::<i32>(),
        "uint" | "uint64" => value::<u64>(),
        "uint8" => value::<u8>(),
        "uint16" => value::<u16>(),
        "uint32" => value::<u32>(),
        "float32" => value::<f32>(),
        "float64" => value::<f64>(),
        "string" => value::<Str>(),
        "bool" => value::<bool>(),
        "duration" => value::<GoDuration>(),
        "secret" => value::<Secret>(),
        "optional_secret" => value::<OptionalSecret>(),
        "bytes" => value::<Vec<u8>>(),
        "any" => Described { block: Some(block::<BTreeMap<String, Value>>), ..value::<Value>() },
        _ => panic!("the runner does not know the type {name}"),
    }
}

fn text_enum(ty: &Json) -> Described {
    let names: Vec<&'static str> = ty["text_enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| &*name.as_str().unwrap().to_owned().leak())
        .collect();
    let names: &'static [&'static str] = names.leak();
    let message = ty.get("validate_message").and_then(Json::as_str);
    let message: &'static str = message.unwrap_or("unrecognized value {:?}").to_owned().leak();
    let convert: Convert = Rc::new(move |value| {
        let rules = TextRules { unknown: Some(message), null_is_empty: false, any_case: false };
        let name = Value::from(names[text_variant(value, names, rules)?]);
        Ok((name.clone(), name))
    });
    let slot = element(&convert);
    numbered!(
        slot,
        N,
        Described { convert, schema: TypeSchema::OneOf(names), ..value::<Element<N>>() }
    )
}

// --- Roles of a Rust type --------------------------------------------------------------------

/// A value as cases write it down.
trait Seen {
    fn seen(&self) -> Value;
}

macro_rules! seen_as_they_are {
    ($($ty:ty),*) => {$(
        impl Seen for $ty {
            fn seen(&self) -> Value {
                self.to_value()
            }
        }
    )*};
}

seen_as_they_are!(
    i8,
    i16,
    i32,
    i64,
    u16,
    u32,
    u64,
    f32,
    f64,
    u8,
    bool,
    Str,
    GoDuration,
    Secret,
    OptionalSecret,
    Value
);

impl<T: Seen> Seen for Vec<T> {
    fn seen(&self) -> Value {
        let items: Vec<_> = self.iter().map(Seen::seen).collect();
        // Bytes stay bytes.
        let bytes = items.iter().map(|item| match item {
            Value::Uint(byte) => u8::try_from(*byte).ok(),
            _ => None,
        });
        match bytes.collect::<Option<Vec<u8>>>() {
            Some(bytes) if !bytes.is_empty() => Value::byte_array(&bytes),
            _ => Value::from(items),
        }
    }
}

impl<T: Seen, const N: usize> Seen for [T; N] {
    fn seen(&self) -> Value {
        Value::from(self.iter().map(Seen::seen).collect::<Vec<_>>())
    }
}

impl<T: Seen> Seen for Option<T> {
    fn seen(&self) -> Value {
        self.as_ref().map_or(Value::Null, Seen::seen)
    }
}

impl<T: Seen> Seen for BTreeMap<String, T> {
    fn seen(&self) -> Value {
        let members = self.iter().map(|(name, value)| (Str::from(name.as_str()), value.seen()));
        Value::from(members.collect::<Object>())
    }
}

/// A field of any role.
trait Store: Send + Sync {
    fn read(&self) -> FieldRef<'_>;
    fn write(&mut self) -> FieldMut<'_>;
    fn seen(&self) -> Value;
}

macro_rules! stores {
    ($($name:ident($trait:path) => $variant:ident;)*) => {$(
        struct $name<T>(T);

        impl<T: $trait + Seen + Send + Sync> Store for $name<T> {
            fn read(&self) -> FieldRef<'_> {
                FieldRef::$variant(&self.0)
            }

            fn write(&mut self) -> FieldMut<'_> {
                FieldMut::$variant(&mut self.0)
            }

            fn seen(&self) -> Value {
                self.0.seen()
            }
        }
    )*};
}

stores! {
    AttributeStore(AttributeSlot) => Attribute;
    BlockStore(BlockSlot) => Block;
    OneOfStore(OneOfSlot) => OneOf;
    SquashStore(Fields) => Squash;
}

struct LabelStore(String);

impl Store for LabelStore {
    fn read(&self) -> FieldRef<'_> {
        FieldRef::Label(&self.0)
    }

    fn write(&mut self) -> FieldMut<'_> {
        FieldMut::Label(&mut self.0)
    }

    fn seen(&self) -> Value {
        Value::from(self.0.as_str())
    }
}

fn value<T: FromValue + ToValue + Seen + Send + Sync + 'static>() -> Described {
    Described {
        schema: <T as ToValue>::TYPE,
        attribute: || Box::new(AttributeStore(T::zero().expect("a zero value"))),
        block: None,
        convert: Rc::new(|value| {
            T::from_value(value).map(|typed| (typed.to_value(), typed.seen()))
        }),
        structure: None,
        optional: false,
    }
}

fn block<T: BlockField + Seen + Send + Sync + 'static>() -> Box<dyn Store> {
    Box::new(BlockStore(T::start()))
}

fn value_or_block<T>() -> Described
where
    T: BlockField + FromValue + ToValue + Seen + Send + Sync + 'static,
{
    Described { block: Some(block::<T>), ..value::<T>() }
}

fn element(convert: &Convert) -> usize {
    TABLE.with_borrow_mut(|table| {
        table.elements.push(Rc::clone(convert));
        table.elements.len() - 1
    })
}

/// The described type of a list element, map member or pointer target that is no struct.
struct Element<const N: usize> {
    value: Value,
    seen: Value,
}

impl<const N: usize> FromValue for Element<N> {
    fn from_value(value: &Value) -> Result<Self, DecodeError> {
        let convert = TABLE.with_borrow(|table| Rc::clone(&table.elements[N]));
        convert(value).map(|(value, seen)| Self { value, seen })
    }
}

impl<const N: usize> ToValue for Element<N> {
    fn to_value(&self) -> Value {
        self.value.clone()
    }
}

impl<const N: usize> Seen for Element<N> {
    fn seen(&self) -> Value {
        self.seen.clone()
    }
}

// --- Types made of others --------------------------------------------------------------------

/// Calls with the Rust type that stands for a described one: the struct, or an element.
macro_rules! typed {
    ($inner:expr, $T:ident, structs: $structs:expr, others: $others:expr) => {
        match $inner.structure {
            Some(StructRoles { slot, own_defaults: false, .. }) => {
                numbered!(slot, N, {
                    type $T = Dynamic<N, false>;
                    $structs
                })
            }
            Some(StructRoles { slot, own_defaults: true, .. }) => {
                numbered!(slot, N, {
                    type $T = Dynamic<N, true>;
                    $structs
                })
            }
            None => {
                let slot = element(&$inner.convert);
                numbered!(slot, N, {
                    type $T = Element<N>;
                    $others
                })
            }
        }
    };
}

fn leaked(schema: TypeSchema) -> &'static TypeSchema {
    Box::leak(Box::new(schema))
}

fn list(inner: &Described) -> Described {
    let described = typed!(inner, T,
        structs: value_or_block::<Vec<T>>(),
        others: value::<Vec<T>>());
    // What the elements are is what a one-of field asks for.
    Described {
        schema: TypeSchema::List(leaked(inner.schema)),
        structure: inner.structure,
        ..described
    }
}

fn map(inner: &Described) -> Described {
    let described = typed!(inner, T,
        structs: value_or_block::<BTreeMap<String, T>>(),
        others: value_or_block::<BTreeMap<String, T>>());
    Described { schema: TypeSchema::Map(leaked(inner.schema)), ..described }
}

fn pointer(inner: &Described) -> Described {
    let described = typed!(inner, T,
        structs: value_or_block::<Option<T>>(),
        others: value::<Option<T>>());
    let schema = TypeSchema::Optional(leaked(inner.schema));
    Described { schema, structure: inner.structure, optional: true, ..described }
}

fn fixed(inner: &Described, len: u64) -> Described {
    macro_rules! of {
        ($len:literal) => {
            typed!(inner, T,
                structs: value_or_block::<[T; $len]>(),
                others: value::<[T; $len]>())
        };
    }
    let described = match len {
        1 => of!(1),
        2 => of!(2),
        3 => of!(3),
        4 => of!(4),
        _ => panic!("the runner has no arrays of {len} elements"),
    };
    Described { schema: TypeSchema::FixedList(leaked(inner.schema), len as usize), ..described }
}

// --- Structs ---------------------------------------------------------------------------------

fn structure(fields: &[Json], defaults: &Json) -> Described {
    let own_defaults = defaults.as_object().is_some_and(|defaults| !defaults.is_empty());
    let parts: Vec<_> = fields.iter().map(field).collect();
    let slot = TABLE.with_borrow(|table| table.structs.len());
    let roles = match own_defaults {
        false => numbered!(slot, N, roles::<N, false>()),
        true => numbered!(slot, N, roles::<N, true>()),
    };
    let (defaults_fn, described): (fn() -> Vec<Value>, Described) = match own_defaults {
        false => numbered!(slot, N, (defaults_of::<Dynamic<N, false>>, struct_value::<N, false>())),
        true => numbered!(slot, N, (defaults_of::<Dynamic<N, true>>, struct_value::<N, true>())),
    };
    let mut schema_fields = Vec::new();
    let mut makers = Vec::new();
    let mut types = Vec::new();
    for (field, maker, ty) in parts {
        schema_fields.push(field);
        makers.push(maker);
        types.push(ty);
    }
    let schema = Box::leak(Box::new(StructSchema {
        name: "described by a case",
        doc: "",
        fields: schema_fields.leak(),
        open: false,
        own_defaults,
        defaults: defaults_fn,
    }));
    let defaults = defaults.as_object().cloned().unwrap_or_default().into_iter().collect();
    let entry = Rc::new(StructType { schema, makers, types, defaults });
    TABLE.with_borrow_mut(|table| {
        assert_eq!(table.structs.len(), slot, "fields are described before their struct");
        table.structs.push(entry);
    });
    Described { structure: Some(roles), ..described }
}

fn struct_value<const N: usize, const D: bool>() -> Described {
    value_or_block::<Dynamic<N, D>>()
}

fn roles<const N: usize, const D: bool>() -> StructRoles {
    StructRoles {
        slot: N,
        own_defaults: D,
        fields: || Box::new(Dynamic::<N, D>::initial()),
        squash: || Box::new(SquashStore(Dynamic::<N, D>::initial())),
        members: Some(|| Box::new(OneOfStore(Vec::<Member<N>>::new()))),
        schema: <Dynamic<N, D> as Structure>::structure,
        decode: alloy_value::ArcArgs::decode::<Dynamic<N, D>>,
        seen: |args| args.downcast_ref::<Dynamic<N, D>>().map(Seen::seen),
    }
}

fn field(field: &Json) -> (Field, Make, Described) {
    let flags = field[2].as_str().unwrap();
    let (kind, optional) = match flags.split_once(',') {
        Some((kind, _)) => (kind, true),
        None => (flags, false),
    };
    let described = describe(&field[1]);
    let structure = || described.structure.expect("a struct");
    let (kind, maker): (FieldKind, Make) = match kind {
        "attr" => (FieldKind::Attribute, described.attribute),
        "block" => (FieldKind::Block, described.block.expect("the type of a block")),
        "enum" => (FieldKind::Enum, structure().members.expect("a list of structs")),
        "squash" => (FieldKind::Squash, structure().squash),
        "label" => (FieldKind::Label, || Box::new(LabelStore(String::new()))),
        _ => panic!("the runner does not know fields of kind {kind}"),
    };
    let schema = Field {
        name: field[0].as_str().unwrap().to_owned().leak(),
        kind,
        required: !optional && matches!(kind, FieldKind::Attribute | FieldKind::Block),
        ty: described.schema,
        default: None,
        doc: "",
        deprecated: None,
        stability: None,
        stability_of: None,
        syntax: None,
    };
    (schema, maker, described)
}

/// A described struct, number `N` of the table. `D` is true if it has defaults of its own.
struct Dynamic<const N: usize, const D: bool>(Vec<Box<dyn Store>>);

impl<const N: usize, const D: bool> Structure for Dynamic<N, D> {
    fn structure() -> &'static StructSchema {
        struct_type(N).schema
    }

    fn initial() -> Self {
        let ty = struct_type(N);
        let mut new = Self(ty.makers.iter().map(|make| make()).collect());
        for (name, json) in &ty.defaults {
            set(&mut new, name, json);
        }
        new
    }

    const OWN_DEFAULTS: bool = D;
}

/// Sets a field to what a case shows.
fn set(fields: &mut dyn Fields, name: &str, json: &Json) {
    for index in 0..fields.schema_of().fields.len() {
        let field = &fields.schema_of().fields[index];
        if field.name != name {
            continue;
        }
        let value = || from_json(json);
        match fields.field_mut(index) {
            FieldMut::Attribute(slot) => slot.assign(&value()).expect("a value of the type"),
            FieldMut::Block(slot) => slot.assign(&labelled(json)).expect("a block of the type"),
            FieldMut::OneOf(slot) => slot.assign(&value()).expect("blocks of the type"),
            FieldMut::Label(slot) if json.is_string() => {
                json.as_str().unwrap().clone_into(slot);
            }
            FieldMut::Squash(inner) if json.is_object() => fill(inner, json),
            FieldMut::Label(_) | FieldMut::Squash(_) => {}
        }
    }
}

/// Cases write labels as members without a name, objects have the label as their key.
fn labelled(json: &Json) -> Value {
    let split = |item: &Json| {
        let mut members = item.as_object()?.clone();
        let label = members.remove("")?;
        Some((Str::from(label.as_str()?), Value::from(super::members(&members))))
    };
    let ordered = |members| Value::from(Object { members, ordered: true });
    match json {
        Json::Array(items) if !items.is_empty() => {
            let members = items.iter().map(split).collect::<Option<_>>();
            members.map_or_else(|| from_json(json), ordered)
        }
        _ => {
            split(json).map_or_else(|| from_json(json), |one| ordered([one].into_iter().collect()))
        }
    }
}

/// Sets every field to what a case shows; zero where it shows nothing.
fn fill(fields: &mut dyn Fields, json: &Json) {
    for index in 0..fields.schema_of().fields.len() {
        match fields.field_mut(index) {
            FieldMut::Attribute(slot) => slot.clear(),
            FieldMut::Block(slot) => slot.clear(),
            FieldMut::OneOf(slot) => slot.clear(),
            FieldMut::Label(_) | FieldMut::Squash(_) => {}
        }
    }
    for (name, value) in json.as_object().into_iter().flatten() {
        set(fields, name, value);
    }
}

impl<const N: usize, const D: bool> Fields for Dynamic<N, D> {
    fn schema_of(&self) -> &'static StructSchema {
        Self::structure()
    }

    fn field_mut(&mut self, index: usize) -> FieldMut<'_> {
        self.0[index].write()
    }

    fn field(&self, index: usize) -> FieldRef<'_> {
        self.0[index].read()
    }

    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

impl<const N: usize, const D: bool> Seen for Dynamic<N, D> {
    fn seen(&self) -> Value {
        let mut object = Object { ordered: true, ..Object::default() };
        for (field, store) in Self::structure().fields.iter().zip(&self.0) {
            object.members.insert(Str::from(field.name), store.seen());
        }
        Value::from(object)
    }
}

impl<const N: usize, const D: bool> PartialEq for Dynamic<N, D> {
    fn eq(&self, other: &Self) -> bool {
        self.seen() == other.seen()
    }
}

impl<const N: usize, const D: bool> fmt::Debug for Dynamic<N, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.seen(), f)
    }
}

impl<const N: usize, const D: bool> Args for Dynamic<N, D> {
    fn schema() -> &'static StructSchema {
        Self::structure()
    }

    fn decode(body: &EvaluatedBody) -> Result<Self, DecodeError> {
        let mut args = Self::initial();
        decode_body(&mut args, body)?;
        Ok(args)
    }

    fn encode(&self) -> EvaluatedBody {
        encode_body(self)
    }
}

/// The fields of any described struct.
trait Inner: Fields + Seen + Send + Sync {}

impl<const N: usize, const D: bool> Inner for Dynamic<N, D> {}

/// An element of a list of one-of blocks, whose members are the fields of struct number `N`.
struct Member<const N: usize> {
    index: usize,
    inner: Box<dyn Inner>,
}

impl<const N: usize> OneOf for Member<N> {
    fn members() -> &'static StructSchema {
        struct_type(N).schema
    }

    fn start(index: usize) -> Self {
        Self { index, inner: (struct_type(N).types[index].roles().fields)() }
    }

    fn inner_mut(&mut self) -> &mut dyn Fields {
        &mut *self.inner
    }

    fn inner(&self) -> (usize, &dyn Fields) {
        (self.index, &*self.inner)
    }
}

impl<const N: usize> Seen for Member<N> {
    fn seen(&self) -> Value {
        let ty = struct_type(N);
        let mut object = Object { ordered: true, ..Object::default() };
        for (index, (field, member)) in ty.schema.fields.iter().zip(&ty.types).enumerate() {
            let value = if index == self.index {
                self.inner.seen()
            } else if member.optional {
                Value::Null
            } else {
                (member.roles().fields)().seen()
            };
            object.members.insert(Str::from(field.name), value);
        }
        Value::from(object)
    }
}
