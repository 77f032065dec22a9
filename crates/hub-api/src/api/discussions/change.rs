//! Changing a discussion or pull request, and finding out whether it was changed.

use std::fmt::Debug;

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{Body, Endpoint, Error, RetryClass, decode_json, post};
use hub_types::{DiscussionWithDetails, route, route::DiscussionAction};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    At,
    read::GetDiscussionDetails,
    settle::{Own, look},
};
use crate::{HfApi, Operation, args::HasRepo, repo_arg::RepoArg};

/// One way to change a discussion: what is sent, and how to see that it was done.
pub trait Change: Debug + Clone + Send + Sync + 'static {
    /// The operation, under its Python name.
    const NAME: &'static str;
    /// Where the answer has the event; `None` when the answer says nothing.
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

    /// The event, when the discussion shows that the change was made.
    fn done(&self, details: &DiscussionWithDetails, own: &Own) -> Option<Self::Event>;

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
    fn repo_mut(&mut self) -> &mut RepoArg {
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
        let Some(key) = C::KEY else { return Ok(None) };
        let mut answer: Map<String, Value> = decode_json(head, &body)?;
        let event = answer.remove(key).unwrap_or_default();
        serde_json::from_value(event)
            .map(Some)
            .map_err(|error| Error::decode(format!("the answer has no usable {key:?}"), error))
    }
}

impl<C: Change> ChangeDiscussion<C> {
    /// Reads the discussion after a call that began at `begun`.
    async fn look(&self, api: &HfApi, begun: tokio::time::Instant) -> Result<Option<C::Event>, Error> {
        let details = GetDiscussionDetails { at: self.at.clone() };
        let request = details.request()?;
        let (details, own) = if self.change.class() == RetryClass::Append {
            look(api, C::NAME, self.at.describe(), request, begun).await?
        } else {
            let transport = api.transport().map_err(|error| Error::build(error.to_string()))?;
            (transport.send(&details).await?, Own::default())
        };
        Ok(self.change.done(&details, &own))
    }
}

impl<C: Change> Operation for ChangeDiscussion<C> {
    type Output = C::Event;

    async fn run(self, api: HfApi) -> Result<C::Event, crate::Error> {
        let transport = api.transport()?;
        let begun = transport.clock().now();
        let sent = transport.send(&Post(&self)).await;
        let error = match sent {
            Ok(Some(event)) => return Ok(event),
            Ok(None) => None,
            Err(error) if error.maybe_processed() => Some(error),
            Err(error) => return Err(error.into()),
        };
        let seen = self.look(&api, begun).await;
        match (seen, error) {
            (Ok(Some(event)), _) => Ok(event),
            (Ok(None), Some(_)) if self.change.is_repeatable() => match transport.send(&Post(&self)).await? {
                Some(event) => Ok(event),
                None => Err(unseen().into()),
            },
            (_, Some(error)) => Err(error
                .with_hint(
                    "it is not known whether this was done: look at the discussion before you try again",
                )
                .into()),
            (Ok(None), None) => Err(unseen().into()),
            (Err(error), None) => Err(error.into()),
        }
    }
}

fn unseen() -> Error {
    Error::new(
        hub_transport::ErrorKind::Other,
        "the Hub accepted the change, but the discussion does not show it",
    )
}
