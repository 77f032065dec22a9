//! What happened lately, of one repository or of all: made, pushed to, discussed.
//!
//! What happened is in several tables. Each is read from an index, newest first, and no further than a page needs; what the caller may
//! not see is passed over, so many rows at most.

use std::{cmp::Reverse, fmt, str::FromStr};

use hub_types::{ParseError, RepoType};
use jiff::Timestamp;

use super::{
    RepoRecord, Result, Store,
    database::{Connection, Row, SqlResult, params, time_from_column},
    repos::{self, COLUMNS},
};

/// Rows of one table that are looked at for a page. A page may be short, or empty, where most of it is not for the caller.
const LOOKED_AT: usize = 1_000;

/// Something that happened to a repository.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FeedEvent {
    pub(crate) repo: RepoRecord,
    pub(crate) time: Timestamp,
    /// Who did it: an account, or whom a commit names; `None` for an account that is gone.
    pub(crate) who: Option<String>,
    /// Whether `who` is the name of an account.
    pub(crate) has_account: bool,
    pub(crate) step: FeedStep,
    place: FeedPlace,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FeedStep {
    /// The repository was made.
    Made,
    /// Its default branch moved.
    Pushed {
        /// Where to.
        tip: String,
        title: String,
        /// Whether by that commit alone.
        alone: bool,
    },
    /// There was something in a discussion or pull request.
    Discussed {
        number: u64,
        title: String,
        is_pull_request: bool,
        /// `closed`, `merged` ...; `None` for a comment.
        status: Option<String>,
        /// Whether this is how it began.
        opened: bool,
    },
}

/// A place in a feed: `1700000000000-3-42`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FeedPlace {
    time: i64,
    table: u8,
    key: i64,
}

impl FeedPlace {
    /// Where a feed begins.
    const START: Self = Self { time: i64::MAX, table: 0, key: i64::MAX };

    /// What places are sorted by.
    fn order(self) -> (Reverse<i64>, u8, Reverse<i64>) {
        (Reverse(self.time), self.table, Reverse(self.key))
    }

    /// The key that a row of a table must be below if it has the time of this place.
    fn below(self, table: u8) -> i64 {
        match table.cmp(&self.table) {
            std::cmp::Ordering::Less => i64::MIN,
            std::cmp::Ordering::Equal => self.key,
            std::cmp::Ordering::Greater => i64::MAX,
        }
    }
}

impl fmt::Display for FeedPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.time, self.table, self.key)
    }
}

impl FromStr for FeedPlace {
    type Err = ParseError;

    fn from_str(text: &str) -> std::result::Result<Self, ParseError> {
        let read = || {
            let mut numbers = text.split('-');
            let place = Self {
                time: numbers.next()?.parse().ok()?,
                table: numbers.next()?.parse().ok()?,
                key: numbers.next()?.parse().ok()?,
            };
            numbers.next().is_none().then_some(place)
        };
        read().ok_or_else(|| ParseError::new("query", text, "this place is not one that this hub gave"))
    }
}

/// What has to do with a table: its number, and the query. `?1` and `?2` are time and key that the rows are below, `?3` the key of a
/// repository.
struct Table {
    number: u8,
    query: String,
    read: fn(&Row<'_>) -> SqlResult<(bool, FeedStep)>,
}

impl Table {
    fn made(number: u8, repo_type: RepoType) -> Self {
        let query = format!(
            "SELECT {COLUMNS}, created_at AS at, key AS place, (SELECT name FROM accounts WHERE accounts.key = creator) AS who
             FROM repos WHERE repo_type = '{}' AND (created_at, key) < (?1, ?2) ORDER BY created_at DESC, key DESC",
            repo_type.singular()
        );
        Self {
            number,
            query,
            read: |row| Ok((row.get::<_, Option<String>>("who")?.is_some(), FeedStep::Made)),
        }
    }

    /// Of one repository.
    fn made_one() -> Self {
        let query = format!(
            "SELECT {COLUMNS}, created_at AS at, key AS place, (SELECT name FROM accounts WHERE accounts.key = creator) AS who
             FROM repos WHERE key = ?3 AND (created_at, key) < (?1, ?2)"
        );
        Self { query, ..Self::made(0, RepoType::Model) }
    }

    fn pushes(number: u8, only: &str) -> Self {
        let query = format!(
            "SELECT {COLUMNS}, at, place, who, tip, title, alone FROM
                 (SELECT repo AS of_repo, created_at AS at, pushes.key AS place, author AS who, tip, title, alone FROM pushes
                  WHERE {only}(created_at, pushes.key) < (?1, ?2)) AS push
                 CROSS JOIN repos ON repos.key = of_repo ORDER BY at DESC, place DESC"
        );
        let read = |row: &Row<'_>| {
            let step =
                FeedStep::Pushed { tip: row.get("tip")?, title: row.get("title")?, alone: row.get("alone")? };
            Ok((false, step))
        };
        Self { number, query, read }
    }

    fn discussions(number: u8, only: &str) -> Self {
        let query = format!(
            "SELECT {COLUMNS}, at, place, who, number, title, is_pull_request, status, opened, has_account FROM
                 (SELECT e.repo AS of_repo, e.created_at AS at, e.rowid AS place, e.author AS who, e.number AS number, d.title AS title,
                         d.target IS NOT NULL AS is_pull_request, e.position = 0 AS opened,
                         CASE e.kind WHEN 'status-change' THEN json_extract(e.data, '$.status') END AS status,
                         EXISTS (SELECT 1 FROM accounts WHERE folded = lower(e.author)) AS has_account
                  FROM discussion_events AS e CROSS JOIN discussions AS d ON d.repo = e.repo AND d.number = e.number
                  WHERE {only}e.kind IN ('comment', 'status-change') AND (e.created_at, e.rowid) < (?1, ?2)) AS step
                 CROSS JOIN repos ON repos.key = of_repo ORDER BY at DESC, place DESC"
        );
        let read = |row: &Row<'_>| {
            let step = FeedStep::Discussed {
                number: row.get("number")?,
                title: row.get("title")?,
                is_pull_request: row.get("is_pull_request")?,
                status: row.get("status")?,
                opened: row.get("opened")?,
            };
            Ok((row.get("has_account")?, step))
        };
        Self { number, query, read }
    }

    /// Those of a feed.
    fn all(of: Option<&RepoRecord>) -> Vec<Self> {
        match of {
            Some(_) => {
                vec![
                    Self::made_one(),
                    Self::pushes(3, "repo = ?3 AND "),
                    Self::discussions(4, "e.repo = ?3 AND "),
                ]
            }
            None => {
                let kinds = (0..).zip(RepoType::ALL).map(|(number, kind)| Self::made(number, kind));
                kinds.chain([Self::pushes(3, ""), Self::discussions(4, "")]).collect()
            }
        }
    }

    /// Reads what the caller sees, one more than `limit` at most. Returns the place after which there may be more.
    fn read(
        &self,
        connection: &Connection,
        of: Option<&RepoRecord>,
        after: FeedPlace,
        (sees, limit): (&dyn Fn(&RepoRecord) -> bool, usize),
        found: &mut Vec<FeedEvent>,
    ) -> Result<Option<FeedPlace>> {
        let mut statement = connection.prepare(&format!("{} LIMIT {LOOKED_AT}", self.query))?;
        let below = after.below(self.number);
        let mut rows = match of {
            Some(repo) => statement.query(params![after.time, below, repo.key])?,
            None => statement.query(params![after.time, below])?,
        };
        let (mut looked_at, mut seen) = (0, 0);
        while let Some(row) = rows.next()? {
            let repo = repos::from_row(&row)?;
            let place = FeedPlace { time: row.get("at")?, table: self.number, key: row.get("place")? };
            looked_at += 1;
            if !repo.disabled && sees(&repo) {
                seen += 1;
                let (has_account, step) = (self.read)(&row)?;
                let time = time_from_column(&row, "at")?;
                found.push(FeedEvent { repo, time, who: row.get("who")?, has_account, step, place });
            }
            if seen > limit || looked_at >= LOOKED_AT {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }
}

impl Store {
    /// What happened before a place, newest first, to one repository or to all that `sees` lets through, `limit` at most; and the place
    /// to go on from, if there may be more.
    pub(crate) fn feed(
        &self,
        of: Option<&RepoRecord>,
        sees: &dyn Fn(&RepoRecord) -> bool,
        after: Option<FeedPlace>,
        limit: usize,
    ) -> Result<(Vec<FeedEvent>, Option<FeedPlace>)> {
        let after = after.unwrap_or(FeedPlace::START);
        self.database().read(|connection| {
            let mut found = Vec::new();
            let mut ends = Vec::new();
            for table in Table::all(of) {
                ends.extend(table.read(connection, of, after, (sees, limit), &mut found)?);
            }
            // Beyond the first of the ends, something may be missing.
            let end = ends.into_iter().min_by_key(|place| place.order());
            found.sort_by_key(|event| event.place.order());
            if let Some(end) = end {
                found.retain(|event| event.place.order() <= end.order());
            }
            let next = match found.get(limit) {
                Some(_) => limit.checked_sub(1).and_then(|last| found.get(last)).map(|event| event.place),
                None => end,
            };
            found.truncate(limit);
            Ok((found, next))
        })
    }
}

#[cfg(test)]
mod tests {
    use hub_types::DiscussionStatus;

    use super::*;
    use crate::store::{
        NewDiscussion, NewRepo,
        database::Value,
        testing::{Temporary, commit, model, new_repo, on_sqlite, temporary},
    };

    fn everything(_: &RepoRecord) -> bool {
        true
    }

    fn discussion(store: &Store, repo: &RepoRecord, title: &str) -> u64 {
        let new = NewDiscussion {
            title: title.into(),
            description: "why".into(),
            author: "ada".into(),
            pull_request: None,
        };
        store.open_discussion(repo, &new).unwrap()
    }

    /// One line for an event.
    fn line(event: &FeedEvent) -> String {
        let who = event.who.as_deref().unwrap_or("?");
        let id = &event.repo.repo.id;
        match &event.step {
            FeedStep::Made => format!("{who} made {id}"),
            FeedStep::Pushed { title, alone, .. } => format!("{who} pushed {title} to {id}, {alone}"),
            FeedStep::Discussed { title, status, opened, .. } => {
                format!(
                    "{who} {} {title} of {id}",
                    match (opened, status) {
                        (true, _) => "opened",
                        (_, None) => "said in",
                        (_, Some(status)) => status,
                    }
                )
            }
        }
    }

    /// All lines, read in pages of `limit`.
    fn lines(store: &Store, of: Option<&RepoRecord>, limit: usize) -> Vec<String> {
        let (mut lines, mut after) = (Vec::new(), None);
        loop {
            let (events, next) = store.feed(of, &everything, after, limit).unwrap();
            assert!(events.len() <= limit);
            lines.extend(events.iter().map(line));
            match next {
                Some(next) => after = Some(next.to_string().parse().unwrap()),
                None => return lines,
            }
        }
    }

    fn filled() -> (Temporary, RepoRecord) {
        let store = temporary();
        store.add_user("ada", None, None).unwrap();
        let repo = model(&store, "ada/one");
        commit(&store, &repo, &[("a.txt", Some("a"))]).unwrap();
        let number = discussion(&store, &repo, "Why");
        store.add_comment(&repo, number, "bob", "because").unwrap();
        store.set_discussion_status(&repo, number, "ada", DiscussionStatus::Closed, None).unwrap();
        store.rename_discussion(&repo, number, "ada", "Why not").unwrap();
        (store, repo)
    }

    #[test]
    fn what_happened_is_told_once_in_pages_of_every_length() {
        let (store, repo) = filled();
        let told = [
            "ada made ada/one",
            "ada pushed Change files to ada/one, true",
            "ada opened Why not of ada/one",
            "bob said in Why not of ada/one",
            "ada closed Why not of ada/one",
        ];
        // What happened within a millisecond may be in another order.
        let sorted = |mut lines: Vec<String>| {
            lines.sort();
            lines
        };
        let told = sorted(told.map(str::to_owned).to_vec());
        for limit in [1, 2, 3, 5, 50] {
            assert_eq!(sorted(lines(&store, Some(&repo), limit)), told, "pages of {limit}");
            assert_eq!(sorted(lines(&store, None, limit)), told, "pages of {limit}");
        }
        let other = model(&store, "ada/two");
        assert_eq!(lines(&store, Some(&other), 50), ["ada made ada/two"]);
        store.delete_repo(&repo).unwrap();
        assert_eq!(lines(&store, None, 50), ["ada made ada/two"]);
    }

    #[test]
    fn the_newest_comes_first() {
        let (store, _) = filled();
        let set = "UPDATE repos SET created_at = 3; UPDATE pushes SET created_at = 5;
                   UPDATE discussion_events SET created_at = 4 + position";
        store.database().write(|transaction| Ok(transaction.execute_batch(set)?)).unwrap();
        let (events, _) = store.feed(None, &everything, None, 50).unwrap();
        let times: Vec<_> = events.iter().map(|event| event.time.as_millisecond()).collect();
        assert_eq!(times, [6, 5, 5, 4, 3]);
    }

    #[test]
    fn what_is_not_for_the_caller_is_passed_over_and_the_work_has_a_bound() {
        let store = temporary();
        model(&store, "ada/open");
        let secret = NewRepo { private: true, ..new_repo(RepoType::Model, "ada/secret") };
        let secret = store.create_repo(secret).unwrap();
        let number = discussion(&store, &secret, "Secret");
        for _ in 0..LOOKED_AT {
            store.add_comment(&secret, number, "ada", "more").unwrap();
        }
        let looks = std::cell::Cell::new(0);
        let public = |repo: &RepoRecord| {
            looks.set(looks.get() + 1);
            !repo.private
        };
        let (events, next) = store.feed(None, &public, None, 50).unwrap();
        assert!(looks.get() <= LOOKED_AT + 2, "{}", looks.get());
        assert!(events.iter().all(|event| !event.repo.private), "{events:?}");
        let (more, end) = store.feed(None, &public, next, 50).unwrap();
        let told: Vec<_> = events.iter().chain(&more).map(line).collect();
        assert_eq!((told.as_slice(), end), (["? made ada/open".to_owned()].as_slice(), None));
        store
            .database()
            .write(|transaction| Ok(transaction.execute_batch("UPDATE repos SET disabled = 1")?))
            .unwrap();
        let (events, _) = store.feed(None, &everything, None, 50).unwrap();
        assert_eq!(events, [], "nothing is told of what is switched off");
    }

    #[test]
    fn a_push_of_several_commits_is_told_as_such_and_long_titles_are_cut() {
        let store = temporary();
        let repo = model(&store, "ada/one");
        let git = store.git(&repo).unwrap();
        let first = git.resolve("main").unwrap();
        commit(&store, &repo, &[("a.txt", Some("a"))]).unwrap();
        let second = commit(&store, &repo, &[("a.txt", Some("b"))]).unwrap();
        git.create_ref("refs/heads/main", crate::store::NewRef::Commit(first), true).unwrap();
        git.create_ref("refs/heads/main", crate::store::NewRef::Commit(second), true).unwrap();
        let alone: Vec<bool> = {
            let (events, _) = store.feed(Some(&repo), &everything, None, 50).unwrap();
            events
                .iter()
                .filter_map(|event| match event.step {
                    FeedStep::Pushed { alone, .. } => Some(alone),
                    _ => None,
                })
                .collect()
        };
        assert_eq!(alone, [false, false, true, true]);
    }

    #[test]
    fn every_table_is_read_from_an_index_in_order() {
        if !on_sqlite() {
            return;
        }
        let (store, repo) = filled();
        for of in [None, Some(&repo)] {
            for table in Table::all(of) {
                let plan: Vec<String> = store
                    .database()
                    .read(|connection| {
                        let mut statement =
                            connection.prepare(&format!("EXPLAIN QUERY PLAN {}", table.query))?;
                        let values = [i64::MAX, i64::MAX, repo.key].map(Value::Integer);
                        let wanted = if table.query.contains("?3") { 3 } else { 2 };
                        let values = values.into_iter().take(wanted).collect::<Vec<_>>();
                        let steps = statement.query_map(values, |row| row.get("detail"))?;
                        Ok(steps.collect::<SqlResult<_>>()?)
                    })
                    .unwrap();
                let plan = plan.join("; ");
                assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
            }
        }
    }

    #[test]
    fn places_that_no_page_gave_are_refused() {
        for wrong in ["", "1", "1-2", "1-2-3-4", "a-1-1", "1-256-1", "-1-2-3"] {
            assert!(wrong.parse::<FeedPlace>().is_err(), "{wrong}");
        }
    }
}
