//! Who the caller is.

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{Body, Endpoint, Error, RetryClass, decode_json, get};
use hub_types::{WhoAmI, route};

use crate::{Async, Call, HfApi, Mode};

/// The call that [`HfApi::whoami`] makes.
pub type WhoAmICall<M = Async> = Call<GetWhoAmI, M>;

/// `GET /api/whoami-v2`
#[derive(Debug, Clone, Default)]
pub struct GetWhoAmI {}

impl Endpoint for GetWhoAmI {
    const NAME: &'static str = "whoami";
    type Output = WhoAmI;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        String::new()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(route::WHOAMI).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<WhoAmI, Error> {
        decode_json(head, &body)
    }
}

impl<M: Mode> HfApi<M> {
    /// Who the token belongs to, and what it may do. Python: `whoami`.
    ///
    /// The Hub limits how often this may be asked: keep the answer.
    ///
    /// # Errors
    /// `Unauthorized` without a token, or with one that the Hub does not know.
    ///
    /// Endpoint: `GET /api/whoami-v2`.
    pub fn whoami(&self) -> WhoAmICall<M> {
        self.call(GetWhoAmI::default())
    }
}
