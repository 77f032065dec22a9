//! The events of a discussion in pages, for whoever reads them one after the other.
//!
//! A page ends at a number of events, or where it has so much text, or where so much is stored for it: a comment has all its
//! earlier versions beside it, which are not read.

use super::{
    EventRecord, RepoRecord, Result, Store, StoreError,
    database::{Connection, OptionalExtension, params},
    events::from_row,
};

/// Events of a page.
const MOST: usize = 100;
/// Those, and the one that says that there are more.
const ONE_MORE: usize = MOST + 1;
/// Bytes of what is shown of them, of more than one event.
const MOST_SHOWN: u64 = 100_000;
/// Bytes that are stored for them, of more than one event.
const MOST_STORED: u64 = 4 << 20;

/// The columns of [`from_row`], without the earlier versions of a comment, and what is counted.
const COLUMNS: &str =
    "id, kind, author, created_at, json_remove(data, '$.history'), position, octet_length(data)";

/// Which page of the events is read.
#[derive(Debug, Clone)]
pub(crate) enum EventsFrom {
    /// The one that begins here.
    Position(u64),
    /// The one that ends with the event of this id; the first one when there is none.
    Event(String),
    /// The last.
    End,
}

/// Some of the events of a discussion.
#[derive(Debug, Clone)]
pub(crate) struct EventPage {
    /// Oldest first. Comments are without their earlier versions.
    pub(crate) events: Vec<EventRecord>,
    /// Where the page before begins, if there is one.
    pub(crate) before: Option<u64>,
    /// Where the next page begins, if there is one.
    pub(crate) next: Option<u64>,
}

impl Store {
    /// A page of the events of a discussion.
    pub(crate) fn event_page(&self, repo: &RepoRecord, number: u64, from: &EventsFrom) -> Result<EventPage> {
        let of = Of { repo: repo.key, number: i64::try_from(number).unwrap_or(i64::MAX) };
        self.database().read(|connection| {
            let first = match from {
                EventsFrom::Position(position) => *position,
                EventsFrom::End => of.page_before(connection, u64::MAX)?.unwrap_or(0),
                EventsFrom::Event(id) => match of.position(connection, id)? {
                    Some(position) => of.page_before(connection, position.saturating_add(1))?.unwrap_or(0),
                    None => 0,
                },
            };
            let (events, next) = of.page(connection, first)?;
            Ok(EventPage { events, before: of.page_before(connection, first)?, next })
        })
    }

    /// One event of a discussion, without the earlier versions of a comment.
    ///
    /// # Errors
    /// `CommentNotFound`.
    pub(crate) fn latest_comment(&self, repo: &RepoRecord, number: u64, id: &str) -> Result<EventRecord> {
        self.database().read(|connection| {
            let found = connection
                .prepare(&format!(
                    "SELECT {COLUMNS} FROM discussion_events
                     WHERE id = ?3 AND repo = ?1 AND number = ?2 AND kind = 'comment'"
                ))?
                .query_row(params![repo.key, i64::try_from(number).unwrap_or(i64::MAX), id], from_row)
                .optional()?;
            found.ok_or_else(|| StoreError::CommentNotFound { id: id.to_owned() })
        })
    }
}

/// The discussion whose events are read.
#[derive(Clone, Copy)]
struct Of {
    repo: i64,
    number: i64,
}

impl Of {
    fn position(self, connection: &Connection, id: &str) -> Result<Option<u64>> {
        let found = connection
            .prepare("SELECT position FROM discussion_events WHERE id = ?3 AND repo = ?1 AND number = ?2")?
            .query_row(params![self.repo, self.number, id], |row| row.get(0))
            .optional()?;
        Ok(found)
    }

    /// The events from a position on, and where the next page begins.
    fn page(self, connection: &Connection, first: u64) -> Result<(Vec<EventRecord>, Option<u64>)> {
        let mut statement = connection.prepare(&format!(
            "SELECT {COLUMNS} FROM discussion_events
             WHERE repo = ?1 AND number = ?2 AND position >= ?3 ORDER BY position LIMIT {ONE_MORE}"
        ))?;
        let first = i64::try_from(first).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![self.repo, self.number, first])?;
        let (mut events, mut room) = (Vec::new(), Room::default());
        while let Some(row) = rows.next()? {
            let shown: String = row.get(4)?;
            if !room.takes(shown.len() as u64, row.get(6)?) {
                return Ok((events, Some(row.get(5)?)));
            }
            events.push(from_row(&row)?);
        }
        Ok((events, None))
    }

    /// Where the page begins that ends before a position.
    fn page_before(self, connection: &Connection, end: u64) -> Result<Option<u64>> {
        let mut statement = connection.prepare(&format!(
            "SELECT position, octet_length(json_remove(data, '$.history')), octet_length(data)
             FROM discussion_events WHERE repo = ?1 AND number = ?2 AND position < ?3
             ORDER BY position DESC LIMIT {ONE_MORE}"
        ))?;
        let end = i64::try_from(end).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![self.repo, self.number, end])?;
        let (mut first, mut room) = (None, Room::default());
        while let Some(row) = rows.next()? {
            if !room.takes(row.get(1)?, row.get(2)?) {
                break;
            }
            first = Some(row.get(0)?);
        }
        Ok(first)
    }
}

/// What a page has so far.
#[derive(Default)]
struct Room {
    events: usize,
    shown: u64,
    stored: u64,
}

impl Room {
    /// Whether another event is part of the page; the first one always is.
    fn takes(&mut self, shown: u64, stored: u64) -> bool {
        self.events += 1;
        self.shown = self.shown.saturating_add(shown);
        self.stored = self.stored.saturating_add(stored);
        self.events == 1 || (self.events <= MOST && self.shown <= MOST_SHOWN && self.stored <= MOST_STORED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        NewDiscussion,
        testing::{Temporary, model, temporary},
    };

    /// A discussion whose opening comment is the event at position 0.
    fn discussion() -> (Temporary, RepoRecord) {
        let store = temporary();
        let repo = model(&store, "ada/demo");
        let new = NewDiscussion {
            title: "Title".into(),
            description: "0".into(),
            author: "ada".into(),
            pull_request: None,
        };
        store.open_discussion(&repo, &new).unwrap();
        (store, repo)
    }

    fn add(store: &Store, repo: &RepoRecord, text: &str) -> String {
        store.add_comment(repo, 1, "ada", text).unwrap().id
    }

    fn texts(page: &EventPage) -> Vec<&str> {
        page.events.iter().map(|event| event.data["latest"]["raw"].as_str().unwrap()).collect()
    }

    #[test]
    fn every_event_is_on_one_page_and_pages_lead_to_each_other() {
        let (store, repo) = discussion();
        let ids: Vec<String> = (1..250).map(|number| add(&store, &repo, &number.to_string())).collect();
        let mut seen = Vec::new();
        let mut at = Some(0);
        let mut starts = Vec::new();
        while let Some(position) = at {
            let page = store.event_page(&repo, 1, &EventsFrom::Position(position)).unwrap();
            assert_eq!(page.before, starts.last().copied());
            starts.push(position);
            seen.extend(texts(&page).into_iter().map(str::to_owned));
            at = page.next;
        }
        assert_eq!(starts, [0, 100, 200]);
        assert_eq!(seen, (0..250).map(|number: u32| number.to_string()).collect::<Vec<_>>());
        let last = store.event_page(&repo, 1, &EventsFrom::End).unwrap();
        assert_eq!((texts(&last).len(), last.before, last.next), (100, Some(50), None));
        let with = store.event_page(&repo, 1, &EventsFrom::Event(ids[119].clone())).unwrap();
        assert_eq!((texts(&with).first(), texts(&with).last()), (Some(&"21"), Some(&"120")));
        let unknown = store.event_page(&repo, 1, &EventsFrom::Event("none".into())).unwrap();
        assert_eq!(texts(&unknown)[0], "0");
        let beyond = store.event_page(&repo, 1, &EventsFrom::Position(u64::MAX)).unwrap();
        assert_eq!((beyond.events.len(), beyond.next), (0, None));
    }

    #[test]
    fn a_page_has_so_much_text_and_no_earlier_versions() {
        let (store, repo) = discussion();
        let long = "x".repeat(60_000);
        let edited = add(&store, &repo, &long);
        for _ in 0..3 {
            store.edit_comment(&repo, 1, &edited, "ada", Some(&long)).unwrap();
        }
        add(&store, &repo, &long);
        let page = store.event_page(&repo, 1, &EventsFrom::Position(0)).unwrap();
        assert_eq!((page.events.len(), page.next), (2, Some(2)));
        assert!(page.events[1].data.get("history").is_none());
        assert_eq!(page.events[1].data["numEdits"], 3);
        let comment = store.latest_comment(&repo, 1, &edited).unwrap();
        assert_eq!(comment.data["latest"]["raw"], long);
        let missing = store.latest_comment(&repo, 2, &edited).unwrap_err();
        assert!(matches!(missing, StoreError::CommentNotFound { .. }));
    }

    #[test]
    fn a_comment_with_much_stored_is_alone_on_its_page() {
        let (store, repo) = discussion();
        let edited = add(&store, &repo, "x");
        for _ in 0..25 {
            store.edit_comment(&repo, 1, &edited, "ada", Some(&"🦀".repeat(65_536))).unwrap();
        }
        store.edit_comment(&repo, 1, &edited, "ada", Some("short")).unwrap();
        add(&store, &repo, "after");
        let page = |from| store.event_page(&repo, 1, &EventsFrom::Position(from)).unwrap();
        assert_eq!(texts(&page(0)), ["0"]);
        assert_eq!((texts(&page(1)), page(1).before), (vec!["short"], Some(0)));
        assert_eq!(texts(&page(2)), ["after"]);
    }
}
