//! Pages of a server on a port: what it writes down, what it counts, and what it refuses at the door.

use std::net::SocketAddr;

use hub_server::{AuditLog, RateLimit, Server};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Browser, cookie, html::Html};
use crate::support::{ADA, get, hub};

/// A server on a port, and a browser that sends it what a browser sends.
struct Wire {
    to: SocketAddr,
    cookie: String,
    form_token: String,
}

impl Wire {
    async fn new(to: SocketAddr) -> Self {
        let mut wire = Self { to, cookie: String::new(), form_token: String::new() };
        wire.form_token = wire.token_of_forms().await;
        wire
    }

    async fn signed_in(to: SocketAddr, token: &str) -> Self {
        let mut wire = Self::new(to).await;
        let response = wire.post("/login", &[("token", token)]).await;
        let set = response.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a session");
        wire.cookie = cookie(set).unwrap();
        wire.form_token = wire.token_of_forms().await;
        wire
    }

    async fn token_of_forms(&self) -> String {
        let page = self.get("/login").await;
        Html::parse(page.split_once("\r\n\r\n").unwrap().1).field("form_token").unwrap().to_owned()
    }

    async fn send(&self, method: &str, path: &str, body: &str) -> String {
        let (to, cookie, length) = (self.to, &self.cookie, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {to}\r\nOrigin: http://{to}\r\nCookie: {cookie}\r\nAccept: text/html\r\n\
             X-Request-Id: mine\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        );
        let mut stream = TcpStream::connect(to).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        response
    }

    async fn get(&self, path: &str) -> String {
        self.send("GET", path, "").await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("form_token", &self.form_token).extend_pairs(fields);
        self.send("POST", path, &form.finish()).await
    }
}

fn run(server: Server) -> SocketAddr {
    let address = server.local_addr();
    tokio::spawn(server.run(std::future::pending()));
    address
}

fn status(response: &str) -> &str {
    response.split(' ').nth(1).unwrap_or_default()
}

#[tokio::test]
async fn a_form_is_written_down_once_with_who_sent_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit.jsonl");
    let server = Server::bind(hub(), "127.0.0.1:0").await.unwrap();
    let to = run(server.audit_log(AuditLog::open(&path).unwrap()));
    let wire = Wire::signed_in(to, ADA).await;
    let port = to.port();
    assert!(wire.cookie.starts_with(&format!("hub-{port}=")), "each port has its own: {}", wire.cookie);
    let made = wire.post("/settings/tokens", &[("name", "laptop"), ("role", "read")]).await;
    let secret = Html::parse(&made).all("pre").next().unwrap().text.trim().to_owned();
    assert!(secret.starts_with("hf_"));
    for (path, fields) in [
        ("/settings/tokens/revoke", &[("name", "laptop")][..]),
        ("/new", &[("name", "fresh"), ("visibility", "private")]),
        ("/ada/demo/settings/access", &[("visibility", "private"), ("gated", "no")]),
        ("/spaces/ada/app/settings/add-secret", &[("key", "KEY"), ("value", "the canary")]),
        ("/ada/demo/refs/create-branch", &[("branch", "b/1"), ("start", "main")]),
        ("/ada/demo/refs/delete-branch", &[("branch", "b/1")]),
        ("/ada/demo/refs/create-tag", &[("tag", "v1"), ("revision", "main")]),
        ("/ada/demo/refs/delete-tag", &[("tag", "v1")]),
        ("/ada/demo/discussions/new", &[("title", "Title"), ("description", "")]),
        ("/ada/demo/settings/delete", &[("confirm", "ada/demo")]),
    ] {
        assert_eq!(status(&wire.post(path, fields).await), "303", "{path}");
    }
    // What is refused, what only reads and who comes or goes is no change.
    wire.post("/ada/fresh/settings/delete", &[("confirm", "no")]).await;
    wire.post("/settings/tokens/revoke", &[("name", "none")]).await;
    wire.get("/settings/tokens").await;
    wire.post("/logout", &[]).await;
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let text_of = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    let told: Vec<_> = lines
        .iter()
        .map(|line| ["method", "operation", "path", "subject"].map(|name| text_of(line, name)).join(" "))
        .collect();
    assert_eq!(
        told,
        [
            // What the API does not have is named as the page does.
            "POST /settings/tokens /settings/tokens ada",
            "POST /settings/tokens/revoke /settings/tokens/revoke ada",
            "POST /api/repos/create /api/repos/create model ada/fresh",
            "PUT /api/{type}/{id}/settings /api/models/ada/demo/settings model ada/demo",
            "POST /api/spaces/{id}/secrets /api/spaces/ada/app/secrets space ada/app",
            "POST /api/{type}/{id}/branch/{branch} /api/models/ada/demo/branch/b%2F1 model ada/demo",
            "DELETE /api/{type}/{id}/branch/{branch} /api/models/ada/demo/branch/b%2F1 model ada/demo",
            "POST /api/{type}/{id}/tag/{rev} /api/models/ada/demo/tag/main model ada/demo",
            "DELETE /api/{type}/{id}/tag/{rev} /api/models/ada/demo/tag/v1 model ada/demo",
            "POST /api/{type}/{id}/discussions /api/models/ada/demo/discussions model ada/demo",
            "DELETE /api/repos/delete /api/repos/delete model ada/demo",
        ]
    );
    assert_eq!(lines[0]["details"], json!({"name": "laptop", "role": "read", "expires_at": null}));
    assert_eq!(lines[4]["details"], json!({"key": "KEY"}));
    assert_eq!(lines[5]["details"], json!({"startingPoint": "main"}));
    assert_eq!(lines[7]["details"], json!({"tag": "v1"}));
    for line in &lines {
        assert_eq!(
            (&line["user"], &line["address"], &line["request_id"]),
            (&json!("ada"), &json!("127.0.0.1"), &json!("mine"))
        );
        assert!(line["token"].as_str().unwrap().starts_with("token-"), "{line}");
    }
    for never in [&secret, ADA, "the canary", wire.cookie.as_str(), &wire.form_token] {
        assert!(!text.contains(never), "{never}");
    }
}

#[tokio::test(start_paused = true)]
async fn pages_and_attempts_to_sign_in_are_counted() {
    let server = Server::bind(hub(), "127.0.0.1:0").await.unwrap();
    let to = run(server.rate_limits(Some(RateLimit::new(3, 1)), Some(RateLimit::new(4, 1))));
    // An attempt of nobody.
    let wire = Wire::signed_in(to, ADA).await;
    for _ in 0..3 {
        assert_eq!(status(&wire.get("/").await), "200");
    }
    let refused = wire.get("/").await;
    assert_eq!(status(&refused), "429", "who is signed in is counted as a user");
    let (head, body) = refused.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-security-policy: ") && head.contains("\r\nretry-after: "), "{head}");
    let page = Html::parse(body);
    assert_eq!(page.faults(), Vec::<String>::new());
    assert!(page.words().contains("429 Too Many Requests"), "{}", page.words());
    assert_eq!(status(&wire.get("/ada/demo/raw/main/.gitattributes").await), "200");
    assert_eq!(status(&wire.get("/ada/demo/raw/main/.gitattributes").await), "429");

    // Whatever else comes from an address, one can sign in there, and see how.
    let nobody = Wire::new(to).await;
    for _ in 0..4 {
        assert_eq!(status(&nobody.get("/").await), "200");
    }
    assert_eq!(status(&nobody.get("/").await), "429");
    for path in ["/login", "/_page/style.css", "/_page/page.js"] {
        for _ in 0..10 {
            assert_eq!(status(&nobody.get(path).await), "200", "{path}");
        }
    }
    for expected in ["401", "401", "401", "429", "429"] {
        assert_eq!(status(&nobody.post("/login", &[("token", "hf_guess")]).await), expected);
    }
}

#[tokio::test]
async fn what_is_refused_at_the_door_is_a_page_for_a_browser() {
    let hub = hub();
    let browser = Browser::anonymous(&hub).await;
    let twice = browser.get("/models?search=a&search=b").await;
    assert_eq!(twice.status, 200, "a list");
    for uri in ["/models?sort=a&sort=b", "/ada/demo/resolve/main/a.txt?download=1&download=2"] {
        let twice = browser.get(uri).await;
        assert_eq!(twice.status, 400, "{uri}");
        assert_eq!(twice.html().faults(), Vec::<String>::new(), "{uri}");
        assert!(twice.html().words().contains("more than once"), "{uri}");
        let program = get(uri).send(&hub).await;
        assert_eq!(program.header("content-type"), Some("application/json; charset=utf-8"), "{uri}");
    }
    let api = browser.get("/api/models?sort=a&sort=b").await;
    assert_eq!(api.header("content-type"), Some("application/json; charset=utf-8"));

    let to = run(Server::bind(hub.clone(), "127.0.0.1:0").await.unwrap());
    let request = "GET / HTTP/1.1\r\nHost: evil.example\r\nAccept: text/html\r\nConnection: close\r\n\r\n";
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    assert_eq!(status(&response), "421");
    let page = Html::parse(response.split_once("\r\n\r\n").unwrap().1);
    assert_eq!(page.faults(), Vec::<String>::new());
    assert!(page.words().contains("the Host of the request is another one"), "{}", page.words());
    assert!(!response.contains("evil.example"));
}
