//! Extension point 3: a whole stack of your own. Nothing is added to it, not even the token; the layers of the standard stack are there
//! to be picked from, in any order. Runs offline.
#![allow(clippy::print_stdout)]

use std::sync::Arc;

use http::{Request, Response};
use hub_auth::Token;
use hub_transport::layer::{AuthLayer, BaseUriLayer, RedirectLayer, TraceLayer};
use hub_transport::{
    BaseUrl, Body, BoxError, CallInfo, Clock, RetryClass, TokioClock, Transport, erase, get,
};
use tower::Layer;

async fn response(request: Request<Body>) -> Result<Response<Body>, BoxError> {
    let token = request.headers().contains_key("authorization");
    println!("{} {} with token: {token}", request.method(), request.uri());
    let response = Response::builder();
    Ok(match request.uri().path() {
        "/old" => response.status(307).header("location", "/new").body(Body::empty())?,
        "/new" => response.status(302).header("location", "https://cdn.example/file").body(Body::empty())?,
        _ => response.status(if token { 400 } else { 200 }).body(Body::empty())?,
    })
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), BoxError> {
    let endpoint: BaseUrl = "https://hub.example".parse()?;
    let origin = endpoint.origin().clone();
    let clock: Arc<dyn Clock> = Arc::new(TokioClock);

    // Outermost first. Without a retry layer nothing is ever sent twice; with auth inside redirects the token is judged
    // anew on each hop.
    let layers = (
        BaseUriLayer::new(endpoint),
        RedirectLayer::new(origin.clone(), Arc::clone(&clock)),
        AuthLayer::new(origin.clone(), Arc::new(Token::new("hf_example")?), false, Arc::clone(&clock)),
        TraceLayer::new(origin, clock),
    );
    let stack = layers.layer(erase(tower::service_fn(response)));

    let hub = Transport::from_service(stack, "https://hub.example")?;
    let response = hub.open(CallInfo::new("fetch", "", RetryClass::Read), get("/old").finish()?).await?;
    assert_eq!(response.status(), 200);
    Ok(())
}
