//! Limits on what callers may ask and store, and the log of what they change.

use std::{net::SocketAddr, path::Path, time::Duration};

use hub_server::{Admin, AdminRequest, AuditLog, EmbeddedHub, OrgRole, RateLimit, Server, TokenRole};
use hub_types::RepoType;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{
    ADA, BOB, Log, add_files, batch, builder, call, commit, file_line, get, hub, path_of, post, upload,
};

fn run(server: Server) -> SocketAddr {
    let address = server.local_addr();
    tokio::spawn(server.run(std::future::pending()));
    address
}

/// The whole response to a request over a connection of its own.
async fn send(to: SocketAddr, method: &str, path: &str, token: Option<&str>, body: &str) -> String {
    let token = token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {to}\r\n{token}X-Request-Id: mine\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response
}

fn header<'a>(response: &'a str, name: &str) -> Option<&'a str> {
    response.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test(start_paused = true)]
async fn each_caller_has_its_requests_and_is_told_what_is_left() {
    let server = Server::bind(hub(), "127.0.0.1:0").await.unwrap();
    let to = run(server.rate_limits(Some(RateLimit::new(2, 1)), Some(RateLimit::new(1, 1))));
    let status = |response: &str| response.split(' ').nth(1).unwrap().to_owned();
    let info = async |token| send(to, "GET", "/api/models/ada/demo", token, "").await;

    let first = info(Some(ADA)).await;
    assert_eq!(status(&first), "200");
    assert_eq!(header(&first, "ratelimit-policy"), Some("\"fixed window\";\"api\";q=2;w=300"));
    let limit = header(&first, "ratelimit").unwrap();
    assert!(limit.starts_with("\"api\";r=1;t="), "{limit}");
    assert_eq!(status(&info(Some(ADA)).await), "200");
    let refused = info(Some(ADA)).await;
    assert_eq!((status(&refused).as_str(), header(&refused, "x-request-id")), ("429", Some("mine")));
    assert!(header(&refused, "ratelimit").unwrap().starts_with("\"api\";r=0;t="), "{refused}");
    assert!(header(&refused, "retry-after").is_some() && refused.contains("Too many requests"), "{refused}");

    assert_eq!(status(&info(Some(BOB)).await), "200", "another user");
    let file = "/ada/demo/resolve/main/.gitattributes";
    assert_eq!(status(&send(to, "GET", file, Some(ADA), "").await), "200", "files are counted apart");
    assert_eq!(status(&info(None).await), "200");
    assert_eq!(status(&info(Some("hf_wrong")).await), "429", "who is nobody counts for the address");
    assert_eq!(status(&send(to, "GET", "/healthz", None, "").await), "200");
    tokio::time::advance(Duration::from_secs(300)).await;
    assert_eq!(status(&info(Some(ADA)).await), "200");
}

#[tokio::test]
async fn without_limits_nothing_is_said_of_them() {
    let to = run(Server::bind(hub(), "127.0.0.1:0").await.unwrap());
    let response = send(to, "GET", "/api/models/ada/demo", None, "").await;
    assert_eq!(header(&response, "ratelimit"), None);
    assert_eq!(get("/api/models/ada/demo").send(&hub()).await.header("ratelimit"), None);
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn each_change_is_written_down_with_who_what_and_where_from() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit.jsonl");
    let server = Server::bind(hub(), "127.0.0.1:0").await.unwrap();
    let to = run(server.audit_log(AuditLog::open(&path).unwrap()));
    let create = async |token| send(to, "POST", "/api/repos/create", token, r#"{"name":"new"}"#).await;
    create(Some(ADA)).await;
    send(to, "POST", "/api/models/ada/new/branch/dev", Some(ADA), "{}").await;
    // What is refused, what fails and what only reads is no change.
    create(None).await;
    create(Some(ADA)).await;
    send(to, "GET", "/api/models/ada/new", Some(ADA), "").await;
    send(to, "POST", "/api/models/ada/new/paths-info/main", None, r#"{"paths":[]}"#).await;

    let lines = lines(&path);
    assert_eq!(lines.len(), 2, "{lines:?}");
    let (made, branched) = (&lines[0], &lines[1]);
    let common = json!({
        "user": "ada", "address": "127.0.0.1", "method": "POST", "operation": "/api/repos/create",
        "path": "/api/repos/create", "subject": "model ada/new", "status": 200, "request_id": "mine",
    });
    for (key, value) in common.as_object().unwrap() {
        assert_eq!(&made[key], value, "{made}");
    }
    assert!(made["time"].as_str().unwrap().ends_with('Z') && made["token"].is_string(), "{made}");
    assert_eq!(branched["operation"], "/api/{type}/{id}/branch/{branch}");
    assert_eq!(branched["subject"], "model ada/new");
    assert!(!std::fs::read_to_string(&path).unwrap().contains(ADA));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_hub_whose_audit_log_is_full_is_not_ready() {
    let server = Server::bind(hub(), "127.0.0.1:0").await.unwrap();
    let to = run(server.audit_log(AuditLog::open("/dev/full").unwrap()));
    assert!(send(to, "GET", "/readyz", None, "").await.starts_with("HTTP/1.1 200 "));
    send(to, "POST", "/api/repos/create", Some(ADA), r#"{"name":"new"}"#).await;
    assert!(send(to, "GET", "/readyz", None, "").await.starts_with("HTTP/1.1 503 "));
}

fn set_quota(hub: &EmbeddedHub, bytes: Option<u64>) {
    hub.administer(&AdminRequest::SetQuota { account: "ada".into(), bytes }).unwrap();
}

#[tokio::test]
async fn a_namespace_without_room_takes_nothing_more_and_may_still_delete() {
    let hub = builder().build().unwrap();
    add_files(&hub, "ada/demo", &[("a.txt", "a")]).await;
    let content = vec![7; 1_000_000];
    let object = batch(&hub, ADA, "ada/demo", "upload", &content).await;
    let url = path_of(object["actions"]["upload"]["href"].as_str().unwrap());
    let used =
        hub.administer(&AdminRequest::Quota { account: "ada".into() }).unwrap()["used"].as_u64().unwrap();
    set_quota(&hub, Some(used + 500_000));

    let request = json!({
        "operation": "upload", "transfers": ["basic"], "hash_algo": "sha256",
        "objects": [{"oid": crate::support::sha256(&content), "size": content.len()}],
    });
    let refused = post("/ada/demo.git/info/lfs/objects/batch", request).token(ADA).send(&hub).await;
    assert_eq!(refused.status, 413);
    assert!(refused.any_json().to_string().contains("the storage of ada is full"), "{refused:?}");
    // Also with a URL from before.
    let put = call(http::Method::PUT, &url).body(content.clone()).send(&hub).await;
    assert_eq!(put.status, 413);
    let large = file_line("b.txt", &"b".repeat(600_000));
    assert_eq!(commit("ada/demo", &[large]).token(ADA).send(&hub).await.status, 413);
    commit("ada/demo", &[file_line("c.txt", "c")]).token(ADA).send(&hub).await.json();

    set_quota(&hub, Some(1));
    let delete = json!({"key": "deletedFile", "value": {"path": "a.txt"}});
    commit("ada/demo", &[delete]).token(ADA).send(&hub).await.json();
    set_quota(&hub, None);
    upload(&hub, "ada/demo", &content).await;
}

#[tokio::test]
async fn two_uploads_at_the_same_time_do_not_go_beyond_the_quota_together() {
    let hub = builder().build().unwrap();
    let (one, two) = (vec![1; 600_000], vec![2; 600_000]);
    let mut urls = Vec::new();
    for content in [&one, &two] {
        let object = batch(&hub, ADA, "ada/demo", "upload", content).await;
        urls.push(path_of(object["actions"]["upload"]["href"].as_str().unwrap()));
    }
    let used =
        hub.administer(&AdminRequest::Quota { account: "ada".into() }).unwrap()["used"].as_u64().unwrap();
    set_quota(&hub, Some(used + 1_000_000));

    // The first is half sent.
    let (sender, frames) = tokio::sync::mpsc::channel(1);
    let frames = futures_util::stream::unfold(frames, |mut frames| async move {
        let data: bytes::Bytes = frames.recv().await?;
        Some((Ok::<_, std::io::Error>(http_body::Frame::data(data)), frames))
    });
    let request =
        http::Request::put(&urls[0]).body(http_body_util::StreamBody::new(Box::pin(frames))).unwrap();
    let first = tokio::spawn(tower::ServiceExt::oneshot(hub.clone(), request));
    sender.send(one[..300_000].to_vec().into()).await.unwrap();
    // Taken, so that the request is worked on.
    sender.send(bytes::Bytes::new()).await.unwrap();
    sender.send(bytes::Bytes::new()).await.unwrap();

    let second = call(http::Method::PUT, &urls[1]).body(two.clone()).send(&hub).await;
    assert_eq!(second.status, 413, "{second:?}");
    sender.send(one[300_000..].to_vec().into()).await.unwrap();
    drop(sender);
    assert_eq!(first.await.unwrap().unwrap().status(), 200);
    let again = call(http::Method::PUT, &urls[0]).body(one).send(&hub).await;
    assert_eq!(again.status, 200, "what is there takes no room");
    assert_eq!(call(http::Method::PUT, &urls[1]).body(two).send(&hub).await.status, 413);
}

#[tokio::test]
async fn what_is_refused_before_the_hub_sees_it_is_in_the_log_with_its_id() {
    let log = Log::listen();
    let server = Server::bind(hub(), "127.0.0.1:0").await.unwrap();
    let to = run(server.rate_limits(None, Some(RateLimit::new(1, 1))));
    for _ in 0..2 {
        send(to, "GET", "/api/models/ada/demo", None, "").await;
    }
    log.line(&["request", "/api/models/ada/demo", "status=200", "mine"]);
    log.line(&["request", "/api/models/ada/demo", "status=429", "mine"]);
    let other = "GET /x HTTP/1.1\r\nHost: evil.example\r\nX-Request-Id: other\r\nConnection: close\r\n\r\n";
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(other.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    assert_eq!(header(&response, "x-request-id"), Some("other"));
    log.line(&["request", "/x", "status=421", "other"]);
}

#[cfg(unix)]
#[tokio::test]
async fn what_an_administrator_changes_is_written_down_with_everything_but_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let (data, path) = (dir.path().join("data"), dir.path().join("audit.jsonl"));
    let hub = EmbeddedHub::open(&data).user("ada").org("lab").repo("ada/demo").build().unwrap();
    let server = Server::bind(hub, "127.0.0.1:0").await.unwrap();
    run(server.audit_log(AuditLog::open(&path).unwrap()));
    while !data.join("admin.sock").exists() {
        tokio::task::yield_now().await;
    }
    let token = |name: &str| AdminRequest::CreateToken {
        user: "ada".into(),
        name: name.into(),
        role: TokenRole::Write,
        valid_for: Some(60),
    };
    let requests = [
        token("laptop"),
        AdminRequest::RevokeToken { user: "ada".into(), name: "laptop".into() },
        AdminRequest::SetMember { org: "lab".into(), user: "ada".into(), role: Some(OrgRole::Write) },
        AdminRequest::SetQuota { account: "ada".into(), bytes: Some(1_000) },
        AdminRequest::DisableRepo { repo_type: RepoType::Model, repo_id: "ada/demo".into(), disabled: true },
    ];
    let mut secret = String::new();
    for request in requests {
        let admin = Admin::of(&data);
        let value = tokio::task::spawn_blocking(move || admin.run(&request)).await.unwrap().unwrap();
        secret = value["token"].as_str().map_or(secret, str::to_owned);
    }
    let lines = lines(&path);
    let told: Vec<_> =
        lines.iter().map(|line| (line["subject"].as_str().unwrap(), &line["details"])).collect();
    let expected = [
        ("ada", json!({"user": "ada", "name": "laptop", "role": "write", "valid_for": 60})),
        ("ada", json!({"user": "ada", "name": "laptop"})),
        ("lab", json!({"org": "lab", "user": "ada", "role": "write"})),
        ("ada", json!({"account": "ada", "bytes": 1_000})),
        ("model ada/demo", json!({"repo_type": "model", "repo_id": "ada/demo", "disabled": true})),
    ];
    assert_eq!(told, expected.each_ref().map(|(subject, details)| (*subject, details)));
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(secret.starts_with("hf_") && !text.contains(&secret), "{text}");
}

#[tokio::test]
async fn what_a_request_sets_is_written_down_where_its_path_does_not_say_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit.jsonl");
    let server = Server::bind(hub(), "127.0.0.1:0").await.unwrap();
    let to = run(server.audit_log(AuditLog::open(&path).unwrap()));
    for (method, path, body) in [
        ("PUT", "/api/models/ada/demo/settings", r#"{"private":true}"#),
        ("POST", "/api/models/ada/demo/tag/main", r#"{"tag":"v1"}"#),
        ("POST", "/api/spaces/ada/app/secrets", r#"{"key":"KEY","value":"the secret"}"#),
    ] {
        let response = send(to, method, path, Some(ADA), body).await;
        assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    }
    let lines = lines(&path);
    let told: Vec<_> = lines.iter().map(|line| line["details"].clone()).collect();
    assert_eq!(told, [json!({"private": true}), json!({"tag": "v1"}), json!({"key": "KEY"})]);
    assert!(!std::fs::read_to_string(&path).unwrap().contains("the secret"));
}
