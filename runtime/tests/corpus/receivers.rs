//! Receivers of numbers and of texts.

use std::sync::Arc;

use alloy_value::{
    Capsule, CapsuleKind, DecodeError, FromValue, ToValue, TypeSchema, Value, capsule_mismatch,
};

macro_rules! receiver {
    ($name:ident $kind:ident $item:ty, $text:literal) => {
        static $kind: CapsuleKind = CapsuleKind {
            name: $text,
            to_object: None,
            eq: Some(|a, b| a.downcast_ref::<$name>() == b.downcast_ref::<$name>()),
            display: None,
        };

        #[derive(Clone)]
        pub(crate) struct $name(pub(crate) Arc<dyn Fn($item) + Send + Sync>);

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($text)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                Arc::ptr_eq(&self.0, &other.0)
            }
        }

        impl FromValue for $name {
            fn from_value(value: &Value) -> Result<Self, DecodeError> {
                match value {
                    Value::Capsule(capsule) => capsule
                        .downcast_ref::<Self>()
                        .cloned()
                        .ok_or_else(|| capsule_mismatch(&$kind, value)),
                    _ => Err(capsule_mismatch(&$kind, value)),
                }
            }
        }

        impl ToValue for $name {
            const TYPE: TypeSchema = TypeSchema::Capsule($text);

            fn to_value(&self) -> Value {
                Value::Capsule(Capsule::new(&$kind, Arc::new(self.clone())))
            }
        }
    };
}

receiver!(IntReceiver INT_RECEIVER i64, "testcomponents.IntReceiver");
receiver!(StringReceiver STRING_RECEIVER String, "testcomponents.StringReceiver");
