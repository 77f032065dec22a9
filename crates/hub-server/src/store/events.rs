//! What happened in a discussion, in order.

use hub_types::discussion::{CommentData, CommentVersion, DiscussionAuthor};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    RepoRecord, Result, Store, StoreError,
    database::{
        OptionalExtension, Row, SqlError, SqlResult, Transaction, corrupt, now, params, time_from_column,
    },
    discussion_record::find,
    repos::random_id,
};

/// How often a comment can be edited: every version stays, and whoever reads the discussion gets them all.
const MOST_EDITS: u64 = 50;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EventRecord {
    /// 24 hexadecimal digits.
    pub(crate) id: String,
    /// `comment`, `status-change` ...
    pub(crate) kind: String,
    /// Account name, or whom a commit names.
    pub(crate) author: String,
    /// When; never before the event before.
    pub(crate) created_at: Timestamp,
    /// The data as messages show it, but without HTML.
    pub(crate) data: Value,
}

/// An event to be recorded.
pub(super) struct NewEvent<'a> {
    kind: &'static str,
    author: &'a str,
    time: Timestamp,
    data: Value,
}

impl<'a> NewEvent<'a> {
    pub(super) fn new(
        kind: &'static str,
        author: &'a str,
        time: Timestamp,
        data: &impl Serialize,
    ) -> Result<Self> {
        Ok(Self { kind, author, time, data: written(data)? })
    }

    pub(super) fn comment(author: &'a str, time: Timestamp, text: &str) -> Self {
        let data = json!({
            "edited": false, "hidden": false, "numEdits": 0, "editors": [author], "editorAvatarUrls": [],
            "reactions": [], "history": [], "latest": version(text, author, time),
        });
        Self { kind: "comment", author, time, data }
    }
}

impl Store {
    /// All events of a discussion, oldest first.
    pub(crate) fn events(&self, repo: &RepoRecord, number: u64) -> Result<Vec<EventRecord>> {
        self.database().read(|connection| {
            let events = connection
                .prepare(
                    "SELECT id, kind, author, created_at, data FROM discussion_events
                     WHERE repo = ?1 AND number = ?2 ORDER BY position",
                )?
                .query_map(params![repo.key, number], from_row)?
                .collect::<SqlResult<_>>()?;
            Ok(events)
        })
    }

    /// Adds a comment.
    ///
    /// # Errors
    /// `DiscussionNotFound`.
    pub(crate) fn add_comment(
        &self,
        repo: &RepoRecord,
        number: u64,
        author: &str,
        text: &str,
    ) -> Result<EventRecord> {
        self.database().write(|transaction| {
            find(transaction, repo, number)?;
            add(transaction, repo, number, NewEvent::comment(author, now(), text))
        })
    }

    /// The comment with this id.
    ///
    /// # Errors
    /// `CommentNotFound`.
    pub(crate) fn comment(&self, repo: &RepoRecord, number: u64, id: &str) -> Result<EventRecord> {
        let found = self.events(repo, number)?.into_iter().find(|event| event.id == id);
        found
            .filter(|event| event.kind == "comment")
            .ok_or_else(|| StoreError::CommentNotFound { id: id.to_owned() })
    }

    /// Gives a comment another text; a text of `None` hides it, with everything that it ever said.
    ///
    /// # Errors
    /// `CommentNotFound`, also when it is hidden and a text is given.
    pub(crate) fn edit_comment(
        &self,
        repo: &RepoRecord,
        number: u64,
        id: &str,
        author: &str,
        text: Option<&str>,
    ) -> Result<EventRecord> {
        self.database().write(|transaction| {
            let missing = || StoreError::CommentNotFound { id: id.to_owned() };
            let mut event = transaction
                .query_row(
                    "SELECT id, kind, author, created_at, data FROM discussion_events
                     WHERE repo = ?1 AND number = ?2 AND id = ?3 AND kind = 'comment'",
                    params![repo.key, number, id],
                    from_row,
                )
                .optional()?
                .ok_or_else(missing)?;
            let mut data: CommentData =
                serde_json::from_value(event.data).map_err(corrupt(4)).map_err(StoreError::from)?;
            match text {
                Some(_) if data.hidden => return Err(missing()),
                Some(_) if data.num_edits.unwrap_or_default() >= MOST_EDITS => {
                    return Err(StoreError::TooManyEdits { most: MOST_EDITS });
                }
                Some(text) => {
                    data.edited = true;
                    data.num_edits = Some(data.num_edits.unwrap_or_default() + 1);
                    let before = std::mem::replace(&mut data.latest, version(text, author, now()));
                    data.history.get_or_insert_default().push(before);
                }
                None if data.hidden => {}
                None => {
                    data.hidden = true;
                    data.latest = version("", author, now());
                    data.history = Some(Vec::new());
                    data.extra.insert("hiddenBy".to_owned(), json!(author));
                }
            }
            event.data = written(&data)?;
            transaction.execute(
                "UPDATE discussion_events SET data = ?2 WHERE id = ?1",
                params![id, event.data.to_string()],
            )?;
            Ok(event)
        })
    }
}

/// Appends an event. Its time is at least that of the event before: commits may claim to be older.
pub(super) fn add(
    transaction: &Transaction<'_>,
    repo: &RepoRecord,
    number: u64,
    event: NewEvent<'_>,
) -> Result<EventRecord> {
    let NewEvent { kind, author, time, data } = event;
    let inserted = transaction
        .prepare(
            "INSERT INTO discussion_events (repo, number, position, id, kind, author, created_at, data)
             SELECT ?1, ?2, coalesce(max(position), -1) + 1, ?3, ?4, ?5,
                 CASE WHEN max(created_at) > ?6 THEN max(created_at) ELSE ?6 END, ?7
             FROM discussion_events WHERE repo = ?1 AND number = ?2
             RETURNING id, kind, author, created_at, data",
        )?
        .query_row(
            params![
                repo.key,
                number,
                random_id()?,
                kind,
                author,
                time.min(now()).as_millisecond(),
                data.to_string()
            ],
            from_row,
        )?;
    Ok(inserted)
}

/// A version without HTML, which is made when it is shown.
fn version(text: &str, author: &str, time: Timestamp) -> CommentVersion {
    let time = hub_types::Timestamp::new(format!("{time:.3}"));
    CommentVersion::new(text, "", time, DiscussionAuthor::new(author))
}

fn written(data: &impl Serialize) -> Result<Value> {
    Ok(serde_json::to_value(data).map_err(SqlError::from)?)
}

pub(super) fn from_row(row: &Row<'_>) -> SqlResult<EventRecord> {
    let data: String = row.get(4)?;
    Ok(EventRecord {
        id: row.get(0)?,
        kind: row.get(1)?,
        author: row.get(2)?,
        created_at: time_from_column(row, 3)?,
        data: serde_json::from_str(&data).map_err(corrupt(4))?,
    })
}
