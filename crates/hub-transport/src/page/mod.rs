//! Link-paged listings: [`Page`], and the stream over all pages.

mod link;
mod stream;

use bytes::Bytes;
use http::Uri;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::{Error, json};

pub(crate) use link::next_link;
pub(crate) use stream::stream;

/// One page of a listing.
#[derive(Debug)]
pub struct Page<T> {
    /// The entries. One that does not fit its type is an `Err` of its own, with its position and its id.
    pub items: Vec<Result<T, Error>>,
    /// Where the next page is; `None` on the last one. Always of the same origin as this one.
    pub next: Option<Uri>,
    /// Number of entries of the whole listing, if the server says it (`X-Total-Count`).
    pub total: Option<u64>,
}

/// Reads a JSON array entry by entry. All at once first, which is one pass; only if that fails each entry alone, so that
/// one that does not fit leaves the others.
pub(crate) fn decode_items<T: DeserializeOwned>(
    body: &Bytes,
    first: usize,
) -> Result<Vec<Result<T, Error>>, Error> {
    if let Ok(items) = serde_json::from_slice::<Vec<T>>(body) {
        return Ok(items.into_iter().map(Ok).collect());
    }
    let raw: Vec<&RawValue> = serde_json::from_slice(body).map_err(|source| json::misfit(body, source))?;
    Ok(raw.into_iter().enumerate().map(|(index, item)| decode_item(item, first + index)).collect())
}

fn decode_item<T: DeserializeOwned>(item: &RawValue, index: usize) -> Result<T, Error> {
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
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Item {
        id: String,
    }

    #[test]
    fn one_entry_that_does_not_fit_leaves_the_others() {
        let body = Bytes::from(r#"[{"id":"a"},{"id":7},{"modelId":"m"},{"id":"d"}]"#);
        let items = decode_items::<Item>(&body, 100).unwrap();
        let texts: Vec<_> = items
            .iter()
            .map(|item| item.as_ref().map_or_else(ToString::to_string, |i| i.id.clone()))
            .collect();
        assert_eq!(
            texts,
            [
                "a",
                "entry 101 of the listing is not what was expected",
                "entry 102 (\"m\") of the listing is not what was expected",
                "d"
            ]
        );
    }

    #[test]
    fn something_else_than_an_array_is_an_error() {
        decode_items::<Item>(&Bytes::from(r#"{"error":"x"}"#), 0).unwrap_err();
        decode_items::<Item>(&Bytes::from(r#"[{"id":"a"}"#), 0).unwrap_err();
    }
}
