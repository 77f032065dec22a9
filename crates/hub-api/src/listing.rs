//! Listings that come in pages.

use futures_util::{Stream, StreamExt, TryStreamExt, stream, stream::BoxStream};
use http::Request;
use hub_transport::{Body, PagedEndpoint, Transport};

use crate::{Async, Blocking, Error, HfApi, Mode, Page, Pages, blocking, page};

/// The items of a listing.
pub type Items<T> = BoxStream<'static, Result<T, Error>>;

/// Something that [`HfApi`] can list: plain data, without a client.
///
/// Every [`PagedEndpoint`] is one. Listings whose pages are chained in another way implement it themselves.
pub trait Source: Send + 'static {
    /// One entry.
    type Item: Send;

    /// The entries, at most `limit`; pages are asked for as they are needed.
    fn items(self, transport: &Transport, limit: Option<usize>) -> Items<Self::Item>;

    /// The same page by page, each asked for when it is wanted.
    fn pages(self, transport: &Transport, limit: Option<usize>) -> Pages<Self::Item>;
}

impl<E: PagedEndpoint + 'static> Source for E {
    type Item = E::Item;

    fn items(self, transport: &Transport, limit: Option<usize>) -> Items<E::Item> {
        transport.stream(self, limit).map_err(Error::from).boxed()
    }

    fn pages(self, transport: &Transport, limit: Option<usize>) -> Pages<E::Item> {
        page::linked(self, transport, limit)
    }
}

/// A listing that has not been asked for yet: page after page, as far as it is read.
///
/// It is not awaitable, because "the first page" and "everything" would read the same: say [`stream`](Self::stream) or
/// [`all`](Self::all), from a blocking client [`iter`](Listing::iter) or [`all`](Listing::all); [`page`](Self::page) gives the
/// first page alone and the way to the next one.
#[must_use = "a listing does nothing until it is streamed, iterated or collected"]
#[derive(Debug, Clone)]
pub struct Listing<O, M: Mode = Async> {
    api: HfApi<M>,
    operation: O,
    limit: Option<usize>,
}

impl<M: Mode> HfApi<M> {
    /// The listing of `operation`: a [`PagedEndpoint`], or a [`Source`] of your own.
    pub fn listing<O>(&self, operation: O) -> Listing<O, M> {
        Listing { api: self.clone(), operation, limit: None }
    }
}

impl<O, M: Mode> Listing<O, M> {
    pub(crate) fn edit(mut self, change: impl FnOnce(&mut O)) -> Self {
        change(&mut self.operation);
        self
    }

    pub(crate) fn edit_api(mut self, change: impl FnOnce(&HfApi<M>) -> HfApi<M>) -> Self {
        self.api = change(&self.api);
        self
    }

    /// The most items to return; 0 means none, and nothing is sent.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }
}

impl<O: PagedEndpoint + Clone, M: Mode> Listing<O, M> {
    /// The request for the first page, relative to the endpoint and without the headers of the transport.
    ///
    /// # Errors
    /// When the input is wrong, for example a repository id that breaks the rules.
    pub fn request(&self) -> Result<Request<Body>, Error> {
        let mut operation = self.operation.clone();
        if let Some(limit) = self.limit {
            operation.set_limit(limit);
        }
        Ok(operation.request()?)
    }
}

impl<O: Source, M: Mode> Listing<O, M> {
    pub(crate) fn pages(self) -> Result<Pages<O::Item>, Error> {
        Ok(self.operation.pages(self.api.transport()?, self.limit))
    }

    fn items(self) -> impl Stream<Item = Result<O::Item, Error>> + Send + 'static {
        match self.api.transport() {
            Ok(transport) => self.operation.items(transport, self.limit).left_stream(),
            Err(error) => stream::once(async { Err(error) }).right_stream(),
        }
    }
}

impl<O: Source> Listing<O, Async> {
    /// The items one by one. The next page is asked for when an item beyond the last one is wanted.
    ///
    /// It is `Unpin`: `.next()` works at once. An item that cannot be read is one `Err`; the stream goes on with the next. Dropping it ends the requests.
    pub fn stream(self) -> Items<O::Item>
    where
        O::Item: 'static,
    {
        self.items().boxed()
    }

    /// All items.
    ///
    /// # Errors
    /// The first error of the stream.
    pub async fn all(self) -> Result<Vec<O::Item>, Error> {
        self.items().try_collect().await
    }
}

impl<O: Source> Listing<O, Blocking>
where
    O::Item: 'static,
{
    /// The items one by one; each page is asked for when its first item is wanted.
    pub fn iter(self) -> impl Iterator<Item = Result<O::Item, Error>> + Send {
        let mut items = Some(self.items().boxed());
        std::iter::from_fn(move || {
            let mut stream = items.take()?;
            let next = blocking::run(async move {
                let item = stream.next().await;
                (item, stream)
            });
            match next {
                Ok((item, stream)) => {
                    items = Some(stream);
                    item
                }
                Err(error) => Some(Err(error)),
            }
        })
    }

    /// All items.
    ///
    /// # Errors
    /// The first error of the listing.
    pub fn all(self) -> Result<Vec<O::Item>, Error> {
        self.iter().collect()
    }
}

impl<O: Source> Listing<O, Async>
where
    O::Item: 'static,
{
    /// The first page, without those that follow: [`Page::next`] asks for them. How long it is, the server decides;
    /// [`limit`](Self::limit) is the most entries of all pages together.
    ///
    /// # Errors
    /// When the server cannot be asked, or what it answers is not a page.
    pub async fn page(self) -> Result<Page<O::Item>, Error> {
        Ok(Page::ask(self.pages()?).await?.unwrap_or_else(Page::empty))
    }
}

impl<O: Source> Listing<O, Blocking>
where
    O::Item: 'static,
{
    /// The first page, without those that follow: [`Page::next`] asks for them. How long it is, the server decides;
    /// [`limit`](Self::limit) is the most entries of all pages together.
    ///
    /// # Errors
    /// When the server cannot be asked, or what it answers is not a page.
    pub fn page(self) -> Result<Page<O::Item, Blocking>, Error> {
        let pages = self.pages()?;
        Ok(blocking::run(Page::ask(pages))??.unwrap_or_else(Page::empty))
    }
}
