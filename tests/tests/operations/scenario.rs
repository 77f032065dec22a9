//! What a scenario is, and how what is there is compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use hub_api::{Error, HfApi};
use hub_tests::either::Hub;
use hub_tests::model::Rules;

/// What a scenario works with.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) api: HfApi,
    pub(crate) hub: Hub,
    /// A folder of its own.
    pub(crate) folder: PathBuf,
}

pub(crate) type Work<T> = Pin<Box<dyn Future<Output = T>>>;

/// A job of a user.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) rules: Rules,
    /// Whether large files travel by Xet.
    pub(crate) xet: bool,
    /// What is there before; nothing goes wrong with it.
    pub(crate) prepare: fn(Place) -> Work<()>,
    /// The job; what it gives, as text that is the same in every run that goes well.
    pub(crate) run: fn(Place) -> Work<Result<String, Error>>,
    /// Whether it is several steps that are each done or not.
    pub(crate) steps: bool,
    /// The folder that its files appear in, if any.
    pub(crate) files: Option<&'static str>,
}

impl Scenario {
    pub(crate) fn new(name: &'static str, run: fn(Place) -> Work<Result<String, Error>>) -> Self {
        let prepare = |_| -> Work<()> { Box::pin(async {}) };
        Self { name, rules: Rules::default(), xet: false, prepare, run, steps: false, files: None }
    }
}

/// The files below a folder that are whole as far as a reader can tell: not what downloads keep to go on from.
pub(crate) fn published(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = hub_tests::files_in(folder);
    files.retain(|name, _| {
        let last = name.rsplit('/').next().unwrap();
        !name.starts_with(".locks")
            && !name.contains("/.xet/")
            && !last.ends_with(".incomplete")
            && !last.ends_with(".lock")
    });
    files
}

/// Where a commit is in the history of `main`, oldest first: names it without its id.
pub(crate) async fn place_of(hub: &Hub, oid: &str) -> String {
    let there = hub.there().await;
    let at = there.demo().branch("main").iter().position(|commit| commit.id == oid);
    at.map_or_else(|| format!("nowhere ({oid})"), |at| format!("commit {at}"))
}
