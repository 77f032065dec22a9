//! Who the caller is: asked by whoever has to know its own work again.

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{Body, Endpoint, Error, RetryClass, decode_json, get};
use hub_types::{WhoAmI, route};

/// `GET /api/whoami-v2`
#[derive(Debug, Clone, Copy, Default)]
pub struct GetWhoAmI;

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
