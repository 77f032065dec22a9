//! What one item says, as text.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::{Attribute, Generics, Item, Meta, Type, UseTree, Visibility};

use super::sources::conditions;

/// Attributes, visibility, name and text of what can be public by itself.
pub(super) fn declared(item: &Item) -> Option<(&[Attribute], &Visibility, &Ident, String)> {
    Some(match item {
        Item::Fn(it) => (&it.attrs, &it.vis, &it.sig.ident, format!("pub {}", text(it.sig.span()))),
        Item::Struct(it) => (&it.attrs, &it.vis, &it.ident, named("struct", &it.ident, &it.generics)),
        Item::Enum(it) => (&it.attrs, &it.vis, &it.ident, named("enum", &it.ident, &it.generics)),
        Item::Trait(it) => {
            let bounds: Vec<String> = it.supertraits.iter().map(|bound| text(bound.span())).collect();
            let bounds = if bounds.is_empty() { String::new() } else { format!(": {}", bounds.join(" + ")) };
            (&it.attrs, &it.vis, &it.ident, named("trait", &it.ident, &it.generics) + &bounds)
        }
        Item::Type(it) => {
            let declared = format!("{} = {}", named("type", &it.ident, &it.generics), text(it.ty.span()));
            (&it.attrs, &it.vis, &it.ident, declared)
        }
        Item::Const(it) => (&it.attrs, &it.vis, &it.ident, format!("pub const: {}", text(it.ty.span()))),
        Item::Static(it) => (&it.attrs, &it.vis, &it.ident, format!("pub static: {}", text(it.ty.span()))),
        _ => return None,
    })
}

fn named(kind: &str, name: &Ident, parameters: &Generics) -> String {
    let bounds = parameters.where_clause.as_ref().map(|bounds| format!(" {}", text(bounds.span())));
    format!("pub {kind} {name}{}{}", generics(parameters), bounds.unwrap_or_default())
}

pub(super) fn generics(parameters: &Generics) -> String {
    if parameters.params.is_empty() { String::new() } else { text(parameters.span()) }
}

pub(super) fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The attributes that those who use an item notice.
pub(super) fn marks(attributes: &[Attribute]) -> String {
    let mut marks = String::new();
    for attribute in attributes {
        match &attribute.meta {
            Meta::List(list) if attribute.path().is_ident("derive") => {
                marks.push_str(&format!("#[derive({})] ", list.tokens.to_string().replace(" ,", ",")));
            }
            Meta::Path(path) if path.is_ident("non_exhaustive") => marks.push_str("#[non_exhaustive] "),
            _ => {}
        }
    }
    marks
}

/// The condition under which an item is there.
pub(super) fn when(attributes: &[Attribute]) -> String {
    conditions(attributes).iter().map(|condition| format!(" [if {condition}]")).collect()
}

/// The name of the type that an `impl` block is for.
pub(super) fn type_name(of: &Type) -> Option<String> {
    match of {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Type::Reference(to) => type_name(&to.elem),
        _ => None,
    }
}

/// Whether the call of a macro seems to make an item of this name: it stands at the beginning, or behind a word that
/// declares something.
pub(super) fn makes(tokens: &TokenStream, name: &str) -> bool {
    let mut declares = true;
    for token in tokens.clone() {
        match token {
            TokenTree::Ident(ident) if declares && ident == name => return true,
            TokenTree::Ident(ident) => {
                let word = ident.to_string();
                declares = matches!(word.as_str(), "struct" | "enum" | "trait" | "type" | "fn" | "pub");
            }
            TokenTree::Group(group) if makes(&group.stream(), name) => return true,
            // A visibility, or an attribute.
            TokenTree::Group(_) => {}
            TokenTree::Punct(punct) => declares = matches!(punct.as_char(), '#' | ';'),
            TokenTree::Literal(_) => declares = false,
        }
    }
    false
}

/// The ways by which a `use` brings a name, and what it is called there.
pub(super) fn brought(tree: &UseTree, name: &str) -> Vec<(Vec<String>, String)> {
    match tree {
        UseTree::Path(step) => {
            let mut ways = brought(&step.tree, name);
            ways.iter_mut().for_each(|(way, _)| way.insert(0, step.ident.to_string()));
            ways
        }
        UseTree::Group(group) => group.items.iter().flat_map(|tree| brought(tree, name)).collect(),
        UseTree::Name(it) if it.ident == name => vec![(Vec::new(), name.to_owned())],
        UseTree::Rename(it) if it.rename == name => vec![(Vec::new(), it.ident.to_string())],
        _ => Vec::new(),
    }
}

/// The source in one line, without comments.
pub(super) fn text(span: Span) -> String {
    let source = span.source_text().unwrap_or_default();
    let lines = source.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    let text = lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    // A list that is broken over lines is the same list.
    text.replace("( ", "(").replace(", )", ")").replace("< ", "<").replace(", >", ">")
}
