//! What the attributes of a struct say, independent of what is emitted for it.

use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Expr, Fields, Ident, Lit, LitStr, Path, Type};

/// Role of a field; mirrors `alloy_value::FieldKind`.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Attribute,
    Block,
    Enum,
    Label,
    Squash,
}

/// One field.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
    pub(crate) default: Option<Expr>,
    pub(crate) deprecated: Option<LitStr>,
    pub(crate) stability: Option<Ident>,
    /// The one value that `stability` is about.
    pub(crate) stability_of: Option<LitStr>,
    pub(crate) syntax: Option<LitStr>,
    pub(crate) doc: String,
}

/// A struct.
pub(crate) struct Struct {
    pub(crate) doc: String,
    pub(crate) validate: Option<Path>,
    pub(crate) open: bool,
    pub(crate) fields: Vec<Field>,
}

/// One variant of an enum.
pub(crate) struct Variant {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    /// Type of the member of a one-of block; `None` for a text enum.
    pub(crate) ty: Option<Type>,
    pub(crate) doc: String,
}

/// What a text enum says about other texts; mirrors `alloy_value::structure::TextRules`.
#[derive(Default)]
pub(crate) struct TextRules {
    pub(crate) unknown: Option<LitStr>,
    pub(crate) null_is_empty: bool,
    pub(crate) any_case: bool,
}

impl TextRules {
    pub(crate) fn parse(input: &DeriveInput) -> syn::Result<Self> {
        let mut rules = Self::default();
        for attribute in input.attrs.iter().filter(|a| a.path().is_ident("args")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("unknown") {
                    rules.unknown = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("null_is_empty") {
                    rules.null_is_empty = true;
                } else if meta.path.is_ident("any_case") {
                    rules.any_case = true;
                } else {
                    return Err(meta.error("expected unknown = \"…\", null_is_empty or any_case"));
                }
                Ok(())
            })?;
        }
        Ok(rules)
    }
}

/// Text of the doc comment, lines joined, without the leading space of each line.
fn doc(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
                Expr::Lit(literal) => match &literal.lit {
                    Lit::Str(text) => Some(text.value()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        })
        .collect();
    let lines: Vec<&str> =
        lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n").trim().to_owned()
}

fn is_option(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path.path.segments.last().is_some_and(|s| s.ident == "Option"),
        _ => false,
    }
}

/// True for lists and maps, of which a body may hold none.
pub(crate) fn is_list(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|s| ["Vec", "BTreeMap", "IndexMap"].iter().any(|name| s.ident == name)),
        _ => false,
    }
}

impl Struct {
    pub(crate) fn parse(input: &DeriveInput) -> syn::Result<Self> {
        let Data::Struct(data) = &input.data else {
            return Err(syn::Error::new(input.span(), "expected a struct"));
        };
        let Fields::Named(named) = &data.fields else {
            return Err(syn::Error::new(input.span(), "expected named fields"));
        };
        let (mut validate, mut open) = (None, false);
        for attribute in input.attrs.iter().filter(|a| a.path().is_ident("args")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("validate") {
                    validate = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("open") && named.named.is_empty() {
                    open = true;
                } else {
                    return Err(meta.error("expected validate = path, or open without fields"));
                }
                Ok(())
            })?;
        }
        let fields = named.named.iter().map(Field::parse).collect::<syn::Result<_>>()?;
        Ok(Self { doc: doc(&input.attrs), validate, open, fields })
    }
}

impl Field {
    fn parse(field: &syn::Field) -> syn::Result<Self> {
        let Some(ident) = field.ident.clone() else {
            return Err(syn::Error::new(field.span(), "expected a named field"));
        };
        let mut parsed = Self {
            name: ident.unraw().to_string(),
            ident,
            ty: field.ty.clone(),
            kind: Kind::Attribute,
            optional: is_option(&field.ty),
            default: None,
            deprecated: None,
            stability: None,
            stability_of: None,
            syntax: None,
            doc: doc(&field.attrs),
        };
        let mut required = false;
        for attribute in field.attrs.iter().filter(|a| a.path().is_ident("args")) {
            attribute.parse_nested_meta(|meta| {
                let kind = ["block", "enumerated", "label", "squash"]
                    .into_iter()
                    .zip([Kind::Block, Kind::Enum, Kind::Label, Kind::Squash])
                    .find(|(word, _)| meta.path.is_ident(word));
                if let Some((_, kind)) = kind {
                    parsed.kind = kind;
                } else if meta.path.is_ident("name") {
                    parsed.name = meta.value()?.parse::<LitStr>()?.value();
                } else if meta.path.is_ident("default") {
                    // Without a value: what an empty block gives.
                    let ty = &field.ty;
                    parsed.default = Some(if meta.input.peek(syn::Token![=]) {
                        meta.value()?.parse()?
                    } else {
                        syn::parse_quote!(
                            <#ty as ::alloy_value::structure::Structure>::initial()
                        )
                    });
                } else if meta.path.is_ident("optional") {
                    parsed.optional = true;
                } else if meta.path.is_ident("required") {
                    required = true;
                } else if meta.path.is_ident("deprecated") {
                    parsed.deprecated = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("stability") {
                    parsed.stability = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("stability_of") {
                    parsed.stability_of = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("syntax") {
                    parsed.syntax = Some(meta.value()?.parse()?);
                } else {
                    return Err(meta.error("unknown argument of #[args(…)]"));
                }
                Ok(())
            })?;
        }
        match parsed.kind {
            // A list of blocks may be empty unless it says otherwise.
            Kind::Block => parsed.optional |= is_list(&field.ty) && !required,
            Kind::Enum | Kind::Squash => parsed.optional = true,
            Kind::Attribute | Kind::Label => {}
        }
        if matches!(parsed.kind, Kind::Label | Kind::Squash) {
            parsed.name.clear();
        }
        Ok(parsed)
    }

    /// True if leaving the field out is an error.
    pub(crate) fn required(&self) -> bool {
        !self.optional && self.default.is_none()
    }

    /// True if the default is configuration text.
    pub(crate) fn default_text(&self) -> Option<&LitStr> {
        match self.default.as_ref()? {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The variants of an enum: all without fields, or all with one.
pub(crate) fn variants(input: &DeriveInput) -> syn::Result<Vec<Variant>> {
    let Data::Enum(data) = &input.data else {
        return Err(syn::Error::new(input.span(), "expected an enum"));
    };
    data.variants
        .iter()
        .map(|variant| {
            let ty = match &variant.fields {
                Fields::Unit => None,
                Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                    fields.unnamed.first().map(|f| f.ty.clone())
                }
                _ => return Err(syn::Error::new(variant.span(), "expected no or one field")),
            };
            let mut name = variant.ident.unraw().to_string().to_lowercase();
            for attribute in variant.attrs.iter().filter(|a| a.path().is_ident("args")) {
                attribute.parse_nested_meta(|meta| {
                    if meta.path.is_ident("name") {
                        name = meta.value()?.parse::<LitStr>()?.value();
                        return Ok(());
                    }
                    Err(meta.error("expected name = \"…\""))
                })?;
            }
            Ok(Variant { ident: variant.ident.clone(), name, ty, doc: doc(&variant.attrs) })
        })
        .collect()
}
