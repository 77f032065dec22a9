//! The entries of a page, decoded one at a time as they are wanted.

use std::marker::PhantomData;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Deserializer;
use serde_json::value::RawValue;

use crate::{Error, json};

/// A JSON array that is read entry by entry. Nothing but the text is kept in memory.
pub(crate) struct Entries<T> {
    text: String,
    /// Where the next entry, or the comma before it, begins.
    at: usize,
    /// Position of the next entry in the whole listing.
    index: usize,
    state: State,
    item: PhantomData<fn() -> T>,
}

#[derive(PartialEq)]
enum State {
    First,
    Later,
    Done,
}

/// What comes next in a page.
pub(crate) enum Entry<T> {
    /// An entry.
    Fits(T),
    /// An entry that does not fit its type; others follow.
    Odd(Error),
    /// The page is no array from here on; nothing follows.
    Broken(Error),
}

impl<T: DeserializeOwned> Entries<T> {
    /// `first` is the position of the first entry in the whole listing.
    pub(crate) fn new(body: Bytes, first: usize) -> Result<Self, Error> {
        let text = String::from_utf8(body.into()).map_err(|error| {
            let source = serde_json::from_slice::<Vec<&RawValue>>(error.as_bytes()).err();
            source.map_or_else(
                || Error::decode("the response is not text in UTF-8", error.utf8_error()),
                |source| json::misfit(error.as_bytes(), source),
            )
        })?;
        let mut entries = Self { text, at: 0, index: first, state: State::First, item: PhantomData };
        if entries.skip_token("[") { Ok(entries) } else { Err(entries.broken()) }
    }

    /// Position of the next entry in the whole listing.
    pub(crate) const fn next_index(&self) -> usize {
        self.index
    }

    /// Skips whitespace and then `token`, if it is there.
    fn skip_token(&mut self, token: &str) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let trimmed = rest.trim_ascii_start();
        let taken = trimmed.starts_with(token);
        if taken {
            self.at += rest.len() - trimmed.len() + token.len();
        }
        taken
    }

    /// Why the text is no array; only asked when it is none.
    fn broken(&self) -> Error {
        match serde_json::from_str::<Vec<&RawValue>>(&self.text) {
            Err(source) => json::misfit(self.text.as_bytes(), source),
            Ok(_) => Error::decode("the response is not what was expected", "an array ends early"),
        }
    }

    fn end(&mut self) -> Option<Entry<T>> {
        self.state = State::Done;
        let rest = self.text.get(self.at..).unwrap_or_default();
        (!rest.trim_ascii().is_empty()).then(|| Entry::Broken(self.broken()))
    }

    fn break_off(&mut self) -> Option<Entry<T>> {
        self.state = State::Done;
        Some(Entry::Broken(self.broken()))
    }
}

impl<T: DeserializeOwned> Iterator for Entries<T> {
    type Item = Entry<T>;

    fn next(&mut self) -> Option<Entry<T>> {
        if self.state == State::Done {
            return None;
        }
        if self.skip_token("]") {
            return self.end();
        }
        if self.state == State::Later && !self.skip_token(",") {
            return self.break_off();
        }
        self.state = State::Later;
        let rest = self.text.get(self.at..).unwrap_or_default();
        let mut values = Deserializer::from_str(rest).into_iter::<T>();
        let entry = match values.next() {
            Some(Ok(item)) => {
                self.at += values.byte_offset();
                Entry::Fits(item)
            }
            _ => {
                let mut values = Deserializer::from_str(rest).into_iter::<&RawValue>();
                let Some(Ok(raw)) = values.next() else { return self.break_off() };
                self.at += values.byte_offset();
                match decode(raw, self.index) {
                    Ok(item) => Entry::Fits(item),
                    Err(error) => Entry::Odd(error),
                }
            }
        };
        self.index += 1;
        Some(entry)
    }
}

fn decode<T: DeserializeOwned>(item: &RawValue, index: usize) -> Result<T, Error> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(alias = "modelId", alias = "path", alias = "name")]
        id: String,
    }
    serde_json::from_str(item.get()).map_err(|source| {
        let name = serde_json::from_str::<Named>(item.get())
            .map(|named| format!(" ({:?})", named.id))
            .unwrap_or_default();
        Error::decode(format!("entry {index}{name} of the listing is not what was expected"), source)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Item {
        id: String,
    }

    fn read(body: &str) -> Vec<String> {
        let entries = match Entries::<Item>::new(Bytes::from(body.to_owned()), 100) {
            Ok(entries) => entries,
            Err(error) => return vec![format!("broken: {error}")],
        };
        entries
            .map(|entry| match entry {
                Entry::Fits(item) => item.id,
                Entry::Odd(error) => format!("odd: {error}"),
                Entry::Broken(error) => format!("broken: {error}"),
            })
            .collect()
    }

    #[test]
    fn one_entry_that_does_not_fit_leaves_the_others() {
        assert_eq!(
            read(r#" [{"id":"a"} , {"id":7},{"modelId":"m"},{"id":"d"} ] "#),
            [
                "a",
                "odd: entry 101 of the listing is not what was expected",
                "odd: entry 102 (\"m\") of the listing is not what was expected",
                "d"
            ]
        );
    }

    #[test]
    fn an_array_without_entries_is_an_empty_page() {
        assert!(read(" [ ] ").is_empty());
    }

    #[test]
    fn something_else_than_an_array_is_broken_from_there_on() {
        for (body, before) in [
            (r#"{"error":"x"}"#, 0),
            ("", 0),
            (r#"[{"id":"a"}"#, 1),
            (r#"[{"id":"a"},"#, 1),
            (r#"[{"id":"a"},]"#, 1),
            (r#"[,{"id":"a"}]"#, 0),
            (r#"[{"id":"a"}{"id":"b"}]"#, 1),
            (r#"[{"id":"a"}] x"#, 1),
            (r#"[{"id":"a"}, {"id":"#, 1),
        ] {
            let read = read(body);
            assert_eq!(read.len(), before + 1, "{body}: {read:?}");
            assert!(
                read[before].starts_with("broken: the response is not what was expected"),
                "{body}: {read:?}"
            );
        }
    }

    #[test]
    fn a_page_that_is_no_utf8_is_broken() {
        let error = Entries::<Item>::new(Bytes::from_static(b"[{\"id\":\"\xff\"}]"), 0).err().unwrap();
        assert_eq!(error.kind(), crate::ErrorKind::Decode);
    }

    proptest! {
        #[test]
        fn entry_by_entry_is_the_same_as_all_at_once(body in "[\\[\\]{}\", :a1]{0,24}") {
            let all = serde_json::from_str::<Vec<serde_json::Value>>(&body).ok();
            let mut items = Vec::new();
            let mut whole = true;
            match Entries::<serde_json::Value>::new(Bytes::from(body), 0) {
                Err(_) => whole = false,
                Ok(entries) => for entry in entries {
                    match entry {
                        Entry::Fits(item) => items.push(item),
                        Entry::Odd(_) | Entry::Broken(_) => whole = false,
                    }
                },
            }
            prop_assert_eq!(whole.then_some(items), all);
        }
    }
}
