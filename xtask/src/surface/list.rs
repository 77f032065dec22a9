//! The lines of a listing: a path, and what is declared there.

use std::collections::BTreeSet;

use syn::spanned::Spanned;
use syn::{Fields, ImplItem, Item, ItemImpl, TraitItem, UseTree};

use super::said::{brought, declared, generics, is_public, makes, marks, text, type_name, when};
use super::sources::{Module, is_for_tests, is_hidden};

/// What can be reached from outside of the crate.
pub(super) fn lines(name: &str, library: &Module) -> BTreeSet<String> {
    let mut list = List { library, implementations: implementations(library), lines: BTreeSet::new() };
    list.module(name, &[], library);
    list.lines
}

struct List<'m> {
    library: &'m Module,
    implementations: Vec<&'m ItemImpl>,
    lines: BTreeSet<String>,
}

/// All `impl` blocks of a crate.
fn implementations(library: &Module) -> Vec<&ItemImpl> {
    let items = library.all().into_iter().flat_map(|module| &module.items);
    let blocks = items.filter_map(|item| if let Item::Impl(block) = item { Some(block) } else { None });
    blocks.filter(|block| !is_for_tests(&block.attrs)).collect()
}

impl<'m> List<'m> {
    /// What is public in the module that is at `way`, under the path `path`.
    fn module(&mut self, path: &str, way: &[String], module: &'m Module) {
        for (name, (is_public, child)) in &module.modules {
            if *is_public {
                let mut below = way.to_vec();
                below.push(name.clone());
                self.lines.insert(format!("{path}::{name}: pub mod"));
                self.module(&format!("{path}::{name}"), &below, child);
            }
        }
        for item in &module.items {
            match item {
                Item::Use(found) if is_public(&found.vis) && !is_hidden(&found.attrs) => {
                    let when = when(&found.attrs);
                    self.hands_on(path, way, &found.tree, &mut Vec::new(), &when);
                }
                // Its call says what it makes.
                Item::Macro(call) if call.ident.is_none() && !is_for_tests(&call.attrs) => {
                    self.lines.insert(format!("{path}: {}", text(call.span())));
                }
                item => self.item(path, item, None),
            }
        }
    }

    /// A public item under its own name, or under another that it is handed on by.
    fn item(&mut self, path: &str, item: &'m Item, renamed: Option<&str>) {
        let Some((attributes, visibility, ident, declared)) = declared(item) else { return };
        if !is_public(visibility) || is_for_tests(attributes) || is_hidden(attributes) {
            return;
        }
        let own = ident.to_string();
        let place = format!("{path}::{}", renamed.unwrap_or(&own));
        self.lines.insert(format!("{place}: {}{declared}{}", marks(attributes), when(attributes)));
        match item {
            Item::Struct(found) => self.fields(&place, &found.fields, true),
            Item::Enum(found) => {
                for variant in &found.variants {
                    self.lines.insert(format!(
                        "{place}::{}: variant{}",
                        variant.ident,
                        marks(&variant.attrs)
                    ));
                    self.fields(&format!("{place}::{}", variant.ident), &variant.fields, false);
                }
            }
            Item::Trait(found) => {
                for inner in &found.items {
                    let (name, declared) = match inner {
                        TraitItem::Fn(method) => (method.sig.ident.to_string(), text(method.sig.span())),
                        TraitItem::Const(constant) => (constant.ident.to_string(), text(constant.span())),
                        TraitItem::Type(kind) => (kind.ident.to_string(), text(kind.span())),
                        other => (String::new(), text(other.span())),
                    };
                    let given = matches!(inner, TraitItem::Fn(method) if method.default.is_some());
                    let given = if given { " (given)" } else { "" };
                    self.lines.insert(format!("{place}::{name}: {declared}{given}"));
                }
            }
            _ => {}
        }
        self.implemented(&place, &own);
    }

    fn fields(&mut self, place: &str, fields: &Fields, only_public: bool) {
        for (position, field) in fields.iter().enumerate() {
            if (is_public(&field.vis) || !only_public) && !is_hidden(&field.attrs) {
                let name = field.ident.as_ref().map_or_else(|| position.to_string(), ToString::to_string);
                self.lines.insert(format!("{place}::{name}: field {}", text(field.ty.span())));
            }
        }
    }

    /// What is implemented for the type of this name.
    fn implemented(&mut self, place: &str, name: &str) {
        for block in self.implementations.clone() {
            let Some(of) = type_name(&block.self_ty).filter(|of| of == name) else { continue };
            let when_block = when(&block.attrs);
            if let Some((path, _)) = &block.trait_ {
                let generics = generics(&block.generics);
                let (path, of) = (text(path.span()), text(block.self_ty.span()));
                let bounds =
                    block.generics.where_clause.as_ref().map(|bounds| format!(" {}", text(bounds.span())));
                let bounds = bounds.unwrap_or_default();
                self.lines.insert(format!("{place}: impl{generics} {path} for {of}{bounds}{when_block}"));
                continue;
            }
            for inner in &block.items {
                let (attributes, visibility, inner_name, declared) = match inner {
                    ImplItem::Fn(method) => {
                        (&method.attrs, &method.vis, method.sig.ident.to_string(), text(method.sig.span()))
                    }
                    ImplItem::Const(constant) => {
                        let declared = format!("const {}", text(constant.ty.span()));
                        (&constant.attrs, &constant.vis, constant.ident.to_string(), declared)
                    }
                    ImplItem::Macro(call) => {
                        self.lines.insert(format!("{place}: impl {of} {}", text(call.span())));
                        continue;
                    }
                    _ => continue,
                };
                if is_public(visibility) && !is_for_tests(attributes) && !is_hidden(attributes) {
                    let when = format!("{when_block}{}", when(attributes));
                    // What an `impl Type<Other>` has is not there for each `Type`.
                    let of = text(block.self_ty.span());
                    let of = if of == name { String::new() } else { format!(" [{of}]") };
                    self.lines.insert(format!("{place}::{inner_name}: pub {declared}{of}{when}"));
                }
            }
        }
    }

    /// Follows a `pub use` in the module at `way`.
    fn hands_on(&mut self, path: &str, way: &[String], tree: &UseTree, said: &mut Vec<String>, when: &str) {
        match tree {
            UseTree::Path(step) => {
                said.push(step.ident.to_string());
                self.hands_on(path, way, &step.tree, said, when);
                said.pop();
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.hands_on(path, way, tree, said, when);
                }
            }
            UseTree::Name(name) => self.handed(path, way, said, &name.ident.to_string(), None, when),
            UseTree::Rename(name) => {
                self.handed(path, way, said, &name.ident.to_string(), Some(&name.rename.to_string()), when);
            }
            UseTree::Glob(_) => match self.home(way, said) {
                Some(home) => {
                    if let Some(module) = self.library.at(&home) {
                        self.module(path, &home, module);
                    }
                }
                None => {
                    self.lines.insert(format!("{path}: pub use {}::*{when}", said.join("::")));
                }
            },
        }
    }

    /// One name that the module at `way` takes from `said` and hands on.
    fn handed(
        &mut self,
        path: &str,
        way: &[String],
        said: &[String],
        name: &str,
        renamed: Option<&str>,
        when: &str,
    ) {
        let shown = if name == "self" { said.last().map_or("self", String::as_str) } else { name };
        let shown = renamed.unwrap_or(shown).to_owned();
        let full =
            if name == "self" { said.join("::") } else { [said, &[name.to_owned()]].concat().join("::") };
        let of_here = self.home(way, said).and_then(|home| Some((self.library.at(&home)?, home)));
        let Some((module, home)) = of_here else {
            self.lines.insert(format!("{path}::{shown}: pub use {full}{when}"));
            return;
        };
        if !when.is_empty() {
            self.lines.insert(format!("{path}::{shown}: pub use {full}{when}"));
        }
        if let Some((_, child)) = module.modules.get(name) {
            let below = [home.as_slice(), &[name.to_owned()]].concat();
            self.lines.insert(format!("{path}::{shown}: pub mod"));
            self.module(&format!("{path}::{shown}"), &below, child);
            return;
        }
        let mut found = false;
        for item in &module.items {
            match item {
                Item::Use(again) if !is_for_tests(&again.attrs) => {
                    for (steps, original) in brought(&again.tree, name) {
                        found = true;
                        self.handed(path, &home, &steps, &original, Some(&shown), "");
                    }
                }
                Item::Macro(call) if call.ident.is_none() && makes(&call.mac.tokens, name) => {
                    found = true;
                    self.lines.insert(format!("{path}::{shown}: {}", text(call.span())));
                    self.implemented(&format!("{path}::{shown}"), name);
                }
                item if declared(item).is_some_and(|(_, _, ident, _)| ident == name) => {
                    found = true;
                    self.item(path, item, Some(&shown));
                }
                _ => {}
            }
        }
        if !found {
            self.lines.insert(format!("{path}::{shown}: pub use {full}"));
        }
    }

    /// The way to what `said` names, seen from the module at `way`; `None` where it is of another crate.
    fn home(&self, way: &[String], said: &[String]) -> Option<Vec<String>> {
        let mut home = way.to_vec();
        let mut steps = said.iter().peekable();
        while let Some(step) = steps.peek() {
            match step.as_str() {
                "crate" => home.clear(),
                "self" => {}
                "super" => {
                    home.pop();
                }
                _ => break,
            }
            steps.next();
        }
        home.extend(steps.cloned());
        self.library.at(&home).map(|_| home)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(source: &str) -> Vec<String> {
        lines("a", &Module::in_text(source)).into_iter().collect()
    }

    #[test]
    fn what_is_handed_on_stands_where_users_find_it() {
        let found = listed(
            "mod inner { pub struct Seen { pub x: u8, y: u8 } pub struct Unseen; impl Seen { pub fn of(x: u8) -> Self {} fn no() {} } }
             pub use inner::Seen as Known; pub use other::Thing;",
        );
        assert_eq!(
            found,
            [
                "a::Known: pub struct Seen",
                "a::Known::of: pub fn of(x: u8) -> Self",
                "a::Known::x: field u8",
                "a::Thing: pub use other::Thing",
            ]
        );
    }

    #[test]
    fn a_change_of_a_signature_a_variant_a_trait_or_a_condition_changes_a_line() {
        let found = listed(
            "#[non_exhaustive] #[derive(Debug, Clone)] pub enum Kind { One(u8), Two { x: String } }
             pub trait Job: Send { fn run(&self); fn stop(&self) {} }
             impl Job for Kind { fn run(&self) {} }
             #[cfg(feature = \"f\")] pub fn make(\n  a: u8,\n  b: u8,\n) {}
             #[cfg(test)] pub fn gone() {} #[doc(hidden)] pub fn hidden() {} pub(crate) fn own() {}",
        );
        assert_eq!(
            found,
            [
                "a::Job: pub trait Job: Send",
                "a::Job::run: fn run(&self)",
                "a::Job::stop: fn stop(&self) (given)",
                "a::Kind: #[non_exhaustive] #[derive(Debug, Clone)] pub enum Kind",
                "a::Kind: impl Job for Kind",
                "a::Kind::One: variant",
                "a::Kind::One::0: field u8",
                "a::Kind::Two: variant",
                "a::Kind::Two::x: field String",
                "a::make: pub fn make(a: u8, b: u8) [if feature = \"f\"]",
            ]
        );
    }

    #[test]
    fn what_a_macro_makes_shows_as_its_call() {
        let found = listed("mod words { make! { Word { A = \"a\" } } } pub use words::Word;");
        assert_eq!(found, ["a::Word: make! { Word { A = \"a\" } }"]);
    }
}
