//! The HTTP transport of the hub crates: endpoints as data, run through a stack of [`tower`] services.
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response, response::Parts};
//! use hub_transport::{Body, BoxError, Endpoint, Error, RetryClass, Transport, decode_json, get};
//!
//! /// A request and its response as data: what to send, and what comes back.
//! struct ListTags(&'static str);
//!
//! impl Endpoint for ListTags {
//!     const NAME: &'static str = "list_tags";
//!     type Output = Vec<String>;
//!
//!     fn class(&self) -> RetryClass {
//!         RetryClass::Read
//!     }
//!     fn target(&self) -> String {
//!         self.0.to_owned()
//!     }
//!     fn request(&self) -> Result<Request<Body>, Error> {
//!         get("/tags").query("of", self.0).finish()
//!     }
//!     fn decode(&self, head: &Parts, body: Bytes) -> Result<Vec<String>, Error> {
//!         decode_json(head, &body)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! // A closure stands in for the network here. Without `inner_service` the transport speaks HTTP over TCP and TLS.
//! let server = tower::service_fn(|request: Request<Body>| async move {
//!     assert_eq!(request.uri(), "https://hub.example/tags?of=ada%2Fdemo");
//!     Ok::<_, BoxError>(Response::new(Body::bytes(r#"["v1", "v2"]"#)))
//! });
//! let hub = Transport::builder("https://hub.example").inner_service(server).build()?;
//! assert_eq!(hub.send(&ListTags("ada/demo")).await?, ["v1", "v2"]);
//! # Ok(())
//! # }
//! ```
//!
//! # The stack
//!
//! ```text
//!   Transport::send / open / stream      one span for each call; failures get their context
//!   ───────────────────────────────      your layers (`layer`): see each call once
//!   Offline                              refuses before any work
//!   BaseUri                              relative URIs go to the endpoint
//!   Headers                              user agent, one id for all attempts, the client's headers
//!   Redirect                             per request: follow, same origin, never
//!     Retry                              inside: a failing hop is repeated alone
//!       Decompress                       messages of the API may come as gzip
//!       Auth                             inside: the token is judged by the URL of each hop, read by each attempt
//!       ─────────────────────────        your layers (`attempt_layer`): see each attempt
//!         Bandwidth                      file contents only, where a limit is set
//!         AttemptTimeout                 time to the head; idle time and speed of bodies
//!         Trace                          one event for each attempt
//!           Hosts                        refuses hosts that are not allowed, notes the others
//!             inner service                     hyper: pool, TLS, proxies, HTTP/2; or your service (`inner_service`)
//! ```
//!
//! Three rules hold it together.
//!
//! - **A token is bound to an origin.** It is attached where scheme, host and port are those of the endpoint. Nothing that a
//!   server sends (`Location`, `Link`, an upload URL) can move it.
//! - **What may have happened decides what is repeated.** An attempt was not sent, may have been processed, or was answered
//!   ([`Delivery`]); a call declares what repeating it can do ([`RetryClass`]); all calls share a budget. See [`decide`].
//! - **Bodies say whether they can be sent twice** ([`Body`]). One that cannot is never sent a second time, and never sent
//!   empty.
//!
//! # Extension points for embedders
//!
//! [`TransportBuilder::inner_service`] replaces the network, [`TransportBuilder::layer`] and [`TransportBuilder::attempt_layer`] add
//! layers, [`Transport::from_service`] takes a whole stack. The folder `examples` shows each. Time, randomness, name resolution
//! and connections are parameters of the builder.
//!
//! # Features
//!
//! - `hyper` (default): [`HyperService`], the inner service that speaks to the network.
//! - `rustls` (default): TLS for it, with the certificates of the system.
//! - `testing`: the module `testing` with a scripted inner service and a recorder.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod base_url;
mod body;
mod builder;
mod call;
mod calls;
mod client;
mod clock;
mod collect;
mod concurrency;
mod endpoint;
mod error;
mod json;
pub mod layer;
#[cfg(feature = "hyper")]
mod network;
mod options;
mod origin;
mod page;
mod ratelimit;
mod redact;
mod report;
mod request;
mod retry;
mod runtime;
mod service;
mod shared;
mod sync;
#[cfg(feature = "testing")]
pub mod testing;
mod timeouts;
mod token_use;
mod user_agent;

pub use base_url::{BaseUrl, DEFAULT_ENDPOINT};
pub use body::Body;
pub use builder::TransportBuilder;
pub use calls::{Claims, Turn, Turns};
pub use client::{MAX_BODY, MAX_ERROR_BODY, Transport};
pub use clock::{Clock, Rng, SystemRng, TokioClock};
pub use concurrency::Rounds;
pub use endpoint::{Endpoint, PagedEndpoint};
pub use error::{Classified, Context, Error, ErrorKind, Failure, Foreign, MAX_SNIPPET, Voice, classify};
pub use json::{Done, decode_done, decode_json};
#[cfg(feature = "rustls")]
pub use network::Tls;
#[cfg(feature = "hyper")]
pub use network::{ByteStream, Connect, HyperService, HyperServiceBuilder, Proxies, Resolve};
pub use options::{
    CallInfo, CallLog, CollectBody, Compressible, Deadline, Delivery, EffectiveUri, OneAttempt, Patience,
    RedirectMode, RetryClass, Transfer, UseToken, WithoutToken,
};
pub use origin::Origin;
pub use page::Page;
pub use redact::RedactedUrl;
pub use report::Reporter;
pub use request::{RequestBuilder, delete, get, head, patch, post, put};
pub use retry::{Outcome, RetryBudget, RetryConfig, Verdict, decide};
pub use service::{HubService, erase};
pub use timeouts::{DefaultTimeouts, Limits, Timeouts};
pub use token_use::TokenUse;

/// Any error, boxed: what services of the stack return.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
