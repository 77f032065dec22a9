//! Extension point 1: your own service in place of the network. The standard stack stays around it.
//!
//! Useful for a service mesh, record and replay, or a server in the same process. Runs offline.
#![allow(clippy::print_stdout)]

use http::{Request, Response};
use http_body_util::BodyExt;
use hub_transport::{Body, BoxError, CallInfo, ErrorKind, Failure, RetryClass, Transport, get};

async fn response(request: Request<Body>) -> Result<Response<Body>, BoxError> {
    // An inner service that knows that nothing was sent says so: then every call may be sent again, not only reads.
    if request.uri().path() == "/unreachable" {
        return Err(Failure::not_sent(ErrorKind::Connect, "the mesh has no route").permanent().into());
    }
    Ok(Response::new(Body::bytes(format!("you asked for {}", request.uri()))))
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<(), BoxError> {
    let hub = Transport::builder("https://hub.example").inner_service(tower::service_fn(response)).build()?;

    let call = CallInfo::new("greet", "", RetryClass::Read);
    let response = hub.open(call.clone(), get("/hello").finish()?).await?;
    let text = response.into_body().collect().await?.to_bytes();
    println!("{}", String::from_utf8_lossy(&text));
    assert_eq!(text, "you asked for https://hub.example/hello");

    let error = match hub.open(call, get("/unreachable").finish()?).await {
        Ok(_) => return Err("the mesh should have no route".into()),
        Err(error) => error,
    };
    println!("{error}");
    assert_eq!((error.kind(), error.maybe_processed()), (ErrorKind::Connect, false));
    Ok(())
}
