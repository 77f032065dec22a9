//! The stream over all pages of a listing.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::vec;

use futures_util::future::{BoxFuture, MaybeDone, maybe_done};
use futures_util::stream::{BoxStream, unfold};
use futures_util::{FutureExt, StreamExt};
use http::Uri;

use super::decode_items;
use crate::client::RawPage;
use crate::{Error, ErrorKind, PagedEndpoint, Transport};

struct State<E: PagedEndpoint> {
    transport: Transport,
    endpoint: Arc<E>,
    items: vec::IntoIter<Result<E::Item, Error>>,
    step: Step,
    seen: HashSet<Uri>,
    taken: usize,
    listed: usize,
    pages: usize,
    limit: Option<usize>,
}

enum Step {
    Ask(Option<Uri>),
    Asked(Box<MaybeDone<BoxFuture<'static, Result<RawPage, Error>>>>),
    Fail(Error),
    Done,
}

/// All entries of a listing, page after page, at most `limit`.
///
/// The second page is asked for when an entry beyond the first one is. From then on the consumer has shown that it goes
/// through the listing, and each page is asked for while the one before is decoded and consumed. Dropping the stream ends
/// all requests.
pub(crate) fn stream<E: PagedEndpoint + 'static>(
    transport: Transport,
    mut endpoint: E,
    limit: Option<usize>,
) -> BoxStream<'static, Result<E::Item, Error>> {
    if let Some(limit) = limit {
        endpoint.set_limit(limit);
    }
    let state = State {
        transport,
        endpoint: Arc::new(endpoint),
        items: Vec::new().into_iter(),
        step: Step::Ask(None),
        seen: HashSet::new(),
        taken: 0,
        listed: 0,
        pages: 0,
        limit,
    };
    // Boxed, so that callers need not pin it.
    unfold(state, |mut state| async move { state.next().await.map(|item| (item, state)) }).boxed()
}

impl<E: PagedEndpoint + 'static> State<E> {
    async fn next(&mut self) -> Option<Result<E::Item, Error>> {
        loop {
            if self.limit.is_some_and(|limit| self.taken >= limit) {
                return None;
            }
            if let Some(item) = self.items.next() {
                self.taken += 1;
                if item.as_ref().is_ok_and(|item| !self.endpoint.keep(item)) {
                    continue;
                }
                return Some(item);
            }
            let answer = match std::mem::replace(&mut self.step, Step::Done) {
                Step::Done => return None,
                Step::Fail(error) => return Some(Err(error)),
                Step::Ask(next) => self.ask(next).await,
                Step::Asked(mut page) => {
                    (&mut *page).await;
                    Pin::new(&mut *page).take_output()?
                }
            };
            match answer {
                Ok(page) => self.receive(page),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    fn ask(&self, next: Option<Uri>) -> BoxFuture<'static, Result<RawPage, Error>> {
        let (transport, endpoint) = (self.transport.clone(), Arc::clone(&self.endpoint));
        Box::pin(async move { transport.raw_page(&*endpoint, next.as_ref()).await })
    }

    fn receive(&mut self, page: RawPage) {
        self.pages += 1;
        self.step = match page.next {
            Ok(None) => Step::Done,
            // A server that links in a circle would otherwise keep the listing going for ever.
            Ok(Some(next)) if !self.seen.insert(next.clone()) => Step::Fail(
                page.context
                    .error(Error::new(ErrorKind::Redirect, "the pages of the listing link in a circle")),
            ),
            Ok(Some(next)) if self.pages > 1 && self.limit.is_none() => {
                let mut ahead = Box::new(maybe_done(self.ask(Some(next))));
                // Polled once, so that the request is on its way while this page is decoded.
                let _ = (&mut ahead).now_or_never();
                Step::Asked(ahead)
            }
            Ok(Some(next)) => Step::Ask(Some(next)),
            Err(error) => Step::Fail(error),
        };
        match decode_items(&page.body, self.listed) {
            Ok(items) => {
                self.listed += items.len();
                self.items = items.into_iter();
            }
            Err(error) => self.step = Step::Fail(page.context.error(error)),
        }
    }
}
