//! Calls of library functions against their signatures, without evaluating anything.
//!
//! Only what is certain is reported, as in [`crate::ours`].

use alloy_value::{FromValue as _, Secret, TypeSchema, Value, bytes_of};
use rustc_hash::FxHashMap;

use crate::check::Finding;
use crate::db::Db;
use crate::fault::Subject;
use crate::hir::{Expr, ExprId};
use crate::inputs::Block;
use crate::names::{Target, deps, refs};
use crate::ours::{Walk, is_mismatch};
use crate::rules::codes;
use crate::stdlib::{self, Param, StdFn};
use crate::words::{type_words, value_words};

impl Param {
    /// The type as messages call it.
    fn ty(self) -> TypeSchema {
        const TEXT: &TypeSchema = &TypeSchema::String;
        const ANY: &TypeSchema = &TypeSchema::Any;
        const OBJECT: &TypeSchema = &TypeSchema::Map(ANY);
        match self {
            Self::Any => TypeSchema::Any,
            Self::Text | Self::Key => TypeSchema::String,
            Self::Texts | Self::Keys => TypeSchema::List(TEXT),
            Self::Secret => TypeSchema::Secret,
            Self::List => TypeSchema::List(ANY),
            Self::Object => TypeSchema::Map(ANY),
            Self::Objects => TypeSchema::List(OBJECT),
            Self::Flag => TypeSchema::Bool,
            Self::Byte => TypeSchema::Number("uint"),
        }
    }

    /// What the elements of an array have to be; `None` if the parameter takes no array.
    fn element(self) -> Option<Self> {
        match self {
            Self::Texts => Some(Self::Text),
            Self::Keys => Some(Self::Key),
            Self::Objects => Some(Self::Object),
            Self::List | Self::Any => Some(Self::Any),
            // An array of numbers is bytes, which are a text.
            Self::Text => Some(Self::Byte),
            Self::Key | Self::Secret | Self::Object | Self::Flag | Self::Byte => None,
        }
    }

    /// True if the parameter takes this value, which is no array or object.
    fn takes(self, value: &Value) -> bool {
        match self {
            Self::Any => true,
            Self::Text => bytes_of(value).is_ok(),
            Self::Secret => Secret::from_value(value).is_ok(),
            Self::Key => matches!(value, Value::String(_)),
            Self::Flag => matches!(value, Value::Bool(_)),
            Self::Byte => !matches!(value, Value::String(_) | Value::Bool(_)),
            Self::Texts => *value == Value::Null,
            Self::Keys | Self::List | Self::Object | Self::Objects => false,
        }
    }
}

impl Walk<'_> {
    /// Looks at all calls of library functions in the block.
    pub(crate) fn calls(&mut self, db: &dyn Db, block: Block) {
        let references = refs(db, block).iter().zip(&deps(db, block).targets);
        let functions: FxHashMap<ExprId, &StdFn> = references
            .filter(|(_, target)| **target == Target::Library)
            .filter_map(|(reference, _)| Some((reference.expr, stdlib::named(&reference.text())?)))
            .collect();
        for (at, expr) in self.hir.exprs.iter().enumerate() {
            let Expr::Call { callee, args } = expr else { continue };
            let Some(function) = functions.get(&self.hir.strip_parens(*callee)) else { continue };
            self.call(ExprId(at as u32), function, *callee, args);
        }
    }

    fn call(&mut self, call: ExprId, function: &StdFn, callee: ExprId, args: &[ExprId]) {
        let signature = function.params.signature();
        let (most, given) = (signature.params.len(), args.len());
        let least = most - signature.optional;
        let extra = args.get(most).filter(|_| signature.rest.is_none());
        if given < least || extra.is_some() {
            let takes = match (least, signature.rest.is_some()) {
                (_, true) => format!("at least {}", counted(least)),
                (least, _) if least == most => counted(most),
                (least, _) => format!("{least} to {}", counted(most)),
            };
            let message = format!("{} takes {takes}, found {given}", function.name);
            let place = extra.copied().unwrap_or(callee);
            let finding = Finding::error(Subject::Expr(place), message);
            self.findings.push((call, finding.with_code(codes::EVALUATION)));
            return;
        }
        for (at, arg) in args.iter().enumerate() {
            if let Some(param) = signature.params.get(at).copied().or(signature.rest) {
                self.parameter(param, *arg, &format!("argument {} of {}", at + 1, function.name));
            }
        }
    }

    /// Reports the parts of an argument that are certainly not what a parameter takes.
    fn parameter(&mut self, param: Param, arg: ExprId, what: &str) {
        let bare = self.hir.strip_parens(arg);
        let found = match self.hir.expr(bare) {
            Expr::Array(items) => match param.element() {
                Some(element) => {
                    for item in items {
                        self.parameter(element, *item, what);
                    }
                    return;
                }
                None => "a list".to_owned(),
            },
            Expr::Object(_) if matches!(param, Param::Any | Param::Object) => return,
            Expr::Object(_) => "an object".to_owned(),
            literal => match literal.literal() {
                Some(value) if param.takes(&value) => return,
                Some(value) => value_words(&value),
                None => match self.mismatch(param, bare) {
                    Some(found) => found,
                    None => return,
                },
            },
        };
        let message = format!("{what}: expected {}, found {found}", type_words(&param.ty()));
        let finding = Finding::error(Subject::Expr(arg), message);
        self.findings.push((arg, finding.with_code(codes::TYPE_MISMATCH)));
    }

    /// What an expression gives that is no literal, if a parameter does not take it.
    fn mismatch(&self, param: Param, expr: ExprId) -> Option<String> {
        let ty = self.type_of(expr)?;
        let is_number = matches!(ty, TypeSchema::Number(_));
        let wrong = match param {
            Param::Any | Param::Byte => false,
            Param::Secret | Param::Key if is_number => true,
            param => is_mismatch(&param.ty(), &ty),
        };
        wrong.then(|| type_words(&ty))
    }
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 argument".to_owned(),
        count => format!("{count} arguments"),
    }
}
