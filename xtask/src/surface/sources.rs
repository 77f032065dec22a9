//! The modules of a crate, with what they hold.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use syn::{Attribute, Expr, Item, Lit, Meta};

use crate::{Outcome, read};

/// A module: its items without modules and without what is for tests, and the modules in it.
#[derive(Default)]
pub(super) struct Module {
    pub(super) items: Vec<Item>,
    /// Whether it is public in the module around it, by its name.
    pub(super) modules: BTreeMap<String, (bool, Module)>,
}

impl Module {
    /// All of a crate, from its `lib.rs`.
    pub(super) fn of(library: &Path) -> Outcome<Self> {
        let folder = library.parent().unwrap_or(library);
        Self::in_file(library, folder)
    }

    fn in_file(file: &Path, folder: &Path) -> Outcome<Self> {
        let parsed = syn::parse_file(&read(file)?).map_err(|error| format!("{}: {error}", file.display()))?;
        Self::with(parsed.items, folder)
    }

    /// From source text alone.
    #[cfg(test)]
    pub(super) fn in_text(text: &str) -> Self {
        Self::with(syn::parse_file(text).unwrap().items, Path::new("")).unwrap()
    }

    fn with(items: Vec<Item>, folder: &Path) -> Outcome<Self> {
        let mut module = Self::default();
        for item in items {
            let Item::Mod(child) = item else {
                module.items.push(item);
                continue;
            };
            if is_for_tests(&child.attrs) {
                continue;
            }
            let name = child.ident.to_string();
            let is_public = matches!(child.vis, syn::Visibility::Public(_)) && !is_hidden(&child.attrs);
            let nested = folder.join(&name);
            let content = match child.content {
                Some((_, items)) => Self::with(items, &nested)?,
                None => Self::in_file(&place(&child.attrs, folder, &name), &nested)?,
            };
            module.modules.insert(name, (is_public, content));
        }
        Ok(module)
    }

    /// This module and all below it.
    pub(super) fn all(&self) -> Vec<&Self> {
        let below = self.modules.values().flat_map(|(_, module)| module.all());
        std::iter::once(self).chain(below).collect()
    }

    /// The module at the end of a way.
    pub(super) fn at(&self, way: &[String]) -> Option<&Self> {
        way.iter().try_fold(self, |module, name| Some(&module.modules.get(name)?.1))
    }
}

/// Where the source of a module is.
fn place(attributes: &[Attribute], folder: &Path, name: &str) -> PathBuf {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("path")) {
        if let Meta::NameValue(given) = &attribute.meta
            && let Expr::Lit(literal) = &given.value
            && let Lit::Str(text) = &literal.lit
        {
            return folder.join(text.value());
        }
    }
    let flat = folder.join(format!("{name}.rs"));
    if flat.is_file() { flat } else { folder.join(name).join("mod.rs") }
}

/// Whether an item is there for tests only.
pub(super) fn is_for_tests(attributes: &[Attribute]) -> bool {
    conditions(attributes).iter().any(|condition| matches!(condition.as_str(), "test" | "doctest"))
}

/// Whether the documentation leaves an item out.
pub(super) fn is_hidden(attributes: &[Attribute]) -> bool {
    let hidden = |attribute: &Attribute| {
        attribute.path().is_ident("doc")
            && matches!(&attribute.meta, Meta::List(list) if list.tokens.to_string() == "hidden")
    };
    attributes.iter().any(hidden)
}

/// What stands in its `#[cfg(..)]`.
pub(super) fn conditions(attributes: &[Attribute]) -> Vec<String> {
    let condition = |attribute: &Attribute| match &attribute.meta {
        Meta::List(list) if attribute.path().is_ident("cfg") => Some(list.tokens.to_string()),
        _ => None,
    };
    attributes.iter().filter_map(condition).collect()
}
