//! Query strings and form bodies, for servers.
//!
//! ```
//! use hub_types::query::Query;
//! let query = Query::parse(b"blobs=True&expand=author&expand[]=tags&limit=5");
//! assert!(query.flag("blobs"));
//! assert_eq!(query.all("expand").collect::<Vec<_>>(), ["author", "tags"]);
//! assert_eq!(query.number("limit")?, Some(5));
//! # Ok::<(), hub_types::ParseError>(())
//! ```

use crate::ParseError;

/// The pairs of a query string or of a form, decoded, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `a=1&b=2`.
    pub fn parse(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().collect())
    }

    /// Every pair, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Refuses a name that is there twice, as long as it is none of `lists`: another reader of the same query may take the
    /// other value.
    ///
    /// ```
    /// use hub_types::query::Query;
    /// assert!(Query::parse(b"expand=a&expand=b&limit=1").once_each(&["expand"]).is_ok());
    /// assert!(Query::parse(b"limit=1&limit=2").once_each(&["expand"]).is_err());
    /// ```
    ///
    /// # Errors
    /// [`ParseError`] with the name.
    pub fn once_each(&self, lists: &[&str]) -> Result<(), ParseError> {
        let mut seen = std::collections::HashSet::new();
        for (name, _) in self.pairs() {
            if !seen.insert(name) && !lists.contains(&name.strip_suffix("[]").unwrap_or(name)) {
                return Err(ParseError::new("query", name, "it is given more than once: send it once"));
            }
        }
        Ok(())
    }

    /// The first value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value of `name`, also written `name[]` as the JavaScript client does.
    pub fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        self.0.iter().filter_map(move |(key, value)| {
            (key == name || key.strip_suffix("[]") == Some(name)).then_some(value.as_str())
        })
    }

    /// Whether `name` is there, with any value.
    pub fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// Whether `name` is switched on. Python sends `True`, others `true` or `1`.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(is_true)
    }

    /// The number at `name`.
    ///
    /// # Errors
    /// [`ParseError`] when it is there and is no number from 0 on, in digits alone.
    pub fn number(&self, name: &str) -> Result<Option<usize>, ParseError> {
        let number = |text: &str| {
            digits(text).ok_or_else(|| ParseError::new("query", text, format!("\"{name}\" must be a number")))
        };
        self.get(name).map(number).transpose()
    }
}

/// A number in digits alone: `+1` is none.
pub(crate) fn digits<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn is_true(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text == "1"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_lists_and_numbers_are_read_as_clients_write_them() {
        let query = Query::parse(b"blobs=True&x=false&expand=a&expand[]=b&limit=5&p=x&e=%2Fa+b");
        assert!(query.flag("blobs") && !query.flag("x") && !query.flag("absent"));
        assert_eq!(query.all("expand").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(query.number("limit").unwrap(), Some(5));
        assert_eq!(query.number("absent").unwrap(), None);
        assert!(query.number("p").is_err() && Query::parse(b"p=%2B1").number("p").is_err());
        assert_eq!(query.get("e"), Some("/a b"));
    }
}
