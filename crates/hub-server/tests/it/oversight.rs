//! Limits on what callers may ask and store, and the log of what they change.

use std::{net::SocketAddr, path::Path, time::Duration};

use hub_server::{AdminRequest, AuditLog, EmbeddedHub, RateLimit, Server};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{
    ADA, BOB, add_files, batch, builder, call, commit, file_line, get, hub, path_of, post, upload,
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
