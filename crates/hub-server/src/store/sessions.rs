//! Sessions of browsers. Nothing is stored: the cookie is a token and the end of the session, sealed.

use jiff::{SignedDuration, Timestamp};

use super::{Result, Store, database::now};

/// How long a browser stays signed in.
pub(crate) const SESSION: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Where a sealed session belongs. A secret of a Space has a line break in its place.
const PLACE: &str = "a session of a browser";

impl Store {
    /// Seals a token for the cookie of a browser, for 30 days.
    pub(crate) fn seal_session(&self, token: &str) -> Result<String> {
        let end = now().saturating_add(SESSION).map_or(Timestamp::MAX, |end| end);
        self.database().sealer.seal(PLACE, &format!("{}\n{token}", end.as_second()))
    }

    /// The token of a cookie; `None` for one that is over, or was made by nobody here.
    pub(crate) fn open_session(&self, cookie: &str) -> Option<String> {
        let text = self.database().sealer.open(PLACE, cookie)?;
        let (end, token) = text.split_once('\n')?;
        (end.parse::<i64>().ok()? > now().as_second()).then(|| token.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::temporary;

    #[test]
    fn a_cookie_is_opened_by_the_store_that_sealed_it_and_by_no_other() {
        let (store, other) = (temporary(), temporary());
        let cookie = store.seal_session("hf_secret").unwrap();
        assert!(!cookie.contains("secret"));
        assert_eq!(store.open_session(&cookie).as_deref(), Some("hf_secret"));
        assert_eq!(other.open_session(&cookie), None);
        assert_eq!(store.open_session("1:AAAA"), None);
    }

    #[test]
    fn a_session_ends_and_nothing_else_that_is_sealed_is_one() {
        let store = temporary();
        let sealer = &store.database().sealer;
        let seal = |place: &str, text: String| sealer.seal(place, &text).unwrap();
        let present = now().as_second();
        let open = |cookie: String| store.open_session(&cookie);
        assert_eq!(open(seal(PLACE, format!("{}\nhf_a", present + 60))).as_deref(), Some("hf_a"));
        for over in [present - 1, present, 0, -1] {
            assert_eq!(open(seal(PLACE, format!("{over}\nhf_a"))), None);
        }
        for broken in ["hf_a".to_owned(), "x\nhf_a".to_owned(), format!("{}", present + 60)] {
            assert_eq!(open(seal(PLACE, broken)), None);
        }
        // The secret of a Space, whoever wrote it.
        let secret = format!("{}\nhf_a", present + 60);
        assert_eq!(open(sealer.seal_setting("id", "KEY", &secret).unwrap()), None);
        assert_eq!(open(sealer.seal_setting(PLACE, "", &secret).unwrap()), None);
    }
}
