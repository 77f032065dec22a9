//! Whether what is there is what the clients were told.

use std::collections::BTreeMap;

use hub_tests::model::{Commit, File, State};

use crate::client::{Act, Told, Wanted, content};

/// What is wrong, in words.
pub(crate) fn check(state: &State, acts: &[Act]) -> Option<String> {
    let by_title: BTreeMap<&str, &Act> = acts
        .iter()
        .filter_map(|act| match &act.wanted {
            Wanted::Commit { title, .. } => Some((title.as_str(), act)),
            _ => None,
        })
        .collect();
    acts.iter()
        .find_map(|act| one(state, act))
        .or_else(|| history(state, &by_title))
        .or_else(|| order(state, acts))
        .or_else(|| objects(state))
}

fn main_of(state: &State) -> &[std::sync::Arc<Commit>] {
    state.demo().branch("main")
}

/// Acknowledged: once. Failed: never. Unknown: at most once.
fn one(state: &State, act: &Act) -> Option<String> {
    let count = match &act.wanted {
        Wanted::Commit { title, .. } => main_of(state).iter().filter(|commit| commit.title == *title).count(),
        Wanted::Comment(text) => {
            state.demo().discussions[0].comments().iter().filter(|said| *said == text).count()
        }
        Wanted::Branch(name) => usize::from(!state.demo().branch(name).is_empty()),
        Wanted::Read { path, content: read } => {
            let read = read.as_ref()?;
            let was = |commit: &std::sync::Arc<Commit>| {
                commit.tree.get(path).and_then(|file| content(state, file)).is_some_and(|was| was == *read)
            };
            return (!main_of(state).iter().any(was))
                .then(|| format!("{path} was never what was read: {act:?}"));
        }
    };
    let wrong = match &act.told {
        Told::Done(oid) => {
            let title = |commit: &&std::sync::Arc<Commit>| commit.id == *oid;
            let named = match &act.wanted {
                Wanted::Commit { title: wanted, .. } => {
                    main_of(state).iter().find(title).is_some_and(|commit| commit.title == *wanted)
                }
                _ => true,
            };
            count != 1 || !named
        }
        Told::Failed(_) => count != 0,
        Told::Unknown => count > 1,
        Told::Nonsense(_) => true,
    };
    wrong.then(|| format!("there {count} times: {act:?}"))
}

/// Every commit is its parent with its own change: nothing reverts, nothing else appears.
fn history(state: &State, by_title: &BTreeMap<&str, &Act>) -> Option<String> {
    for pair in main_of(state).windows(2) {
        let [parent, commit] = pair else { continue };
        let Some(act) = by_title.get(commit.title.as_str()) else {
            return Some(format!("nobody made {:?}", commit.title));
        };
        let Wanted::Commit { path, content: wanted, .. } = &act.wanted else { continue };
        let others = |tree: &BTreeMap<String, File>| {
            tree.iter().filter(|(at, _)| *at != path).map(|(at, file)| (at.clone(), file.clone())).collect()
        };
        let (before, after): (BTreeMap<String, File>, BTreeMap<String, File>) =
            (others(&parent.tree), others(&commit.tree));
        let put = commit.tree.get(path).and_then(|file| content(state, file));
        if before != after || put.as_ref() != Some(wanted) {
            return Some(format!("{:?} changed something else", commit.title));
        }
    }
    None
}

/// What one client was told first is first.
fn order(state: &State, acts: &[Act]) -> Option<String> {
    let place = |oid: &str| main_of(state).iter().position(|commit| commit.id == oid);
    let mut last: BTreeMap<u64, usize> = BTreeMap::new();
    for act in acts {
        let (Wanted::Commit { .. }, Told::Done(oid)) = (&act.wanted, &act.told) else { continue };
        let place = place(oid)?;
        if last.insert(act.client, place).is_some_and(|before| before >= place) {
            return Some(format!("out of order: {act:?}"));
        }
    }
    None
}

/// Every large file is there.
fn objects(state: &State) -> Option<String> {
    let commits = state.demo().refs.values().flatten();
    let mut files = commits.flat_map(|commit| commit.tree.values());
    let missing =
        files.find(|file| content(state, file).is_none_or(|content| content.len() as u64 != file.size));
    missing.map(|file| format!("a commit has a file without content: {file:?}"))
}
