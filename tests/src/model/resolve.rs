//! Contents of files, whole or in ranges.

use bytes::Bytes;
use http::header::{ACCEPT_RANGES, CONTENT_RANGE, ETAG, IF_RANGE, LOCATION, RANGE};
use hub_types::error_code::{X_LINKED_ETAG, X_LINKED_SIZE, X_REPO_COMMIT};

use super::{Asked, Refusal, Reply, State};

impl State {
    pub(super) fn resolve(
        &self,
        key: &str,
        revision: &str,
        path: &str,
        asked: &Asked,
    ) -> Result<Reply, Refusal> {
        let repo = self.found(key)?;
        if repo.private {
            Self::caller(asked)?;
        }
        let commit = repo.commit(revision)?;
        let reply = match commit.tree.get(path) {
            None => Reply::from(Refusal::no_entry(path)),
            Some(file) => match &file.lfs {
                None => content(asked, file.content.clone(), &file.blob),
                Some(sha256) => {
                    let place = format!("{}/store/{key}/{sha256}", asked.origin);
                    let found = Reply::new(302, "text/plain; charset=utf-8", "Found")
                        .header(LOCATION.as_str(), place)
                        .header(X_LINKED_ETAG, format!("\"{sha256}\""))
                        .header(X_LINKED_SIZE, file.size.to_string());
                    found.header(ETAG.as_str(), format!("\"{sha256}\""))
                }
            },
        };
        Ok(reply.header(X_REPO_COMMIT, commit.id.clone()))
    }
}

/// A content, or the range of it that is asked for.
pub(super) fn content(asked: &Asked, content: Bytes, id: &str) -> Reply {
    let etag = format!("\"{id}\"");
    let text = |name: http::HeaderName| asked.headers.get(name).and_then(|value| value.to_str().ok());
    let still = text(IF_RANGE).is_none_or(|wanted| wanted == etag);
    let range = text(RANGE).filter(|_| still).and_then(|range| bounds(range, content.len()));
    let whole = content.len();
    let reply = match range {
        None => Reply::new(200, "application/octet-stream", content),
        Some(None) => {
            let mut refused = Reply::refused(416, "there is no such range");
            refused = refused.header(CONTENT_RANGE.as_str(), format!("bytes */{whole}"));
            return refused;
        }
        Some(Some((start, end))) => {
            let mut part = Reply::new(206, "application/octet-stream", content.slice(start..end));
            part = part.header(CONTENT_RANGE.as_str(), format!("bytes {start}-{}/{whole}", end - 1));
            part
        }
    };
    reply.header(ETAG.as_str(), etag).header(ACCEPT_RANGES.as_str(), "bytes".to_owned())
}

/// Start and end of a range; `Some(None)` when it lies outside.
fn bounds(range: &str, size: usize) -> Option<Option<(usize, usize)>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (start, end) = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) => (first, last.saturating_add(1).min(size)),
        (Ok(first), Err(_)) => (first, size),
        (Err(_), Ok(count)) => (size.saturating_sub(count), size),
        _ => return None,
    };
    Some((start < end).then_some((start, end)))
}
