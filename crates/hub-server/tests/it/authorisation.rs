//! Every route for every kind of caller, on every kind of repository: public or private, gated or not, disabled or not,
//! and one that is missing. A route that [`hub_server::routes`] lists and no row below asks for fails a test.

mod operation;
#[cfg(feature = "page")]
mod page_rows;
mod rows;

use http::Method;
use hub_server::{EmbeddedHub, Needs, Operation, routes};
use hub_types::{RepoRef, RepoType};
use serde_json::{Value, json};

use self::{operation::operation, rows::Row};
#[cfg(feature = "page")]
use crate::page::Browser;
use crate::support::{
    ADA, BOB, RITA, Received, WIM, builder, call, file_line, get, header_line, ndjson, post,
};

/// Callers of a repository of the organisation, in the order of the columns below.
const WIM_READS: &str = "hf_wim_reads";
const CALLERS: [(&str, Option<&str>); 5] = [
    ("anonymous", None),
    ("stranger", Some(BOB)),
    ("reader", Some(RITA)),
    ("writer", Some(WIM)),
    ("writer's read token", Some(WIM_READS)),
];

/// Content of files. Who may not read it finds it in no response.
const CONTENT: &str = "only for those who may read the files";

/// Rows of models.
fn rows() -> Vec<Row> {
    #[cfg(feature = "page")]
    let pages = page_rows::rows();
    #[cfg(not(feature = "page"))]
    let pages = Vec::new();
    rows::rows().into_iter().chain(pages).collect()
}

/// Rows of Spaces.
fn space_rows() -> Vec<Row> {
    #[cfg(feature = "page")]
    let pages = page_rows::space_rows();
    #[cfg(not(feature = "page"))]
    let pages = Vec::new();
    rows::space_rows().into_iter().chain(pages).collect()
}

struct Caller<'h> {
    who: &'static str,
    token: Option<&'static str>,
    #[cfg(feature = "page")]
    browser: Browser<'h>,
    hub: &'h EmbeddedHub,
}

impl<'h> Caller<'h> {
    async fn all(hub: &'h EmbeddedHub) -> Vec<Self> {
        let mut all = Vec::new();
        for (who, token) in CALLERS {
            #[cfg(feature = "page")]
            let browser = Browser::of(hub, token).await;
            all.push(Self {
                who,
                token,
                #[cfg(feature = "page")]
                browser,
                hub,
            });
        }
        all
    }

    async fn ask(&self, row: &Row, route: &str, body: &Value) -> Received {
        #[cfg(feature = "page")]
        if row.is_page {
            return page_rows::request(&self.browser, &row.method, route, body).send(self.hub).await;
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        call(row.method.clone(), route).maybe_token(self.token).body(body).send(self.hub).await
    }
}

/// What a repository can be.
#[derive(Debug, Clone, Copy)]
struct Kind {
    private: bool,
    gated: bool,
    disabled: bool,
}

impl Kind {
    fn all() -> impl Iterator<Item = Self> {
        (0..8).map(|n| Self { private: n & 1 != 0, gated: n & 2 != 0, disabled: n & 4 != 0 })
    }

    fn id(self) -> String {
        let word = |is, word| if is { word } else { "" };
        format!(
            "analytical/it{}{}{}",
            word(self.private, "-private"),
            word(self.gated, "-gated"),
            word(self.disabled, "-disabled")
        )
    }

    /// The statuses of a row. Who may see a disabled repository is told so, and the files of a gated one are for members.
    fn statuses(self, row: &Row) -> [u16; 5] {
        let mut statuses = if self.private { row.private } else { row.public };
        if self.disabled {
            let strangers = if self.private { 2 } else { 0 };
            statuses.iter_mut().skip(strangers).for_each(|status| *status = 403);
        } else if self.gated && !self.private && reads_files(row) {
            statuses[..2].copy_from_slice(&[401, 403]);
        }
        statuses
    }

    /// The form that leaves it what it is.
    fn access(self) -> Value {
        let visibility = if self.private { "private" } else { "public" };
        json!({"visibility": visibility, "gated": if self.gated { "auto" } else { "no" }})
    }

    /// Whether the caller in this column may read the files.
    fn shows_files(self, column: usize) -> bool {
        !self.disabled && (column >= 2 || !(self.private || self.gated))
    }

    /// Makes it, with files, a discussion and a pull request that deletes a file. Gives the ids of two comments.
    async fn make(self, hub: &EmbeddedHub, repo_type: &str) -> [String; 2] {
        let id = self.id();
        let name = id.strip_prefix("analytical/").unwrap();
        let mut new =
            json!({"name": name, "organization": "analytical", "type": repo_type, "private": self.private});
        if repo_type == "space" {
            new["sdk"] = json!("gradio");
        }
        assert_eq!(post("/api/repos/create", new).token(WIM).send(hub).await.status, 200);
        let url = format!("/api/{repo_type}s/{id}");
        let commit = |query, line| {
            let lines = ndjson(&[header_line("Change"), line]);
            call(Method::POST, &format!("{url}/commit/main{query}")).body(lines).token(WIM)
        };
        commit("", file_line("a.txt", CONTENT)).send(hub).await.json();
        commit("", file_line("README.md", CONTENT)).send(hub).await.json();
        let discussions = format!("{url}/discussions");
        post(&discussions, json!({"title": "Title"})).token(WIM).send(hub).await.json();
        let deletion = json!({"key": "deletedFile", "value": {"path": "a.txt"}});
        commit("?create_pr=1", deletion).send(hub).await.json();
        let details = get(&format!("{discussions}/1")).token(WIM).send(hub).await.json();
        let comment = post(&format!("{discussions}/1/comment"), json!({"comment": "x"}));
        let comment = comment.token(WIM).send(hub).await.any_json();
        if self.gated {
            let settings = call(Method::PUT, &format!("{url}/settings")).body(r#"{"gated":"auto"}"#);
            settings.token(WIM).send(hub).await.json();
        }
        if self.disabled {
            let repo_type = if repo_type == "space" { RepoType::Space } else { RepoType::Model };
            hub.disable(&RepoRef::new(repo_type, id.parse().unwrap()), true).unwrap();
        }
        let id = |event: &Value| event["id"].as_str().unwrap().to_owned();
        [id(&details["events"][0]), id(&comment["newMessage"])]
    }
}

/// Whether a row is a request for contents of files. Of some routes only the query or the body says so.
fn reads_files(row: &Row) -> bool {
    let Row { method, route, body, .. } = row;
    match operation(method, route).unwrap().path {
        "/api/{type}/{id}/discussions/{num}" => route.ends_with("/2?diff=1"),
        "/api/{type}/{id}/lfs-files/duplicate" => true,
        "/{id}/edit/{rev}/{path}" => true,
        "/{id}.git/info/refs" => !route.ends_with("git-receive-pack"),
        "/{id}.git/info/lfs/objects/batch" => body["operation"] == "download",
        _ => operation(method, route).unwrap().needs == Needs::Files,
    }
}

async fn ask_as_everybody(
    callers: &[Caller<'_>],
    row: &Row,
    id: &str,
    comments: &[String; 2],
    kind: Option<Kind>,
) {
    let Row { method, route, body, private, .. } = row;
    // What a caller who may not see a private repository is told: the same as of one that does not exist.
    let missing = [private[0], private[1], private[1], private[1], private[1]];
    let expected = kind.map_or(missing, |kind| kind.statuses(row));
    // What was hidden through the API cannot be edited on a page.
    let comment = &comments[usize::from(row.is_page)];
    let url = route.replace("{}", id).replace("/ID/", &format!("/{comment}/"));
    let body = match kind {
        // It stays what it is.
        Some(Kind { private, .. }) if method == Method::PUT && url.ends_with("/settings") => {
            json!({"private": private})
        }
        Some(kind) if url.ends_with("/settings/access") => kind.access(),
        _ => {
            let text = body.to_string().replace("\"{}", &format!("\"{id}"));
            serde_json::from_str(&text.replace("TIP", &tip(callers[0].hub, id).await)).unwrap()
        }
    };
    for (column, (caller, status)) in callers.iter().zip(expected).enumerate() {
        let response = caller.ask(row, &url, &body).await;
        let who = caller.who;
        assert_eq!(response.status, status, "{method} {url} for {who}: {response:?}");
        if kind.is_some_and(|kind| !kind.shows_files(column)) {
            let text = String::from_utf8_lossy(&response.body);
            assert!(!text.contains(CONTENT), "{method} {url} for {who}: {text}");
        }
    }
}

/// The last commit of a model, for those who may be told.
async fn tip(hub: &EmbeddedHub, id: &str) -> String {
    let info = get(&format!("/api/models/{id}")).token(WIM).send(hub).await.any_json();
    info["sha"].as_str().map_or_else(|| "0".repeat(40), str::to_owned)
}

#[tokio::test]
async fn every_route_lets_through_whom_it_should() {
    let hub = builder().token("wim", WIM_READS, hub_server::TokenRole::Read).build().unwrap();
    let callers = Caller::all(&hub).await;
    let nobodys = ["none", "none"].map(str::to_owned);
    for kind in Kind::all() {
        let comments = kind.make(&hub, "model").await;
        for row in rows() {
            ask_as_everybody(&callers, &row, &kind.id(), &comments, Some(kind)).await;
        }
    }
    for row in rows() {
        ask_as_everybody(&callers, &row, "analytical/missing", &nobodys, None).await;
    }
}

#[tokio::test]
async fn every_route_of_a_space_lets_through_whom_it_should() {
    let hub = builder().token("wim", WIM_READS, hub_server::TokenRole::Read).build().unwrap();
    let callers = Caller::all(&hub).await;
    let nobodys = ["none", "none"].map(str::to_owned);
    // A Space cannot be gated.
    for kind in Kind::all().filter(|kind| !kind.gated) {
        let comments = kind.make(&hub, "space").await;
        for row in space_rows() {
            ask_as_everybody(&callers, &row, &kind.id(), &comments, Some(kind)).await;
        }
    }
    for row in space_rows() {
        ask_as_everybody(&callers, &row, "analytical/missing", &nobodys, None).await;
    }
}

#[tokio::test]
async fn routes_without_a_repository_let_through_whom_they_should() {
    let hub = builder().token("wim", WIM_READS, hub_server::TokenRole::Read).build().unwrap();
    for (method, route, body, expected) in rows_without_repository() {
        for ((who, token), status) in CALLERS.into_iter().zip(expected) {
            // After the writer's deletion the repository is missing for everybody.
            let status = if method == Method::DELETE && who.contains("read token") { 404 } else { status };
            let response = call(method.clone(), route).maybe_token(token).body(body.clone()).send(&hub).await;
            assert_eq!(response.status, status, "{method} {route} for {who}: {response:?}");
        }
    }
    let own = json!({"name": "demo", "organization": "ada"}).to_string();
    let reads = call(Method::DELETE, "/api/repos/delete").token(crate::support::ADA_READS).body(own.clone());
    assert_eq!(reads.send(&hub).await.status, 403, "a read token of the owner");
    assert_eq!(call(Method::DELETE, "/api/repos/delete").token(ADA).body(own).send(&hub).await.status, 200);
}

#[cfg(feature = "page")]
#[tokio::test]
async fn pages_without_a_repository_let_through_whom_they_should() {
    let hub = builder().token("wim", WIM_READS, hub_server::TokenRole::Read).build().unwrap();
    let callers = Caller::all(&hub).await;
    for (method, route, body, expected) in page_rows::rows_without_repository() {
        for (caller, status) in callers.iter().zip(expected) {
            let response = page_rows::request(&caller.browser, &method, route, &body).send(&hub).await;
            let who = caller.who;
            assert_eq!(response.status, status, "{method} {route} for {who}: {response:?}");
        }
    }
}

/// A URL of a store, with the hash of nothing at its end.
macro_rules! xet_url {
    ($path:literal) => {
        concat!("/_xet/00000000000000000000000000000000", $path)
    };
    ($path:literal, 64) => {
        concat!(
            "/_xet/00000000000000000000000000000000",
            $path,
            "0000000000000000000000000000000000000000000000000000000000000000"
        )
    };
}

fn rows_without_repository() -> Vec<(Method, &'static str, String, [u16; 5])> {
    let new = |name: &str| json!({"name": name, "organization": "analytical"}).to_string();
    // The name changes in case only, so that the rows below find it still.
    let moved = |name: &str| {
        let (from, to) = (format!("analytical/{name}"), format!("analytical/{}", name.to_uppercase()));
        json!({"fromRepo": from, "toRepo": to, "type": "model"}).to_string()
    };
    // The store of Xet knows its own tokens alone, and signed URLs.
    let xet = |method, route| (method, route, String::new(), [401; 5]);
    vec![
        xet(Method::GET, xet_url!("/v2/reconstructions/", 64)),
        xet(Method::GET, xet_url!("/v1/reconstructions/", 64)),
        xet(Method::GET, xet_url!("/v1/reconstructions")),
        xet(Method::GET, xet_url!("/v1/chunks/default/", 64)),
        xet(Method::HEAD, xet_url!("/v1/files/", 64)),
        xet(Method::HEAD, xet_url!("/v1/xorbs/default/", 64)),
        xet(Method::POST, xet_url!("/v1/xorbs/default/", 64)),
        xet(Method::POST, xet_url!("/v2/shards")),
        xet(Method::POST, xet_url!("/v1/shards")),
        (Method::GET, xet_url!("/bytes/", 64), String::new(), [403; 5]),
        (Method::GET, "/api/whoami-v2", String::new(), [401, 200, 200, 200, 200]),
        (Method::GET, "/api/users/ada/likes", String::new(), [200; 5]),
        (Method::POST, "/api/repos/move", moved("open"), [401, 403, 403, 200, 403]),
        (Method::POST, "/api/validate-yaml", json!({"content": ""}).to_string(), [200; 5]),
        (Method::GET, "/api/models", String::new(), [200; 5]),
        (Method::GET, "/api/datasets", String::new(), [200; 5]),
        (Method::GET, "/api/spaces", String::new(), [200; 5]),
        (Method::GET, "/api/models-tags-by-type", String::new(), [200; 5]),
        (Method::GET, "/api/datasets-tags-by-type", String::new(), [200; 5]),
        (Method::GET, "/api/metrics", String::new(), [200; 5]),
        (Method::GET, "/api/spaces/hardware", String::new(), [200; 5]),
        (Method::GET, "/api/spaces/templates", String::new(), [200; 5]),
        (Method::POST, "/api/repos/create", new("made"), [401, 403, 403, 200, 403]),
        (Method::DELETE, "/api/repos/delete", new("open"), [401, 403, 403, 200, 403]),
        (Method::DELETE, "/api/repos/delete", new("closed"), [401, 404, 403, 200, 404]),
    ]
}

fn pages_without_repository() -> Vec<(Method, &'static str)> {
    #[cfg(feature = "page")]
    return page_rows::rows_without_repository()
        .into_iter()
        .map(|(method, route, ..)| (method, route))
        .collect();
    #[cfg(not(feature = "page"))]
    Vec::new()
}

#[test]
fn every_route_has_a_row() {
    let rows: Vec<(Method, &str)> = rows()
        .into_iter()
        .chain(space_rows())
        .map(|row| (row.method, row.route))
        .chain(rows_without_repository().into_iter().map(|(method, route, ..)| (method, route)))
        .chain(pages_without_repository())
        .collect();
    let asked: Vec<&Operation> = rows.iter().filter_map(|(method, route)| operation(method, route)).collect();
    assert_eq!(asked.len(), rows.len(), "a row asks for what is no route");
    let left: Vec<_> = routes().iter().filter(|route| !asked.contains(route)).collect();
    assert!(left.is_empty(), "routes without a row: {left:#?}");
}

#[test]
fn what_a_route_needs_is_what_its_rows_say() {
    // A push begins with a question, which needs what the push does.
    let begins_a_push = |row: &Row| row.route.ends_with("service=git-receive-pack");
    let all = rows().into_iter().chain(space_rows()).filter(|row| !begins_a_push(row));
    for Row { method, route, public, private, .. } in all {
        let needs = operation(&method, route).unwrap().needs;
        let anonymous = (public[0], private[0]);
        let expected = match needs {
            // Uploading is for those who sign in; what they may commit is asked of them later.
            Needs::Files if method == Method::POST && anonymous == (401, 401) => {
                assert!(route.ends_with("/batch"), "{method} {route}");
                (401, 401)
            }
            // Whatever a writer is told.
            Needs::Sight | Needs::Files => (public[3], 401),
            Needs::SignedUrl => (403, 403),
            _ => (401, 401),
        };
        assert_eq!(anonymous, expected, "{method} {route} without a token");
        let stranger = public[1];
        // Of a page that changes what one wrote, the operation of the API asks for more: see its own row.
        let is_for_the_author =
            ["/title", "/status", "/edit", "/hide"].iter().any(|end| route.ends_with(end));
        if (needs == Needs::Write && !route.contains("create_pr")) || is_for_the_author {
            assert_eq!(stranger, 403, "{method} {route} for a stranger");
        } else if needs == Needs::Contribute {
            assert!(stranger < 400, "{method} {route} for a stranger");
        }
    }
}
