//! What a journal says: facts, one a line, and what they add up to. No I/O.

use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use hub_types::hex::encode as hex;

use crate::hash::digest::{Digests, Want};
use crate::source::Stamp;

/// The state of a file as a journal writes it: size, time of the last write in seconds and nanoseconds, device and number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State(u64, u64, u32, u64, u64);

impl State {
    /// The state that a stamp stands for; `None` without a time, because size alone says too little.
    pub(super) fn of(stamp: &Stamp) -> Option<Self> {
        let since = stamp.modified?.duration_since(UNIX_EPOCH).ok()?;
        let (device, number) = stamp.identity;
        Some(Self(stamp.size, since.as_secs(), since.subsec_nanos(), device, number))
    }
}

/// A pull request that collects the commits of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staging {
    /// A word in its title that no other has, by which it is found. It is noted before the pull request is opened: its number
    /// may never be learnt.
    pub mark: String,
    /// Its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// The head of the pull request before the first commit of the upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
}

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub(super) enum Fact {
    /// sha256 and block sums of a file in a state. `path` is relative to the folder.
    Lfs { path: String, state: State, sha256: String, blocks: Vec<u64> },
    /// The id that git gives the content of a file in a state.
    Git { path: String, state: State, id: String },
    /// What was said about a file is wrong.
    Forget { path: String },
    /// Commits for `target` go to this pull request.
    Staged { target: String, staging: Staging },
    /// The pull request for `target` is done with.
    Unstaged { target: String },
}

/// The digests of a file in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    state: State,
    git: Option<[u8; 20]>,
    lfs: Option<([u8; 32], Vec<u64>)>,
}

/// What all facts so far add up to; a later fact wins over an earlier one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    files: BTreeMap<String, Known>,
    stagings: BTreeMap<String, Staging>,
}

impl Facts {
    /// Reads a journal. What is no fact, such as a last line that was cut off, is skipped.
    pub(super) fn read(journal: &[u8]) -> Self {
        let mut facts = Self::default();
        for line in journal.split(|byte| *byte == b'\n') {
            match serde_json::from_slice(line) {
                Ok(fact) => facts.apply(fact),
                Err(_) if line.is_empty() => {}
                Err(_) => tracing::debug!("a line of the journal of an upload cannot be read; it is skipped"),
            }
        }
        facts
    }

    /// Takes note of a fact.
    pub(super) fn apply(&mut self, fact: Fact) {
        match fact {
            Fact::Lfs { path, state, sha256, blocks } => {
                if let Some(sha256) = hub_types::hex::decode(&sha256) {
                    self.known(path, state).lfs = Some((sha256, blocks));
                }
            }
            Fact::Git { path, state, id } => {
                if let Some(id) = hub_types::hex::decode(&id) {
                    self.known(path, state).git = Some(id);
                }
            }
            Fact::Forget { path } => {
                self.files.remove(&path);
            }
            Fact::Staged { target, staging } => {
                self.stagings.insert(target, staging);
            }
            Fact::Unstaged { target } => {
                self.stagings.remove(&target);
            }
        }
    }

    fn known(&mut self, path: String, state: State) -> &mut Known {
        let known = self.files.entry(path).or_insert(Known { state, git: None, lfs: None });
        if known.state != state {
            *known = Known { state, git: None, lfs: None };
        }
        known
    }

    /// The shortest journal that says the same.
    pub(super) fn lines(&self) -> Vec<Fact> {
        let mut lines = Vec::new();
        for (path, known) in &self.files {
            let (path, state) = (|| path.clone(), known.state);
            if let Some(id) = &known.git {
                lines.push(Fact::Git { path: path(), state, id: hex(id) });
            }
            if let Some((sha256, blocks)) = &known.lfs {
                lines.push(Fact::Lfs { path: path(), state, sha256: hex(sha256), blocks: blocks.clone() });
            }
        }
        lines.extend(
            self.stagings
                .iter()
                .map(|(target, staging)| Fact::Staged { target: target.clone(), staging: staging.clone() }),
        );
        lines
    }

    /// The digest of a file in a state.
    pub(super) fn digests(&self, path: &str, state: State, want: Want) -> Option<Digests> {
        let known = self.files.get(path).filter(|known| known.state == state)?;
        match want {
            Want::GitBlob => known.git.map(Digests::Git),
            Want::Sha256 => {
                let (sha256, blocks) = known.lfs.as_ref()?;
                Some(Digests::Lfs { sha256: *sha256, blocks: blocks.clone() })
            }
        }
    }

    /// Whether `content`, a git blob id or sha256 in hexadecimal, is what a file in a state holds.
    pub(super) fn holds(&self, path: &str, state: State, content: &str) -> bool {
        self.files.get(path).filter(|known| known.state == state).is_some_and(|known| {
            known.git.is_some_and(|id| hex(&id) == content)
                || known.lfs.as_ref().is_some_and(|(sha256, _)| hex(sha256) == content)
        })
    }

    /// The pull request for a target.
    pub(super) fn staging(&self, target: &str) -> Option<&Staging> {
        self.stagings.get(target)
    }
}

/// The fact of a digest.
pub(super) fn digest_fact(path: &str, state: State, digests: &Digests) -> Fact {
    let path = path.to_owned();
    match digests {
        Digests::Git(id) => Fact::Git { path, state, id: hex(id) },
        Digests::Lfs { sha256, blocks } => {
            Fact::Lfs { path, state, sha256: hex(sha256), blocks: blocks.clone() }
        }
    }
}

/// Facts as a journal has them.
pub(super) fn write(facts: &[Fact]) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = Vec::new();
    for fact in facts {
        serde_json::to_writer(&mut text, fact)?;
        text.push(b'\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn state() -> impl Strategy<Value = State> {
        (0..3u64, 0..3u64).prop_map(|(size, seconds)| State(size, seconds, 5, 1, 2))
    }

    fn fact() -> impl Strategy<Value = Fact> {
        let path = || prop::sample::select(vec!["a", "b/ü", "c\nd"]).prop_map(str::to_owned);
        let target = || prop::sample::select(vec!["x", "y"]).prop_map(str::to_owned);
        let staging = (any::<u16>(), prop::option::of(0..9u64)).prop_map(|(mark, base)| Staging {
            mark: mark.to_string(),
            number: base,
            base: base.map(|base| base.to_string()),
        });
        prop_oneof![
            (path(), state(), any::<[u8; 32]>(), any::<Vec<u64>>()).prop_map(
                |(path, state, sha256, blocks)| Fact::Lfs { path, state, sha256: hex(&sha256), blocks }
            ),
            (path(), state(), any::<[u8; 20]>()).prop_map(|(path, state, id)| Fact::Git {
                path,
                state,
                id: hex(&id)
            }),
            path().prop_map(|path| Fact::Forget { path }),
            (target(), staging).prop_map(|(target, staging)| Fact::Staged { target, staging }),
            target().prop_map(|target| Fact::Unstaged { target }),
        ]
    }

    fn sum(facts: &[Fact]) -> Facts {
        let mut all = Facts::default();
        facts.iter().cloned().for_each(|fact| all.apply(fact));
        all
    }

    proptest! {
        #[test]
        fn a_journal_cut_anywhere_loses_at_most_its_last_fact(facts in prop::collection::vec(fact(), 0..8), cut: prop::sample::Index) {
            let text = write(&facts).unwrap();
            let cut = cut.index(text.len() + 1);
            let whole = text[..cut].iter().filter(|byte| **byte == b'\n').count();
            let left = Facts::read(&text[..cut]);
            // A line that lacks nothing but its end is whole too.
            prop_assert!(left == sum(&facts[..whole]) || left == sum(&facts[..(whole + 1).min(facts.len())]));
        }

        #[test]
        fn a_shortened_journal_says_the_same(facts in prop::collection::vec(fact(), 0..20)) {
            let all = sum(&facts);
            let short = all.lines();
            prop_assert!(short.len() <= facts.len());
            prop_assert_eq!(Facts::read(&write(&short).unwrap()), all);
        }

        #[test]
        fn any_bytes_are_read_without_harm(junk: Vec<u8>, facts in prop::collection::vec(fact(), 0..4)) {
            let mut text = junk;
            text.push(b'\n');
            text.extend(write(&facts).unwrap());
            prop_assert_eq!(Facts::read(&text), sum(&facts));
        }
    }

    #[test]
    fn a_digest_counts_for_the_state_it_was_made_of() {
        let (now, later) = (State(5, 1, 0, 1, 2), State(5, 1, 1, 1, 2));
        let facts = sum(&[digest_fact("a", now, &Digests::Git([7; 20]))]);
        assert_eq!(facts.digests("a", now, Want::GitBlob), Some(Digests::Git([7; 20])));
        assert!(facts.holds("a", now, &"07".repeat(20)) && !facts.holds("a", now, &"08".repeat(20)));
        assert_eq!(facts.digests("a", later, Want::GitBlob), None);
        assert_eq!(facts.digests("a", now, Want::Sha256), None);
        assert!(!facts.holds("a", later, &"07".repeat(20)));
    }

    #[test]
    fn a_file_without_a_time_has_no_state() {
        assert_eq!(State::of(&Stamp::of_size(3)), None);
        let stamp = Stamp { modified: Some(UNIX_EPOCH + Duration::new(3, 4)), ..Stamp::of_size(3) };
        assert_eq!(State::of(&stamp), Some(State(3, 3, 4, 0, 0)));
    }
}
