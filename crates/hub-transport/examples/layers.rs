//! Extension point 2: your own layers, around the whole stack or around each attempt. Runs offline.
#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{Request, Response};
use hub_transport::{Body, BoxError, CallInfo, RetryClass, RetryConfig, Transport, get};
use std::time::Duration;
use tower::ServiceBuilder;

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), BoxError> {
    let calls = Arc::new(AtomicUsize::new(0));
    let attempts = Arc::new(AtomicUsize::new(0));
    let (count_calls, count_attempts) = (Arc::clone(&calls), Arc::clone(&attempts));

    // A server that is busy twice.
    let served = Arc::new(AtomicUsize::new(0));
    let server = tower::service_fn(move |_: Request<Body>| {
        let status = if served.fetch_add(1, Ordering::SeqCst) < 2 { 503 } else { 200 };
        async move { Ok::<_, BoxError>(Response::builder().status(status).body(Body::empty())?) }
    });

    let hub = Transport::builder("https://hub.example")
        .inner_service(server)
        .retry(RetryConfig::new().first_wait(Duration::from_millis(10)))
        // Sees each call once, before the endpoint is put in front of its path.
        .layer(
            ServiceBuilder::new()
                .map_request(move |request: Request<Body>| {
                    count_calls.fetch_add(1, Ordering::SeqCst);
                    request
                })
                .into_inner(),
        )
        // Sees every attempt, with the token and the full URL.
        .attempt_layer(
            ServiceBuilder::new()
                .map_request(move |request: Request<Body>| {
                    count_attempts.fetch_add(1, Ordering::SeqCst);
                    request
                })
                .into_inner(),
        )
        .build()?;

    hub.open(CallInfo::new("greet", "", RetryClass::Read), get("/hello").finish()?).await?;
    let (calls, attempts) = (calls.load(Ordering::SeqCst), attempts.load(Ordering::SeqCst));
    println!("{calls} call, {attempts} attempts");
    assert_eq!((calls, attempts), (1, 3));
    Ok(())
}
