//! reqwest in place of the client's own network code: what a service of yours does, and what it leaves to the stack around it.
//!
//! `cargo run --example reqwest_inner -- ada/my-model`. For `https` turn on a TLS feature of reqwest.

use std::{
    env,
    error::Error,
    pin::Pin,
    task::{Context, Poll},
};

use hub_api::{
    HfApi,
    transport::{Body, BoxError, EffectiveUri, ErrorKind, Failure},
};
use tower::Service;

/// Sends each request once, as it is.
#[derive(Clone)]
struct Reqwest(reqwest::Client);

impl Reqwest {
    fn new() -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            // The stack follows redirects, because it knows which hosts may be contacted and which may see the token.
            .redirect(reqwest::redirect::Policy::none())
            // It repeats requests, because it knows which ones may be repeated.
            .retry(reqwest::retry::never())
            // It unpacks answers, within limits, and needs the content of files as it is.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .referer(false);
        Ok(Self(client.build()?))
    }
}

impl Service<http::Request<Body>> for Reqwest {
    type Response = http::Response<reqwest::Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let client = self.0.clone();
        Box::pin(async move {
            let request = reqwest::Request::try_from(request.map(reqwest::Body::wrap)).map_err(failure)?;
            let response = client.execute(request).await.map_err(failure)?;
            // Lets the stack check that nobody else answered.
            let from = EffectiveUri(response.url().as_str().parse()?);
            let mut response = http::Response::from(response);
            response.extensions_mut().insert(from);
            Ok(response)
        })
    }
}

/// Says what may have happened to the request. "Not sent" only where that is sure: then every call is sent again.
fn failure(error: reqwest::Error) -> Failure {
    // Its URL may be a signed one.
    let error = error.without_url();
    let failure = if error.is_builder() {
        Failure::not_sent(ErrorKind::Build, "reqwest does not take the request").permanent()
    } else if error.is_connect() {
        Failure::not_sent(ErrorKind::Connect, "no connection")
    } else if error.is_timeout() {
        Failure::maybe_processed(ErrorKind::Timeout, "no response in time")
    } else {
        Failure::maybe_processed(ErrorKind::Interrupted, "the connection ended before a response came")
    };
    failure.with_source(error)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let repo = env::args().nth(1).ok_or("name a repository")?;
    // To an endpoint with plain `http` on another machine the token goes only after `inner_is_private()`.
    let api = HfApi::builder_from_env().inner_service(Reqwest::new()?).build()?;

    let user = api.whoami().await?.name;
    // A large file, as its name says: it goes to a signed URL, and comes by way of a redirect.
    api.upload_file(b"sent by reqwest".to_vec(), "weights.bin", &repo).await?;
    let folder = tempfile::tempdir()?;
    let path = api.hf_hub_download(&repo, "weights.bin").local_dir(folder.path()).await?;
    println!("{user}: {}", std::fs::read_to_string(path)?);
    Ok(())
}
