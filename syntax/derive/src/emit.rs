//! What is emitted for a struct or enum.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Ident};

use crate::model::{Field, Kind, Struct, TextRules, Variant, variants};

/// `Args`: the structure and the trait on top of it.
pub(crate) fn args(input: &DeriveInput) -> syn::Result<TokenStream> {
    let structure = structure(input, true)?;
    let name = &input.ident;
    Ok(quote! {
        #structure
        impl ::alloy_value::Args for #name {
            fn schema() -> &'static ::alloy_value::StructSchema {
                <Self as ::alloy_value::structure::Structure>::structure()
            }
            fn decode(
                body: &::alloy_value::EvaluatedBody,
            ) -> ::core::result::Result<Self, ::alloy_value::DecodeError> {
                let mut args = <Self as ::alloy_value::structure::Structure>::initial();
                ::alloy_value::structure::decode_body(&mut args, body)?;
                ::core::result::Result::Ok(args)
            }
            fn encode(&self) -> ::alloy_value::EvaluatedBody {
                ::alloy_value::structure::encode_body(self)
            }
        }
    })
}

/// `Block`: a structure, a text enum or a one-of block.
pub(crate) fn block(input: &DeriveInput) -> syn::Result<TokenStream> {
    if matches!(input.data, Data::Struct(_)) {
        return structure(input, true);
    }
    let variants = variants(input)?;
    if variants.iter().all(|variant| variant.ty.is_none()) {
        Ok(text_enum(&input.ident, &variants, &TextRules::parse(input)?))
    } else if variants.iter().all(|variant| variant.ty.is_some()) {
        Ok(one_of(&input.ident, &variants))
    } else {
        Err(syn::Error::new_spanned(&input.ident, "variants must all have a field or none"))
    }
}

/// `Exports`: read only, so no decoding is emitted.
pub(crate) fn exports(input: &DeriveInput) -> syn::Result<TokenStream> {
    let structure = structure(input, false)?;
    let name = &input.ident;
    Ok(quote! {
        #structure
        impl ::alloy_value::ToValue for #name {
            fn to_value(&self) -> ::alloy_value::Value {
                ::alloy_value::structure::object_of(self)
            }
        }
        impl ::alloy_value::Exports for #name {
            fn schema() -> &'static ::alloy_value::StructSchema {
                #name::__schema()
            }
        }
    })
}

fn structure(input: &DeriveInput, decodes: bool) -> syn::Result<TokenStream> {
    let parsed = Struct::parse(input)?;
    let (name, doc, open) = (&input.ident, &parsed.doc, parsed.open);
    let type_name = name.to_string();
    let table = parsed.fields.iter().map(|field| table_row(field, decodes));
    let reads = parsed.fields.iter().enumerate().map(|(index, field)| {
        let (ident, variant) = (&field.ident, variant_of(field));
        quote!(#index => ::alloy_value::structure::FieldRef::#variant(&self.#ident),)
    });
    let writes = parsed.fields.iter().enumerate().map(|(index, field)| {
        let (ident, variant) = (&field.ident, variant_of(field));
        quote!(#index => ::alloy_value::structure::FieldMut::#variant(&mut self.#ident),)
    });
    let write = if decodes {
        quote! {
            match index {
                #(#writes)*
                _ => ::core::unreachable!("field indices come from the schema"),
            }
        }
    } else {
        quote!(::core::unreachable!("exports are never decoded"))
    };
    let check = match &parsed.validate {
        Some(path) => quote!(#path(self)),
        None => quote!(::core::result::Result::Ok(())),
    };
    let defaults = if decodes {
        quote!(::alloy_value::structure::defaults_of::<#name>)
    } else {
        quote!(::std::vec::Vec::new)
    };
    let own_defaults = if decodes {
        quote!(<#name as ::alloy_value::structure::Structure>::OWN_DEFAULTS)
    } else {
        quote!(false)
    };
    let decoding = decodes.then(|| {
        let initial = parsed.fields.iter().map(initial);
        let declares = parsed.fields.iter().any(|field| field.default.is_some());
        let squashed = parsed.fields.iter().filter(|f| f.kind == Kind::Squash).map(|f| &f.ty);
        quote! {
            impl ::alloy_value::structure::Structure for #name {
                fn structure() -> &'static ::alloy_value::StructSchema {
                    #name::__schema()
                }
                fn initial() -> Self {
                    Self { #(#initial,)* }
                }
                const OWN_DEFAULTS: bool = #declares
                    #(|| <#squashed as ::alloy_value::structure::Structure>::OWN_DEFAULTS)*;
            }
        }
    });
    Ok(quote! {
        impl #name {
            #[doc(hidden)]
            fn __schema() -> &'static ::alloy_value::StructSchema {
                static FIELDS: &[::alloy_value::Field] = &[#(#table,)*];
                static SCHEMA: ::alloy_value::StructSchema = ::alloy_value::StructSchema {
                    name: #type_name,
                    doc: #doc,
                    open: #open,
                    fields: FIELDS,
                    defaults: #defaults,
                    own_defaults: #own_defaults,
                };
                &SCHEMA
            }
        }
        #decoding
        impl ::alloy_value::structure::Fields for #name {
            fn schema_of(&self) -> &'static ::alloy_value::StructSchema {
                #name::__schema()
            }
            fn field_mut(&mut self, index: usize) -> ::alloy_value::structure::FieldMut<'_> {
                #write
            }
            fn field(&self, index: usize) -> ::alloy_value::structure::FieldRef<'_> {
                match index {
                    #(#reads)*
                    _ => ::core::unreachable!("field indices come from the schema"),
                }
            }
            fn check(&self) -> ::core::result::Result<(), ::std::string::String> {
                #check
            }
        }
    })
}

fn variant_of(field: &Field) -> Ident {
    format_ident!(
        "{}",
        match field.kind {
            Kind::Attribute => "Attribute",
            Kind::Block => "Block",
            Kind::Enum => "OneOf",
            Kind::Label => "Label",
            Kind::Squash => "Squash",
        }
    )
}

fn table_row(field: &Field, decodes: bool) -> TokenStream {
    let (name, ty, doc, required) = (&field.name, &field.ty, &field.doc, field.required());
    let kind = match field.kind {
        Kind::Attribute => quote!(Attribute),
        Kind::Block => quote!(Block),
        Kind::Enum => quote!(Enum),
        Kind::Label => quote!(Label),
        Kind::Squash => quote!(Squash),
    };
    let schema = match field.kind {
        Kind::Attribute => quote!(<#ty as ::alloy_value::ToValue>::TYPE),
        Kind::Block => quote!(<#ty as ::alloy_value::structure::BlockField>::TYPE),
        Kind::Enum => quote!(<#ty as ::alloy_value::structure::OneOfField>::TYPE),
        Kind::Label => quote!(::alloy_value::TypeSchema::String),
        Kind::Squash if decodes => {
            quote!(::alloy_value::TypeSchema::Struct(
                <#ty as ::alloy_value::structure::Structure>::structure
            ))
        }
        Kind::Squash => quote!(::alloy_value::TypeSchema::Struct(<#ty>::__schema)),
    };
    let default = match field.default_text() {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    };
    let deprecated = match &field.deprecated {
        Some(why) => quote!(::core::option::Option::Some(#why)),
        None => quote!(::core::option::Option::None),
    };
    let syntax = match &field.syntax {
        Some(name) => quote!(::core::option::Option::Some(#name)),
        None => quote!(::core::option::Option::None),
    };
    let stability = match field.stability.as_ref().map(ToString::to_string).as_deref() {
        Some("experimental") => {
            quote!(::core::option::Option::Some(::alloy_value::Stability::Experimental))
        }
        Some("public_preview") => {
            quote!(::core::option::Option::Some(::alloy_value::Stability::PublicPreview))
        }
        _ => quote!(::core::option::Option::None),
    };
    let stability_of = match &field.stability_of {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    };
    quote! {
        ::alloy_value::Field {
            name: #name,
            kind: ::alloy_value::FieldKind::#kind,
            required: #required,
            ty: #schema,
            default: #default,
            doc: #doc,
            deprecated: #deprecated,
            stability: #stability,
            stability_of: #stability_of,
            syntax: #syntax,
        }
    }
}

fn initial(field: &Field) -> TokenStream {
    let (ident, ty) = (&field.ident, &field.ty);
    let value = match (field.kind, field.default_text(), &field.default) {
        (_, Some(text), _) => quote!(::alloy_value::structure::default_text::<#ty>(#text)),
        (_, None, Some(expr)) => quote!({
            let value: #ty = #expr;
            value
        }),
        (Kind::Squash, ..) => quote!(<#ty as ::alloy_value::structure::Structure>::initial()),
        (Kind::Block, ..) if field.required() => {
            quote!(<#ty as ::alloy_value::structure::BlockField>::start())
        }
        (Kind::Attribute, ..) => quote!(::alloy_value::structure::zero::<#ty>()),
        _ => quote!(<#ty as ::core::default::Default>::default()),
    };
    quote!(#ident: #value)
}

fn text_enum(name: &Ident, variants: &[Variant], rules: &TextRules) -> TokenStream {
    let unknown = match &rules.unknown {
        Some(message) => quote!(::core::option::Option::Some(#message)),
        None => quote!(::core::option::Option::None),
    };
    let (null_is_empty, any_case) = (rules.null_is_empty, rules.any_case);
    let names: Vec<_> = variants.iter().map(|v| &v.name).collect();
    let idents: Vec<_> = variants.iter().map(|v| &v.ident).collect();
    let indices = 0..variants.len();
    // Also where null is refused, a struct must be able to start from something.
    let zero = variants.first().map(|first| {
        let first = &first.ident;
        quote! {
            fn zero() -> ::core::result::Result<Self, ::alloy_value::DecodeError> {
                ::core::result::Result::Ok(
                    Self::from_value(&::alloy_value::Value::Null).unwrap_or(Self::#first),
                )
            }
        }
    });
    quote! {
        impl ::alloy_value::FromValue for #name {
            fn from_value(
                value: &::alloy_value::Value,
            ) -> ::core::result::Result<Self, ::alloy_value::DecodeError> {
                const RULES: ::alloy_value::structure::TextRules =
                    ::alloy_value::structure::TextRules {
                        unknown: #unknown,
                        null_is_empty: #null_is_empty,
                        any_case: #any_case,
                    };
                match ::alloy_value::structure::text_variant(value, &[#(#names),*], RULES)? {
                    #(#indices => ::core::result::Result::Ok(Self::#idents),)*
                    _ => ::core::unreachable!("the index is one of the names"),
                }
            }
            #zero
        }
        impl ::alloy_value::ToValue for #name {
            const TYPE: ::alloy_value::TypeSchema =
                ::alloy_value::TypeSchema::OneOf(&[#(#names),*]);
            fn to_value(&self) -> ::alloy_value::Value {
                ::alloy_value::Value::from(match self {
                    #(Self::#idents => #names,)*
                })
            }
        }
    }
}

fn one_of(name: &Ident, variants: &[Variant]) -> TokenStream {
    let type_name = name.to_string();
    let idents: Vec<_> = variants.iter().map(|v| &v.ident).collect();
    let types: Vec<_> = variants.iter().filter_map(|v| v.ty.as_ref()).collect();
    let indices: Vec<_> = (0..variants.len()).collect();
    let rows = variants.iter().zip(&types).map(|(variant, ty)| {
        let (name, doc) = (&variant.name, &variant.doc);
        quote! {
            ::alloy_value::Field {
                name: #name,
                kind: ::alloy_value::FieldKind::Block,
                required: false,
                ty: <#ty as ::alloy_value::structure::BlockField>::TYPE,
                default: ::core::option::Option::None,
                doc: #doc,
                deprecated: ::core::option::Option::None,
                stability: ::core::option::Option::None,
                stability_of: ::core::option::Option::None,
                syntax: ::core::option::Option::None,
            }
        }
    });
    quote! {
        impl ::alloy_value::structure::OneOf for #name {
            fn members() -> &'static ::alloy_value::StructSchema {
                static FIELDS: &[::alloy_value::Field] = &[#(#rows,)*];
                static SCHEMA: ::alloy_value::StructSchema = ::alloy_value::StructSchema {
                    name: #type_name,
                    doc: "",
                    open: false,
                    fields: FIELDS,
                    defaults: ::std::vec::Vec::new,
                    own_defaults: false,
                };
                &SCHEMA
            }
            fn start(index: usize) -> Self {
                match index {
                    #(#indices => Self::#idents(
                        <#types as ::alloy_value::structure::Structure>::initial(),
                    ),)*
                    _ => ::core::unreachable!("member indices come from the schema"),
                }
            }
            fn inner_mut(&mut self) -> &mut dyn ::alloy_value::structure::Fields {
                match self {
                    #(Self::#idents(inner) => inner,)*
                }
            }
            fn inner(&self) -> (usize, &dyn ::alloy_value::structure::Fields) {
                match self {
                    #(Self::#idents(inner) => (#indices, inner),)*
                }
            }
        }
    }
}
