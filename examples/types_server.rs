//! A server of its own business that speaks the Hub's language, on `hub-types` alone: no part of the client is in it.
//!
//! It knows one user and one model: `cargo run --example types_server -- 127.0.0.1:8080`, then ask it with
//! `HF_ENDPOINT=http://127.0.0.1:8080 hub models info ada/answer`.

use std::{convert::Infallible, env, error::Error};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hub_types::{
    ErrorCode, ModelInfo, RepoFile, WhoAmI,
    error_code::{ErrorBody, X_ERROR_CODE},
    route::{self, RepoRoute, Route},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::net::TcpListener;

fn json(message: &impl Serialize) -> Result<Response<Full<Bytes>>, Box<dyn Error>> {
    let body = serde_json::to_vec(message)?;
    Ok(Response::builder().header(header::CONTENT_TYPE, "application/json").body(Full::from(body))?)
}

fn failed(status: StatusCode, code: &str, reason: &str) -> Result<Response<Full<Bytes>>, Box<dyn Error>> {
    let mut response = json(&ErrorBody::new(reason))?;
    *response.status_mut() = status;
    response.headers_mut().insert(X_ERROR_CODE, code.parse()?);
    Ok(response)
}

/// The whole business: what is asked is read by `hub-types`, and so is what is answered.
fn response(request: &Request<Incoming>) -> Result<Response<Full<Bytes>>, Box<dyn Error>> {
    if request.method() != Method::GET {
        return failed(StatusCode::METHOD_NOT_ALLOWED, "", "this server is for reading");
    }
    match route::parse(request.uri().path()) {
        Ok(Route::WhoAmI) if !request.headers().contains_key(header::AUTHORIZATION) => {
            failed(StatusCode::UNAUTHORIZED, "", "bring a token")
        }
        Ok(Route::WhoAmI) => json(&WhoAmI::user("ada")),
        Ok(Route::Repo { repo, action: RepoRoute::Info(_) }) if repo.id.as_str() == "ada/answer" => {
            let mut model = ModelInfo::new("ada/answer");
            model.author = Some("ada".to_owned());
            model.likes = Some(42);
            model.siblings = Some(vec![RepoFile::new("answer.txt")]);
            json(&model)
        }
        Ok(Route::Repo { .. }) => {
            failed(StatusCode::NOT_FOUND, ErrorCode::RepoNotFound.as_str(), "Repository not found")
        }
        Ok(_) | Err(_) => failed(StatusCode::NOT_FOUND, "", "this server has no such address"),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).ok_or("name an address to listen on")?;
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let service = service_fn(async |request| {
                let failed = |_| Response::builder().status(500).body(Full::default()).unwrap_or_default();
                Ok::<_, Infallible>(response(&request).unwrap_or_else(failed))
            });
            if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
                eprintln!("a connection failed: {error}");
            }
        });
    }
}
