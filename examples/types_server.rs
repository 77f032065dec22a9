//! A server of its own business that speaks the Hub's language, on `hub-types` alone: no part of the client is in it.
//!
//! It keeps one model in memory. `cargo run --example types_server -- 127.0.0.1:8080`, then, with
//! `HF_ENDPOINT=http://127.0.0.1:8080 HF_TOKEN=hf_any`:
//! `hub upload ada/answer notes.txt` and `hub download ada/answer notes.txt`.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hub_types::{
    ErrorCode, ModelInfo, RepoFile, WhoAmI,
    commit::{CommitLine, CommitReader, CommitResponse},
    error_code::{ErrorBody, X_ERROR_CODE, X_REPO_COMMIT},
    preupload::{PreuploadDecision, PreuploadFile, PreuploadRequest, PreuploadResponse, UploadMode},
    range,
    route::{self, RepoRoute, Route},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::net::TcpListener;

/// The one repository: its files, and how often it was changed.
#[derive(Default)]
struct Model {
    files: BTreeMap<String, Bytes>,
    commits: u64,
}

type Reply = Result<Response<Full<Bytes>>, Box<dyn Error + Send + Sync>>;

fn json(message: &impl Serialize) -> Reply {
    let body = serde_json::to_vec(message)?;
    Ok(Response::builder().header(header::CONTENT_TYPE, "application/json").body(Full::from(body))?)
}

fn failed(status: StatusCode, code: Option<&ErrorCode>, reason: &str) -> Reply {
    let mut response = json(&ErrorBody::new(reason))?;
    *response.status_mut() = status;
    if let Some(code) = code {
        response.headers_mut().insert(X_ERROR_CODE, code.as_str().parse()?);
    }
    Ok(response)
}

impl Model {
    fn head(&self) -> String {
        format!("{:040x}", self.commits)
    }

    /// The whole business: what is asked is read by `hub-types`, and so is what is answered.
    fn respond(&mut self, request: &Request<Bytes>) -> Reply {
        let get = matches!(*request.method(), Method::GET | Method::HEAD);
        let signed_in = request.headers().contains_key(header::AUTHORIZATION);
        match route::parse(request.uri().path()) {
            Ok(route) if !signed_in && (!get || route == Route::WhoAmI) => {
                failed(StatusCode::UNAUTHORIZED, None, "bring a token")
            }
            Ok(Route::WhoAmI) => json(&WhoAmI::user("ada")),
            Ok(Route::Repo { repo, .. }) if repo.id != "ada/answer" => {
                failed(StatusCode::NOT_FOUND, Some(&ErrorCode::RepoNotFound), "Repository not found")
            }
            Ok(Route::Repo { action: RepoRoute::Info(_), .. }) if get => {
                let mut model = ModelInfo::new("ada/answer");
                model.sha = Some(self.head());
                model.likes = Some(42);
                model.siblings = Some(self.files.keys().map(RepoFile::new).collect());
                json(&model)
            }
            Ok(Route::Repo { action: RepoRoute::Preupload(_), .. }) => {
                let Ok(asked) = serde_json::from_slice::<PreuploadRequest>(request.body()) else {
                    return failed(StatusCode::BAD_REQUEST, None, "not the JSON of a preupload request");
                };
                let regular = |file: PreuploadFile| PreuploadDecision::new(file.path, UploadMode::Regular);
                json(&PreuploadResponse::new(asked.files.into_iter().map(regular).collect()))
            }
            Ok(Route::Repo { action: RepoRoute::Commit(_), .. }) => self.commit(request.body()),
            Ok(Route::Repo { action: RepoRoute::Resolve(_, path), .. }) if get => self.file(&path, request),
            Ok(_) | Err(_) => failed(StatusCode::NOT_FOUND, None, "this server has no such URL"),
        }
    }

    /// All changes of a commit, or none.
    fn commit(&mut self, body: &[u8]) -> Reply {
        let (mut files, mut parent) = (self.files.clone(), None);
        let mut take = |line: CommitLine<'_>| {
            match line {
                CommitLine::Header(header) => parent = header.parent_commit,
                CommitLine::File(file) => {
                    let content = file.bytes()?.into_owned();
                    files.insert(file.path, content.into());
                }
                CommitLine::DeletedFile(gone)
                | CommitLine::DeletedFolder(gone)
                | CommitLine::DeletedEntry(gone) => files.retain(|path, _| !gone.covers(path)),
                CommitLine::LfsFile(_) => {} // Nothing is sent to LFS: preupload says so.
            }
            Ok::<_, Box<dyn Error + Send + Sync>>(())
        };
        let mut reader = CommitReader::new();
        if let Err(error) = reader.push(body, &mut take).and_then(|()| reader.finish(&mut take)) {
            return failed(StatusCode::BAD_REQUEST, None, &error.to_string());
        }
        if parent.is_some_and(|parent| !self.head().starts_with(parent.as_str())) {
            return failed(StatusCode::PRECONDITION_FAILED, None, "A commit has happened since.");
        }
        self.files = files;
        self.commits += 1;
        json(&CommitResponse::new(self.head(), format!("http://localhost/ada/answer/commit/{}", self.head())))
    }

    fn file(&self, path: &str, request: &Request<Bytes>) -> Reply {
        let Some(content) = self.files.get(path) else {
            return failed(StatusCode::NOT_FOUND, Some(&ErrorCode::EntryNotFound), "Entry not found");
        };
        let size = content.len() as u64;
        let part =
            range::parse(request.headers().get(header::RANGE).and_then(|range| range.to_str().ok()), size);
        let Some(bytes) = part.bytes(size) else {
            return failed(StatusCode::RANGE_NOT_SATISFIABLE, None, "no such range");
        };
        let mut response = Response::builder()
            .header(X_REPO_COMMIT, self.head())
            .header(header::ETAG, format!("\"{:x}-{size}\"", self.commits))
            .header(header::CONTENT_LENGTH, bytes.end - bytes.start);
        if let Some(range) = part.content_range(size) {
            response = response.status(StatusCode::PARTIAL_CONTENT).header(header::CONTENT_RANGE, range);
        }
        Ok(response
            .body(Full::from(content.slice(usize::try_from(bytes.start)?..usize::try_from(bytes.end)?)))?)
    }
}

async fn serve(model: &Mutex<Model>, request: Request<Incoming>) -> Reply {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, 16 << 20).collect().await else {
        return failed(StatusCode::PAYLOAD_TOO_LARGE, None, "at most 16 MiB");
    };
    let mut model = model.lock().unwrap_or_else(PoisonError::into_inner);
    model.respond(&Request::from_parts(head, body.to_bytes()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).ok_or("name an address to listen on")?;
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let model = Arc::new(Mutex::new(Model::default()));
    loop {
        let (stream, _) = listener.accept().await?;
        let model = Arc::clone(&model);
        tokio::spawn(async move {
            let service = service_fn(|request| serve(&model, request));
            if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
                eprintln!("a connection failed: {error}");
            }
        });
    }
}
