//! The modules of a crate and what each takes from the others, read from its sources.
//!
//! A module is a file. What a file says in `mod tests` and other `#[cfg(test)]` items is left out, and so are the files that such
//! an item names. A name that a module only hands on (`pub use`) is taken from the module that defines it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree, Visibility};

use crate::{Outcome, read};

/// The way to a module from the root of its crate; the root is empty.
type Way = Vec<String>;

/// The modules of one crate.
#[derive(Debug, Default)]
pub(super) struct Modules {
    files: BTreeMap<Way, Module>,
}

#[derive(Debug, Default)]
struct Module {
    /// What is defined here, child modules too.
    defines: BTreeSet<String>,
    /// Names that `use` brings in, with the way that it gives.
    brings: BTreeMap<String, Way>,
    /// Modules of which `pub use` hands all names on.
    hands_on: Vec<Way>,
    /// Every way that the code says, from the root of the crate.
    says: BTreeSet<Way>,
}

/// Who takes what from whom.
pub(super) type Arrows = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

impl Modules {
    /// Reads the modules behind `lib.rs` or `main.rs` in a `src` folder.
    pub(super) fn of(source: &Path) -> Outcome<Self> {
        let root =
            ["lib.rs", "main.rs"].map(|name| source.join(name)).into_iter().find(|path| path.is_file());
        let root = root.ok_or_else(|| format!("{} has neither lib.rs nor main.rs", source.display()))?;
        let mut modules = Self::default();
        let mut waiting = vec![(Way::new(), root, source.to_owned())];
        while let Some((way, file, folder)) = waiting.pop() {
            let children = modules.add(way.clone(), &read(&file)?)?;
            for child in children {
                let (flat, nested) = (folder.join(format!("{child}.rs")), folder.join(&child));
                let mut to = way.clone();
                to.push(child);
                let file = if flat.is_file() { flat } else { nested.join("mod.rs") };
                waiting.push((to, file, nested));
            }
        }
        Ok(modules)
    }

    /// Takes the source of one module in, and gives the child modules that are files of their own.
    fn add(&mut self, way: Way, source: &str) -> Outcome<Vec<String>> {
        let file = syn::parse_file(source).map_err(|error| format!("{}: {error}", way.join("::")))?;
        let mut reader = Reader { way: way.clone(), module: Module::default(), children: Vec::new() };
        reader.visit_file(&file);
        self.files.insert(way, reader.module);
        Ok(reader.children)
    }

    /// Who takes what from whom, by the names that `name` gives to modules. A module takes nothing from itself.
    pub(super) fn arrows(&self, name: impl Fn(&[String]) -> String) -> Arrows {
        let mut arrows = Arrows::new();
        for (way, module) in &self.files {
            let from = name(way);
            for (to, what) in module.says.iter().filter_map(|said| self.home(said.clone())) {
                let to = name(&to);
                if to != from {
                    arrows.entry(from.clone()).or_default().entry(to).or_default().insert(what);
                }
            }
        }
        arrows
    }

    /// The module that defines what a way leads to, and the name of it there. `None` if the way leads out of the crate.
    fn home(&self, mut way: Way) -> Option<(Way, String)> {
        // A name can be handed on through as many modules as there are.
        for _ in 0..=self.files.len() {
            let (here, module) = self.deepest(&way)?;
            let (rest, Some(name)) = (way.get(here.len() + 1..), way.get(here.len())) else {
                return Some((way, "*".into()));
            };
            if module.defines.contains(name) {
                return Some((here.to_vec(), name.clone()));
            }
            let mut next = match module.brings.get(name) {
                Some(next) => next.clone(),
                None => {
                    let all = module.hands_on.iter().find(|from| self.defines(from, name))?;
                    all.iter().chain([name]).cloned().collect()
                }
            };
            next.extend_from_slice(rest.unwrap_or_default());
            if next == way {
                return None;
            }
            way = next;
        }
        None
    }

    /// The module that a way leads to or into.
    fn deepest<'w>(&self, way: &'w [String]) -> Option<(&'w [String], &Module)> {
        (0..=way.len()).rev().find_map(|depth| {
            let here = way.get(..depth)?;
            Some((here, self.files.get(here)?))
        })
    }

    fn defines(&self, way: &[String], name: &str) -> bool {
        self.files
            .get(way)
            .is_some_and(|module| module.defines.contains(name) || module.brings.contains_key(name))
    }
}

/// Reads one file.
struct Reader {
    way: Way,
    module: Module,
    children: Vec<String>,
}

impl Reader {
    /// A way as the code says it, from the root of the crate; `None` if it leads elsewhere.
    fn absolute(&self, said: &[String]) -> Option<Way> {
        let mut here: Way = self.way.clone();
        let mut rest = said.iter().peekable();
        match said.first()?.as_str() {
            "crate" => {
                here.clear();
                rest.next();
            }
            "self" => drop(rest.next()),
            "super" => {}
            first
                if self.module.defines.contains(first)
                    || self.children.iter().any(|child| child == first) => {}
            _ => return None,
        }
        while rest.next_if(|segment| *segment == "super").is_some() {
            here.pop()?;
        }
        here.extend(rest.cloned());
        Some(here)
    }

    fn say(&mut self, said: &[String]) {
        if let Some(way) = self.absolute(said) {
            self.module.says.insert(way);
        }
    }

    /// The ways that a `use` names, each with the name that it brings; `*` for all names.
    fn leaves(tree: &UseTree, way: &mut Way, leaves: &mut Vec<(String, Way)>) {
        match tree {
            UseTree::Path(path) => {
                way.push(path.ident.to_string());
                Self::leaves(&path.tree, way, leaves);
                way.pop();
            }
            UseTree::Name(name) if name.ident == "self" => {
                leaves.push((way.last().cloned().unwrap_or_default(), way.clone()));
            }
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                leaves.push((name.clone(), way.iter().cloned().chain([name]).collect()));
            }
            UseTree::Rename(rename) => {
                let way = way.iter().cloned().chain([rename.ident.to_string()]).collect();
                leaves.push((rename.rename.to_string(), way));
            }
            UseTree::Glob(_) => leaves.push(("*".into(), way.clone())),
            UseTree::Group(group) => {
                for tree in &group.items {
                    Self::leaves(tree, way, leaves);
                }
            }
        }
    }

    /// Ways in the tokens of a macro call, which is no syntax tree.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut said: Way = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.say_path(std::mem::take(&mut said));
                    }
                    colons = 0;
                    said.push(ident.to_string());
                }
                other => {
                    colons = 0;
                    self.say_path(std::mem::take(&mut said));
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.say_path(said);
    }

    fn say_path(&mut self, said: Way) {
        if said.len() > 1 {
            self.say(&said);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_file(&mut self, file: &'ast syn::File) {
        for item in file.items.iter().filter(|item| !is_test(attributes(item))) {
            if let Some(name) = name_of(item) {
                self.module.defines.insert(name);
            }
        }
        for item in &file.items {
            self.visit_item(item);
        }
    }

    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let name = item.ident.to_string();
        if item.content.is_none() {
            self.children.push(name);
        } else {
            self.way.push(name);
            visit::visit_item_mod(self, item);
            self.way.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let mut leaves = Vec::new();
        Self::leaves(&item.tree, &mut Way::new(), &mut leaves);
        for (name, said) in leaves {
            let Some(way) = self.absolute(&said) else { continue };
            let hands_on = !matches!(item.vis, Visibility::Inherited);
            match (name.as_str(), hands_on) {
                ("*", true) => self.module.hands_on.push(way),
                ("*", false) => self.say(&said),
                (_, true) => drop(self.module.brings.insert(name, way)),
                (_, false) => {
                    self.say(&said);
                    self.module.brings.insert(name, way);
                }
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.say_path(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Mod(item) if item.content.is_some() => &item.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// The circles: sets of modules of which each leads to each of the others.
pub(super) fn circles(arrows: &Arrows) -> Vec<BTreeSet<String>> {
    let behind: BTreeMap<&String, BTreeSet<&String>> =
        arrows.keys().map(|from| (from, behind(arrows, from))).collect();
    let mut circles: Vec<BTreeSet<String>> = Vec::new();
    for (from, reached) in &behind {
        let circle: BTreeSet<String> = reached
            .iter()
            .filter(|to| behind.get(*to).is_some_and(|back| back.contains(from)))
            .map(|to| (*to).clone())
            .collect();
        if circle.len() > 1 && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}

fn behind<'a>(arrows: &'a Arrows, from: &'a String) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(next) = waiting.pop() {
        for to in arrows.get(next).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(to) {
                waiting.push(to);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles_in(sources: &[(&str, &str)]) -> Vec<Vec<String>> {
        let mut modules = Modules::default();
        for (name, source) in sources {
            let way = name.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
            modules.add(way, source).unwrap();
        }
        let arrows = modules.arrows(|way| way.join("::"));
        circles(&arrows).into_iter().map(|circle| circle.into_iter().collect()).collect()
    }

    #[test]
    fn two_modules_that_take_from_each_other_are_a_circle() {
        let root = "mod a; mod b;";
        let (a, b) =
            ("use crate::b::B; pub struct A(B);", "pub struct B; fn f() { let _ = crate::a::A::default(); }");
        assert_eq!(circles_in(&[("", root), ("a", a), ("b", b)]), [["a", "b"]]);
        assert!(circles_in(&[("", root), ("a", a), ("b", "pub struct B;")]).is_empty());
    }

    #[test]
    fn a_name_that_is_only_handed_on_is_taken_from_where_it_is_defined() {
        let root = "mod a; mod b; pub use a::A; pub use b::B;";
        let one = [("", root), ("a", "use crate::B; pub struct A(B);"), ("b", "pub struct B;")];
        assert!(circles_in(&one).is_empty());
        let two = [("", root), ("a", "use crate::B; pub struct A(B);"), ("b", "pub struct B(crate::A);")];
        assert_eq!(circles_in(&two), [["a", "b"]]);
    }

    #[test]
    fn macros_count_and_tests_do_not() {
        let root = "mod a; mod b;";
        let b = "pub fn b() { println!(\"{}\", crate::a::a()) }";
        let a = "pub fn a() { crate::b::b() }";
        assert_eq!(circles_in(&[("", root), ("a", a), ("b", b)]), [["a", "b"]]);
        let a = "pub fn a() {} #[cfg(test)] mod tests { use crate::b::b; }";
        assert!(circles_in(&[("", root), ("a", a), ("b", b)]).is_empty());
    }

    #[test]
    fn a_child_that_takes_from_its_parent_is_in_a_circle_with_it_if_the_parent_takes_from_the_child() {
        let parent = "mod child; pub struct P; fn f() { child::c() }";
        let child = "use super::P; pub fn c() {}";
        assert_eq!(circles_in(&[("", "mod p;"), ("p", parent), ("p::child", child)]), [["p", "p::child"]]);
        let parent = "mod child; pub use child::c; pub struct P;";
        assert!(circles_in(&[("", "mod p;"), ("p", parent), ("p::child", child)]).is_empty());
    }
}
