//! Listings page by page.

use std::{collections::HashSet, fmt, marker::PhantomData, sync::Arc};

use futures_util::{
    FutureExt, StreamExt,
    stream::{self, BoxStream},
};
use http::Uri;
use hub_transport::{ErrorKind, PagedEndpoint, Transport};

use crate::{Async, Blocking, Error, Mode, blocking};

/// The entries of one page. One that cannot be read is an `Err` of its own.
type Entries<T> = Vec<Result<T, Error>>;

/// The pages of a listing.
pub type Pages<T> = BoxStream<'static, Result<Entries<T>, Error>>;

/// One page of a listing, as the server cut it, and the way to the next one.
pub struct Page<T, M: Mode = Async> {
    /// The entries. One that cannot be read is an `Err` of its own and leaves the others.
    pub items: Vec<Result<T, Error>>,
    rest: Pages<T>,
    mode: PhantomData<M>,
}

impl<T: fmt::Debug, M: Mode> fmt::Debug for Page<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("items", &self.items).finish_non_exhaustive()
    }
}

impl<T: Send + 'static, M: Mode> Page<T, M> {
    /// Asks for the next page; `None` when there is none.
    pub(crate) async fn ask(mut rest: Pages<T>) -> Result<Option<Self>, Error> {
        match rest.next().await {
            Some(page) => Ok(Some(Self { items: page?, rest, mode: PhantomData })),
            None => Ok(None),
        }
    }

    pub(crate) fn empty() -> Self {
        Self { items: Vec::new(), rest: stream::empty().boxed(), mode: PhantomData }
    }
}

impl<T: Send + 'static> Page<T, Async> {
    /// The next page; `None`, and nothing is sent, when this was the last one.
    ///
    /// # Errors
    /// When the server cannot be asked, or what it answers is not a page.
    pub async fn next(self) -> Result<Option<Self>, Error> {
        Self::ask(self.rest).await
    }
}

impl<T: Send + 'static> Page<T, Blocking> {
    /// The next page; `None`, and nothing is sent, when this was the last one.
    ///
    /// # Errors
    /// When the server cannot be asked, or what it answers is not a page.
    pub fn next(self) -> Result<Option<Self>, Error> {
        blocking::run(Self::ask(self.rest))?
    }
}

struct State<E> {
    transport: Transport,
    endpoint: Arc<E>,
    next: Option<Uri>,
    seen: HashSet<Uri>,
    left: usize,
}

/// The pages that `Link` headers chain, with at most `limit` entries in all.
pub(crate) fn linked<E: PagedEndpoint + 'static>(
    mut endpoint: E,
    transport: &Transport,
    limit: Option<usize>,
) -> Pages<E::Item> {
    if let Some(limit) = limit {
        endpoint.set_limit(limit);
    }
    let left = limit.unwrap_or(usize::MAX);
    let transport = transport.clone();
    let state = State { transport, endpoint: Arc::new(endpoint), next: None, seen: HashSet::new(), left };
    stream::unfold((left > 0).then_some(state), |state| ask(state).boxed()).fuse().boxed()
}

/// One page and what is left to ask for; nothing after the last one and after an error.
async fn ask<E: PagedEndpoint>(
    state: Option<State<E>>,
) -> Option<(Result<Entries<E::Item>, Error>, Option<State<E>>)> {
    let mut state = state?;
    let page = match state.transport.page(&*state.endpoint, state.next.as_ref()).await {
        Ok(page) => page,
        Err(error) => return Some((Err(error.into()), None)),
    };
    let mut items = page.items;
    items.truncate(state.left);
    state.left -= items.len();
    items.retain(|item| item.as_ref().map_or(true, |item| state.endpoint.keep(item)));
    let items = items.into_iter().map(|item| item.map_err(Error::from)).collect();
    state.next = match page.next {
        Some(next) if !state.seen.insert(next.clone()) => {
            let error =
                hub_transport::Error::new(ErrorKind::Redirect, "the pages of the listing go in a circle");
            return Some((Err(error.into()), None));
        }
        next => next,
    };
    let goes_on = state.next.is_some() && state.left > 0;
    Some((Ok(items), goes_on.then_some(state)))
}
