//! The events of a shard upload, one JSON object on each line (section 9.5).

use serde::{Deserialize, Serialize};

use crate::{XetError, error::at_most};

/// Greatest length of a line in bytes.
pub const MAX_EVENT_LEN: usize = 1024 * 1024;

/// What a server says while it registers a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
#[non_exhaustive]
pub enum ShardUploadEvent {
    /// It checks the files.
    Validating {
        /// How many are checked.
        #[serde(default)]
        verified: u64,
        /// How many there are.
        #[serde(default)]
        total: u64,
    },
    /// It stores the shard.
    Committing {
        /// `uploading` or `syncing`.
        #[serde(default)]
        stage: String,
    },
    /// It is done: the last event.
    Result {
        /// 0: the shard existed; 1: it is registered. Both are success.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<u32>,
    },
    /// It failed: the last event.
    Error {
        /// Why.
        #[serde(default)]
        message: String,
        /// Whether the same upload may succeed later.
        #[serde(default)]
        retryable: bool,
    },
    /// Something that this version does not know; to be skipped.
    #[serde(other)]
    Other,
}

impl ShardUploadEvent {
    /// Whether no event can follow.
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Result { .. } | Self::Error { .. })
    }

    /// The event as a line, with its end.
    pub fn to_line(&self) -> String {
        // An event has only strings and numbers, which can always be written.
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }
}

/// Reads events that come in pieces of any size; it holds at most one line.
#[derive(Debug, Default)]
pub struct EventReader {
    line: Vec<u8>,
    ended: bool,
}

impl EventReader {
    /// At the beginning of a response.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one event from `input` and takes off what it has read. `None`: all of `input` is read.
    ///
    /// # Errors
    ///
    /// A line is longer than [`MAX_EVENT_LEN`] or no event.
    pub fn next_event(&mut self, input: &mut &[u8]) -> Result<Option<ShardUploadEvent>, XetError> {
        while !input.is_empty() {
            let end = input.iter().position(|byte| *byte == b'\n');
            let (taken, rest) =
                input.split_at_checked(end.map_or(input.len(), |end| end + 1)).unwrap_or_default();
            *input = rest;
            at_most(
                "line of an upload's events",
                (self.line.len() + taken.len()) as u64,
                MAX_EVENT_LEN as u64,
            )?;
            self.line.extend_from_slice(taken);
            if end.is_some()
                && let Some(event) = self.event()?
            {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// Ends the response; the event of a last line without an end, if there is one.
    ///
    /// # Errors
    ///
    /// The response ended without a [`Result`](ShardUploadEvent::Result) or [`Error`](ShardUploadEvent::Error): nothing is known of
    /// the upload.
    pub fn finish(mut self) -> Result<Option<ShardUploadEvent>, XetError> {
        let event = self.event()?;
        if self.ended { Ok(event) } else { Err(XetError::Truncated { what: "response to a shard" }) }
    }

    fn event(&mut self) -> Result<Option<ShardUploadEvent>, XetError> {
        let line = std::mem::take(&mut self.line);
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(None);
        }
        let event: ShardUploadEvent = serde_json::from_slice(line)
            .map_err(|_| XetError::invalid("event of a shard upload", "it is no object with a type"))?;
        self.ended |= event.is_last();
        Ok(Some(event))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, piece: usize) -> Result<Vec<ShardUploadEvent>, XetError> {
        let mut reader = EventReader::new();
        let mut events = Vec::new();
        for mut input in text.as_bytes().chunks(piece) {
            while let Some(event) = reader.next_event(&mut input)? {
                events.push(event);
            }
        }
        events.extend(reader.finish()?);
        Ok(events)
    }

    #[test]
    fn events_are_read_from_any_pieces() {
        let events = [
            ShardUploadEvent::Validating { verified: 1, total: 2 },
            ShardUploadEvent::Committing { stage: "syncing".into() },
            ShardUploadEvent::Error { message: "no xorb".into(), retryable: true },
            ShardUploadEvent::Result { result: Some(1) },
        ];
        let text: String = events.iter().map(ShardUploadEvent::to_line).collect();
        assert!(text.starts_with("{\"type\":\"validating\",\"verified\":1,\"total\":2}\n"));
        for piece in [1, 10, 1000] {
            assert_eq!(read(&text, piece).unwrap(), events);
            assert_eq!(read(text.trim_end(), piece).unwrap(), events);
        }
    }

    #[test]
    fn types_that_are_not_known_are_told_apart_and_the_end_must_be_told() {
        let text = "{\"type\":\"later\",\"x\":[1]}\r\n\n{\"type\":\"result\"}\n";
        let expected = [ShardUploadEvent::Other, ShardUploadEvent::Result { result: None }];
        assert_eq!(read(text, 5).unwrap(), expected);
        for wrong in [
            "",
            "{\"type\":\"committing\"}\n",
            "<html>\n",
            "{\"result\":1}\n",
            "{\"type\":\"result\"",
            "[]\n",
        ] {
            assert!(read(wrong, 100).is_err(), "{wrong}");
        }
        assert!(read(&" ".repeat(MAX_EVENT_LEN + 1), 1000).is_err());
    }

    proptest! {
        #[test]
        fn any_lines_are_events_or_errors(text in r#"([{}",:a-z0-9\[\]\n]|"type":|"result"|"error"){0,60}"#, piece in 1..20_usize) {
            let _ = read(&text, piece);
        }
    }
}
