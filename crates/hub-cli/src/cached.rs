//! Which parts of a cache are listed, and in what order.

use std::{
    cmp::Ordering,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use hub_api::{
    RepoType,
    download::{CacheInfo, CachedRepo, CachedRevision},
    types::CommitHash,
};

use crate::rate;

/// A line of the list: a repository, or one commit of it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// `model/ada/demo`
    pub(crate) name: String,
    pub(crate) repo_type: RepoType,
    pub(crate) commit: Option<CommitHash>,
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    pub(crate) revisions: usize,
    pub(crate) files: usize,
    pub(crate) refs: Vec<String>,
    pub(crate) modified: Option<SystemTime>,
    pub(crate) accessed: Option<SystemTime>,
}

impl Entry {
    /// The repositories of a cache, or each commit by itself.
    pub(crate) fn all(info: &CacheInfo, each_commit: bool) -> Vec<Self> {
        let of = |repo: &CachedRepo| -> Vec<Self> {
            let all: Vec<&CachedRevision> = repo.revisions.iter().collect();
            if each_commit {
                all.iter().map(|one| Self::new(repo, &[one], Some(&one.commit))).collect()
            } else {
                vec![Self::new(repo, &all, None)]
            }
        };
        info.repos.iter().flat_map(of).collect()
    }

    fn new(repo: &CachedRepo, revisions: &[&CachedRevision], commit: Option<&CommitHash>) -> Self {
        let files = || revisions.iter().flat_map(|revision| &revision.files);
        let first = revisions.first().filter(|_| commit.is_some());
        Self {
            name: repo.cache_id(),
            repo_type: repo.repo.repo_type,
            commit: commit.cloned(),
            path: first.map_or_else(|| repo.path.clone(), |revision| revision.path.clone()),
            size: first.map_or(repo.size_on_disk, |revision| revision.size_on_disk),
            revisions: revisions.len(),
            files: files().count(),
            refs: revisions.iter().flat_map(|revision| revision.refs.iter().cloned()).collect(),
            modified: files().filter_map(|file| file.modified).max(),
            accessed: files().filter_map(|file| file.accessed).max(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    AtMost,
    Equal,
    Other,
    AtLeast,
    Greater,
}

impl Comparison {
    /// Two characters come before the one that they begin with.
    const ALL: [(&str, Self); 6] = [
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("!=", Self::Other),
        ("=", Self::Equal),
        ("<", Self::Less),
        (">", Self::Greater),
    ];

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::Equal => ordering.is_eq(),
            Self::Other => ordering.is_ne(),
            Self::AtLeast => ordering.is_ge(),
            Self::Greater => ordering.is_gt(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Subject {
    Size(u64),
    /// How long ago.
    Modified(Duration),
    Accessed(Duration),
    Type(RepoType),
    Ref(String),
}

/// What an entry must be like, such as `size>1GB` or `modified>30d`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    subject: Subject,
    comparison: Comparison,
}

impl Condition {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let at = text.find(['<', '>', '=', '!']);
        let (key, rest) = at.and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""));
        let (comparison, value) = Comparison::ALL
            .into_iter()
            .find_map(|(sign, comparison)| Some((comparison, rest.strip_prefix(sign)?.trim())))
            .ok_or_else(|| {
                format!("{text:?} compares nothing: write for example size>1GB or modified>30d")
            })?;
        let subject = match key.trim() {
            "size" => Subject::Size(
                rate::parse(value).map_err(|_| format!("{value:?} is no size: write for example 1.5GB"))?,
            ),
            "modified" => Subject::Modified(age(value)?),
            "accessed" => Subject::Accessed(age(value)?),
            "type" => Subject::Type(
                RepoType::from_word(value).ok_or("the type is one of model, dataset and space")?,
            ),
            "refs" => Subject::Ref(value.to_owned()),
            other => return Err(format!("{other:?} is none of size, modified, accessed, type and refs")),
        };
        let is_order = !matches!(comparison, Comparison::Equal | Comparison::Other);
        if is_order && matches!(subject, Subject::Type(_) | Subject::Ref(_)) {
            return Err(format!("{} can be compared with = and != only", key.trim()));
        }
        Ok(Self { subject, comparison })
    }

    /// Whether the entry fits. A time that the disk does not tell fits nothing.
    pub(crate) fn fits(&self, entry: &Entry, now: SystemTime) -> bool {
        let ago = |time: Option<SystemTime>, asked: &Duration| {
            let ago = time.map(|time| now.duration_since(time).unwrap_or_default());
            ago.is_some_and(|ago| self.comparison.holds(ago.cmp(asked)))
        };
        let is = |same: bool| same == (self.comparison == Comparison::Equal);
        match &self.subject {
            Subject::Size(asked) => self.comparison.holds(entry.size.cmp(asked)),
            Subject::Modified(asked) => ago(entry.modified, asked),
            Subject::Accessed(asked) => ago(entry.accessed, asked),
            Subject::Type(asked) => is(entry.repo_type == *asked),
            Subject::Ref(asked) => is(entry.refs.contains(asked)),
        }
    }
}

/// A time as a person writes it: `30d`, `12h`, `6mo`.
pub(crate) fn age(text: &str) -> Result<Duration, String> {
    const HOUR: u64 = 3600;
    const DAY: u64 = 24 * HOUR;
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(split).unwrap_or((text, ""));
    let seconds = match unit.trim() {
        "s" => 1,
        "m" => 60,
        "h" => HOUR,
        "d" => DAY,
        "w" => 7 * DAY,
        "mo" => 30 * DAY,
        "y" => 365 * DAY,
        _ => 0,
    };
    let total = number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds));
    match total {
        Some(total) if seconds > 0 => Ok(Duration::from_secs(total)),
        _ => Err(format!("{text:?} is no time: write a number with s, m, h, d, w, mo or y")),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SortKey {
    Name,
    Size,
    Modified,
    Accessed,
}

/// The order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    key: SortKey,
    descending: bool,
}

impl Order {
    /// `size`, `size:asc`, `size:desc`. Names begin with the first, everything else with the largest or newest.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (key, direction) = text.split_once(':').map_or((text, None), |(key, way)| (key, Some(way)));
        let key = match key {
            "name" => SortKey::Name,
            "size" => SortKey::Size,
            "modified" => SortKey::Modified,
            "accessed" => SortKey::Accessed,
            other => return Err(format!("{other:?} is none of name, size, modified and accessed")),
        };
        let descending = match direction {
            None => key != SortKey::Name,
            Some("asc") => false,
            Some("desc") => true,
            Some(other) => return Err(format!("{other:?} is neither asc nor desc")),
        };
        Ok(Self { key, descending })
    }

    pub(crate) fn sort(self, entries: &mut [Entry]) {
        entries.sort_by(|a, b| {
            let ordering = match self.key {
                SortKey::Name => a.name.cmp(&b.name),
                SortKey::Size => a.size.cmp(&b.size),
                SortKey::Modified => a.modified.cmp(&b.modified),
                SortKey::Accessed => a.accessed.cmp(&b.accessed),
            };
            if self.descending { ordering.reverse() } else { ordering }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn entry(name: &str, size: u64, days: u32, now: SystemTime) -> Entry {
        Entry {
            name: name.to_owned(),
            repo_type: RepoType::Model,
            commit: None,
            path: PathBuf::new(),
            size,
            revisions: 1,
            files: 1,
            refs: vec!["main".to_owned()],
            modified: Some(now - DAY * days),
            accessed: None,
        }
    }

    #[test]
    fn conditions_compare_sizes_ages_types_and_refs() {
        let now = SystemTime::UNIX_EPOCH + DAY * 1000;
        let entry = entry("model/a/b", 2_000_000, 10, now);
        for (text, fits) in [
            ("size>1MB", true),
            ("size >= 2MB", true),
            ("size>2MB", false),
            ("size<=1.9MiB", false),
            ("size!=2MB", false),
            ("modified>1w", true),
            ("modified<1w", false),
            ("modified=10d", true),
            ("modified>1mo", false),
            ("accessed>0s", false),
            ("type=model", true),
            ("type!=model", false),
            ("type=dataset", false),
            ("refs=main", true),
            ("refs!=main", false),
            ("refs=v1", false),
        ] {
            assert_eq!(Condition::parse(text).unwrap().fits(&entry, now), fits, "{text}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for text in
            ["", "size", "size>", "size>many", "modified>10", "modified>d", "type>model", "type=x", "x=1"]
        {
            assert!(Condition::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn entries_are_sorted_by_any_key_in_both_directions() {
        let now = SystemTime::UNIX_EPOCH + DAY * 1000;
        let all = [entry("b", 1, 3, now), entry("a", 3, 2, now), entry("c", 2, 1, now)];
        for (text, expected) in [
            ("name", "abc"),
            ("name:desc", "cba"),
            ("size", "acb"),
            ("size:asc", "bca"),
            ("modified", "cab"),
            ("modified:asc", "bac"),
        ] {
            let mut sorted = all.clone();
            Order::parse(text).unwrap().sort(&mut sorted);
            let names: String = sorted.iter().map(|entry| entry.name.as_str()).collect();
            assert_eq!(names, expected, "{text}");
        }
        for text in ["", "colour", "size:up"] {
            assert!(Order::parse(text).is_err(), "{text}");
        }
    }
}
