//! The stream over all pages of a listing.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use http::Uri;

use super::entries::{Entries, Entry};
use super::raw_page::RawPage;
use crate::call::Call;
use crate::{Error, ErrorKind, PagedEndpoint, Transport};

/// See [`stream`].
struct Pages<E: PagedEndpoint> {
    transport: Transport,
    endpoint: Arc<E>,
    entries: Option<(Entries<E::Item>, Call)>,
    step: Step,
    seen: HashSet<Uri>,
    taken: usize,
    listed: usize,
    pages: usize,
    limit: Option<usize>,
}

/// How the next page is got.
enum Step {
    Ask(Option<Uri>),
    Asked(BoxFuture<'static, Result<RawPage, Error>>),
    Got(Box<Result<RawPage, Error>>),
    Fail(Error),
    Done,
}

/// All entries of a listing, page after page, at most `limit`.
///
/// The second page is asked for when an entry beyond the first one is. From then on the consumer has shown that it goes
/// through the listing, and each page is asked for before the one before is decoded. Dropping the stream ends all
/// requests.
pub(crate) fn stream<E: PagedEndpoint + 'static>(
    transport: Transport,
    mut endpoint: E,
    limit: Option<usize>,
) -> impl Stream<Item = Result<E::Item, Error>> + Send + Unpin + 'static {
    if let Some(limit) = limit {
        endpoint.set_limit(limit);
    }
    Pages {
        transport,
        endpoint: Arc::new(endpoint),
        entries: None,
        step: Step::Ask(None),
        seen: HashSet::new(),
        taken: 0,
        listed: 0,
        pages: 0,
        limit,
    }
}

impl<E: PagedEndpoint + 'static> Stream for Pages<E> {
    type Item = Result<E::Item, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if this.limit.is_some_and(|limit| this.taken >= limit) {
                return Poll::Ready(None);
            }
            if let Some(entry) = this.next_entry() {
                return Poll::Ready(Some(entry));
            }
            match std::mem::replace(&mut this.step, Step::Done) {
                Step::Done => return Poll::Ready(None),
                Step::Fail(error) => return Poll::Ready(Some(Err(error))),
                Step::Ask(next) => this.step = Step::Asked(this.ask(next)),
                Step::Got(page) => ready!(this.receive(*page, cx)),
                Step::Asked(mut page) => match page.as_mut().poll(cx) {
                    Poll::Ready(page) => ready!(this.receive(page, cx)),
                    Poll::Pending => {
                        this.step = Step::Asked(page);
                        return Poll::Pending;
                    }
                },
            }
        }
    }
}

impl<E: PagedEndpoint + 'static> Pages<E> {
    /// The next entry of the page that is there.
    fn next_entry(&mut self) -> Option<Result<E::Item, Error>> {
        let (entries, call) = self.entries.as_mut()?;
        for entry in entries.by_ref() {
            let entry = match entry {
                Entry::Fits(item) => Ok(item),
                Entry::Odd(error) => Err(error),
                Entry::Broken(error) => {
                    self.step = Step::Done;
                    return Some(Err(call.error(error)));
                }
            };
            self.taken += 1;
            if entry.as_ref().map_or(true, |item| self.endpoint.keep(item)) {
                return Some(entry);
            }
            if self.limit.is_some_and(|limit| self.taken >= limit) {
                self.step = Step::Done;
                break;
            }
        }
        self.listed = entries.next_index();
        self.entries = None;
        None
    }

    fn ask(&self, next: Option<Uri>) -> BoxFuture<'static, Result<RawPage, Error>> {
        let (transport, endpoint) = (self.transport.clone(), Arc::clone(&self.endpoint));
        Box::pin(async move { transport.raw_page(&*endpoint, next.as_ref()).await })
    }

    /// Takes a page in, and sets out for the one after. Pending once where that is on its way: the task that writes the
    /// request to the connection may run on the thread that is about to decode this page.
    fn receive(&mut self, page: Result<RawPage, Error>, cx: &mut Context<'_>) -> Poll<()> {
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                self.step = Step::Fail(error);
                return Poll::Ready(());
            }
        };
        self.pages += 1;
        let mut ahead = Poll::Ready(());
        self.step = match page.next {
            Ok(None) => Step::Done,
            // A server that links in a circle would otherwise keep the listing going for ever.
            Ok(Some(next)) if !self.seen.insert(next.clone()) => Step::Fail(
                page.context
                    .error(Error::new(ErrorKind::Redirect, "the pages of the listing link in a circle")),
            ),
            Ok(Some(next)) if self.pages > 1 && self.limit.is_none() => {
                let mut asked = self.ask(Some(next));
                match asked.as_mut().poll(cx) {
                    Poll::Ready(page) => Step::Got(Box::new(page)),
                    Poll::Pending => {
                        cx.waker().wake_by_ref();
                        ahead = Poll::Pending;
                        Step::Asked(asked)
                    }
                }
            }
            Ok(Some(next)) => Step::Ask(Some(next)),
            Err(error) => Step::Fail(error),
        };
        match Entries::new(page.body, self.listed) {
            Ok(entries) => self.entries = Some((entries, page.context)),
            Err(error) => {
                self.step = Step::Fail(page.context.error(error));
                ahead = Poll::Ready(());
            }
        }
        ahead
    }
}
