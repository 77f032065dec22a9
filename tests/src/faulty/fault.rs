//! What can happen to a request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Work;

/// A request as a script sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its number, from 0.
    pub number: usize,
    /// Method and path: `POST /api/repos/create`.
    pub line: String,
}

/// Something that happens to the Hub.
pub type Change = Arc<dyn Fn() -> Work<()> + Send + Sync>;

/// What happens to one request.
#[derive(Clone)]
pub struct Fault {
    /// Whether it is carried out.
    pub applies: bool,
    /// What comes back.
    pub trouble: Trouble,
    /// How long it takes until it is carried out.
    pub before: Duration,
    /// How long it takes from then until the response.
    pub after: Duration,
    /// What happens to the Hub right before it is carried out.
    pub first: Option<Change>,
}

/// What comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The response.
    None,
    /// No connection: nothing of the request is sent.
    Refuse,
    /// A reset after the beginning of the request's body; it cannot be carried out.
    CutRequest,
    /// A reset in place of a response.
    Reset,
    /// The end of the connection in place of a response.
    Close,
    /// Nothing, for ever.
    Stall,
    /// A reset; the request is carried out when the next one with its method and path arrives, before that one.
    Late,
    /// Half of the body, then its end.
    Short,
    /// Half of the body, then a reset.
    Broken,
    /// Half of the body, then nothing, for ever.
    Halt,
    /// The whole body with one byte that is another one: the first of JSON, the middle of anything else.
    Corrupt,
    /// This status with a JSON error.
    Status(u16),
    /// A success that is not the one that was asked for.
    Wrong(Wrong),
}

/// A success that is not the one that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// 200 with a web page.
    Html,
    /// 200 without a body.
    Empty,
    /// 204.
    NoContent,
    /// JSON that ends in the middle, as if that were its length.
    CutJson,
    /// JSON objects without their fields.
    NoFields,
    /// JSON objects whose fields are all null.
    NullFields,
    /// The right body as `text/plain`.
    ContentType,
    /// A redirect (302) to a page to log in, which is 200 with a web page.
    LoginPage,
    /// The same with 307, which sends the request there once more.
    LoginPage307,
    /// The success of the same call to another repository.
    OtherRepo,
}

/// Every kind of wrong success.
pub const WRONG: [Wrong; 10] = [
    Wrong::Html,
    Wrong::Empty,
    Wrong::NoContent,
    Wrong::CutJson,
    Wrong::NoFields,
    Wrong::NullFields,
    Wrong::ContentType,
    Wrong::LoginPage,
    Wrong::LoginPage307,
    Wrong::OtherRepo,
];

impl Default for Fault {
    fn default() -> Self {
        Self {
            applies: true,
            trouble: Trouble::None,
            before: Duration::ZERO,
            after: Duration::ZERO,
            first: None,
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = if self.applies { "after" } else { "before" };
        write!(f, "{when} {:?} ({:?}, {:?})", self.trouble, self.before, self.after)
    }
}

impl Fault {
    /// The request is not carried out.
    pub fn before(trouble: Trouble) -> Self {
        Self { applies: false, trouble, ..Self::default() }
    }

    /// The request is carried out first.
    pub fn after(trouble: Trouble) -> Self {
        Self { trouble, ..Self::default() }
    }

    /// All goes well, in this time: before it is carried out, and from then until the response.
    pub fn slow(before: Duration, after: Duration) -> Self {
        Self { before, after, ..Self::default() }
    }

    /// Something happens to the Hub right before the request is carried out.
    #[must_use]
    pub fn first(mut self, change: Change) -> Self {
        self.first = Some(change);
        self
    }

    /// Every kind of fault, with and without effect where both are possible.
    pub fn all() -> Vec<Self> {
        let mut faults = Vec::new();
        for trouble in [Trouble::Refuse, Trouble::CutRequest, Trouble::Late] {
            faults.push(Self::before(trouble));
        }
        let both = [
            Trouble::Reset,
            Trouble::Close,
            Trouble::Stall,
            Trouble::Short,
            Trouble::Broken,
            Trouble::Halt,
            Trouble::Corrupt,
        ];
        let statuses = [408, 500, 502, 503, 504].map(Trouble::Status);
        let wrong = WRONG.map(Trouble::Wrong);
        for trouble in both.into_iter().chain(statuses).chain(wrong) {
            faults.push(Self::before(trouble));
            faults.push(Self::after(trouble));
        }
        faults.push(Self::before(Trouble::Status(429)));
        faults
    }
}
