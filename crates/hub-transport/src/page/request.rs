//! Asking for pages.

use futures_util::Stream;
use http::Uri;
use http::response::Parts;
use tracing::Instrument;

use super::entries::{Entries, Entry};
use super::link::next_link;
use super::raw_page::RawPage;
use super::stream;
use crate::call::Call;
use crate::{CallInfo, Error, Page, PagedEndpoint, Patience, RetryClass, Transport};

impl Transport {
    /// One page of a listing: the first, or the one that `next` of the page before names.
    ///
    /// # Errors
    ///
    /// As [`Transport::send`]; also [`ErrorKind::Redirect`](crate::ErrorKind::Redirect) if the link to the next page is malformed or leads elsewhere.
    pub async fn page<E: PagedEndpoint>(
        &self,
        endpoint: &E,
        next: Option<&Uri>,
    ) -> Result<Page<E::Item>, Error> {
        let page = self.raw_page(endpoint, next).await?;
        let mut items = Vec::new();
        for entry in Entries::new(page.body, 0).map_err(|error| page.context.error(error))? {
            match entry {
                Entry::Fits(item) => items.push(Ok(item)),
                Entry::Odd(error) => items.push(Err(error)),
                Entry::Broken(error) => return Err(page.context.error(error)),
            }
        }
        Ok(Page { items, next: page.next?, total: page.total })
    }

    /// All entries of a listing, page by page as they are asked for, at most `limit`.
    ///
    /// An entry that does not fit its type is an `Err` and the stream goes on; any other error ends it. A link to another
    /// origin is an error and nothing is sent there.
    pub fn stream<E: PagedEndpoint + 'static>(
        &self,
        endpoint: E,
        limit: Option<usize>,
    ) -> impl Stream<Item = Result<E::Item, Error>> + Send + Unpin + 'static + use<E> {
        stream::stream(self.clone(), endpoint, limit)
    }

    pub(crate) async fn raw_page<E: PagedEndpoint>(
        &self,
        endpoint: &E,
        next: Option<&Uri>,
    ) -> Result<RawPage, Error> {
        let mut call = Call::start(&self.shared, CallInfo::new(E::NAME, endpoint.target(), RetryClass::Read));
        let span = call.span();
        async move {
            let make = || {
                let mut request = endpoint.request()?;
                if let Some(next) = next {
                    *request.uri_mut() = next.clone();
                }
                if self.patience.is_none() {
                    request.extensions_mut().get_or_insert_default::<Patience>();
                }
                Ok(request)
            };
            let check = |head: &Parts, body| crate::json::check_array(head, &body).map(|()| body);
            let (head, body) = self.decoded(&mut call, make, check).await?;
            let next =
                next_link(&head.headers, &call.uri(), self.endpoint()).map_err(|error| call.error(error));
            let total = head.headers.get("x-total-count").and_then(|value| value.to_str().ok()?.parse().ok());
            Ok(RawPage { body, next, total, context: call })
        }
        .instrument(span)
        .await
    }
}
