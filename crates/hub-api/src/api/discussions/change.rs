//! Changing a discussion or pull request, and finding out whether it was changed.

use std::fmt::Debug;

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{
    Body, Endpoint, Error, ErrorKind, RetryClass, Transport, decode_done, decode_json, post,
};
use hub_types::{DiscussionWithDetails, route, route::DiscussionAction};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    At,
    read::GetDiscussionDetails,
    settle::{Adding, Own, Seen, look},
};
use crate::{HfApi, Operation, args::HasRepo, repo_arg::RepoArg};

/// One way to change a discussion: what is sent, and how to see that it was done.
pub trait Change: Debug + Clone + Send + Sync + 'static {
    /// The operation, under its Python name.
    const NAME: &'static str;
    /// Where the response has the event; `None` when the response says nothing.
    const KEY: Option<&'static str>;
    /// The event that it makes or changes.
    type Event: DeserializeOwned + Send + 'static;

    /// What sending it twice can do.
    fn class(&self) -> RetryClass;

    /// Where it is sent.
    fn action(&self) -> DiscussionAction;

    /// What is sent; `None` for no body.
    ///
    /// # Errors
    /// What the Hub would not take.
    fn body(&self) -> Result<Option<Value>, Error>;

    /// Whether the discussion shows that the change was made, and the event.
    fn done(&self, details: &DiscussionWithDetails, own: &Own) -> Seen<Self::Event>;

    /// The name under which an event that this adds is claimed; `None` for a change that adds nothing.
    fn claim(event: &Self::Event) -> Option<String>;

    /// Whether it may be sent once more when the discussion shows that it was not made.
    fn is_repeatable(&self) -> bool {
        self.class() != RetryClass::Append
    }
}

/// A change of one discussion or pull request.
#[derive(Debug, Clone)]
pub struct ChangeDiscussion<C> {
    pub(super) at: At,
    pub(super) change: C,
}

impl<C> HasRepo for ChangeDiscussion<C> {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.at.repo
    }
}

/// `POST /api/{models}/{id}/discussions/{num}/{action}`
struct Post<'a, C>(&'a ChangeDiscussion<C>);

impl<C: Change> Endpoint for Post<'_, C> {
    const NAME: &'static str = C::NAME;
    type Output = Option<C::Event>;

    fn class(&self) -> RetryClass {
        self.0.change.class()
    }

    fn target(&self) -> String {
        self.0.at.describe()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let ChangeDiscussion { at, change } = self.0;
        let (repo, num) = at.get()?;
        let request = post(route::repo(&repo).discussion_action(num, &change.action()));
        match change.body()? {
            Some(body) => request.json(&body).finish(),
            None => request.finish(),
        }
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Option<C::Event>, Error> {
        let Some(key) = C::KEY else { return decode_done(head, &body).map(|_| None) };
        let mut response: Map<String, Value> = decode_json(head, &body)?;
        let event = response.remove(key).unwrap_or_default();
        serde_json::from_value(event)
            .map(Some)
            .map_err(|error| Error::decode(format!("the response has no usable {key:?}"), error))
    }
}

impl<C: Change> ChangeDiscussion<C> {
    /// Reads the discussion after the call has begun.
    async fn look(&self, transport: &Transport, adding: Option<&Adding>) -> Result<Seen<C::Event>, Error> {
        let details = GetDiscussionDetails { at: self.at.clone() };
        let (details, own) = match adding {
            Some(adding) => look(&details, adding).await?,
            None => (transport.send(&details).await?, Own::default()),
        };
        Ok(self.change.done(&details, &own))
    }

    /// For a change that adds something.
    async fn adding(&self, transport: &Transport) -> Result<Option<Adding>, Error> {
        if self.change.class() != RetryClass::Append {
            return Ok(None);
        }
        let body = self.change.body()?.unwrap_or_default();
        let what = format!("{} {body} in {}", C::NAME, self.at.describe());
        Ok(Some(Adding::begin(transport, what).await))
    }
}

/// Whether the event is this call's own; one that another call has claimed is not.
fn is_own<C: Change>(event: &C::Event, adding: Option<&Adding>) -> bool {
    adding.zip(C::claim(event)).is_none_or(|(adding, name)| adding.claim(&name))
}

impl<C: Change> Operation for ChangeDiscussion<C> {
    type Output = C::Event;

    async fn run(self, api: HfApi) -> Result<C::Event, crate::Error> {
        let transport = api.transport()?;
        let adding = self.adding(transport).await?;
        let adding = adding.as_ref();
        let doubtful = adding.is_some_and(Adding::is_doubtful);
        // Whether an attempt may have been carried out although no response said so.
        let mut unknown = false;
        let (error, hint) = loop {
            let error = match transport.send(&Post(&self)).await {
                Ok(Some(event)) if is_own::<C>(&event, adding) => return Ok(event),
                Ok(Some(_)) => {
                    Some(Error::new(ErrorKind::Decode, "the server names what another call has written"))
                }
                Ok(None) => None,
                // What one attempt has left open no later response settles.
                Err(error) if error.maybe_processed() || unknown => Some(error),
                Err(error) => return Err(error.into()),
            };
            let hint = match (self.look(transport, adding).await, &error) {
                (Ok(Seen::Done(event)), _) if !doubtful && is_own::<C>(&event, adding) => return Ok(event),
                (Ok(Seen::Nothing), Some(_))
                    if self.change.is_repeatable() && !unknown && transport.may_repeat() =>
                {
                    unknown = true;
                    continue;
                }
                (Ok(Seen::Perhaps(name)), _) => format!(" ({name} is of about that time and says the same)"),
                (Err(error), None) => break (error, String::new()),
                (_, _) => String::new(),
            };
            break (error.unwrap_or_else(unseen), hint);
        };
        if let Some(adding) = adding {
            adding.doubt();
        }
        let hint = format!(
            "it is not known whether this was done{hint}: look at the discussion before you try again"
        );
        Err(error.in_doubt().with_hint(hint).into())
    }
}

fn unseen() -> Error {
    Error::new(ErrorKind::Decode, "the Hub accepted the change, but the discussion does not show it")
}
