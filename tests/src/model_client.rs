//! Clients of a Hub [behind faults](crate::faulty).

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use http::{Request, Response};
use hub_api::auth::Token;
use hub_api::{HfApi, XetPolicy};
use hub_transport::{Body, BoxError, ErrorKind, Failure, Rng, Transport, TransportBuilder};

use crate::faulty::{Faulty, FaultyBody, Server};

/// Where the Hub is, for clients inside this process.
pub const MODEL_ENDPOINT: &str = "http://hub.localhost";

/// A Hub as a network: a connection that was refused is told from one that was lost.
pub struct Wire<S>(pub Faulty<S>);

impl<S> Clone for Wire<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Server> tower::Service<Request<Body>> for Wire<S> {
    type Response = Response<FaultyBody>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let sent = tower::Service::call(&mut self.0, request);
        Box::pin(async move {
            sent.await.map_err(|error| match error.downcast_ref::<io::Error>().map(io::Error::kind) {
                Some(io::ErrorKind::ConnectionRefused) => {
                    Failure::not_sent(ErrorKind::Connect, "the connection was refused").into()
                }
                Some(_) => Failure::maybe_processed(ErrorKind::Interrupted, error.to_string()).into(),
                None => error,
            })
        })
    }
}

/// Numbers that a seed decides.
#[derive(Debug)]
pub struct Seeded(AtomicU64);

impl Seeded {
    /// Other numbers for each seed.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A number below `limit`; 0 when that is 0.
    pub fn below(&self, limit: u64) -> u64 {
        self.next_u64().checked_rem(limit).unwrap_or_default()
    }
}

impl Rng for Seeded {
    fn next_u64(&self) -> u64 {
        // splitmix64
        let state =
            self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst).wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// Starts the transport of a client of a Hub for `user`, whose waits are decided by `seed`.
pub fn model_transport<S: Server>(hub: &Faulty<S>, user: &str, seed: u64) -> TransportBuilder {
    let token = Token::new(format!("hf_{user}")).unwrap();
    Transport::builder(MODEL_ENDPOINT)
        .token_source(Arc::new(token))
        .rng(Arc::new(Seeded::new(seed)))
        .inner_service(Wire(hub.clone()))
        .inner_is_private()
}

/// A client of a Hub for `user`, whose waits are decided by `seed`. Large files go by LFS: the model has nothing else.
pub fn model_user<S: Server>(hub: &Faulty<S>, user: &str, seed: u64) -> HfApi {
    user_by(XetPolicy::Never, hub, user, seed)
}

/// [`model_user`], whose large files go by Xet where `policy` says so.
pub fn user_by<S: Server>(policy: XetPolicy, hub: &Faulty<S>, user: &str, seed: u64) -> HfApi {
    let transport = model_transport(hub, user, seed).build().unwrap();
    HfApi::builder_over(transport).xet(policy).build().unwrap()
}

/// Runs work in a runtime of its own whose time passes only when all wait. Ends with a panic when it takes a day.
pub fn in_paused_time<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let day = std::time::Duration::from_secs(86_400);
    runtime.unwrap().block_on(async { tokio::time::timeout(day, work).await.expect("it hangs") })
}
