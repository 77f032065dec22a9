//! What every caller is answered on each route, on a public and on a private repository.

use http::Method;
use serde_json::json;

pub(super) struct Row {
    pub(super) method: Method,
    pub(super) route: &'static str,
    pub(super) body: serde_json::Value,
    pub(super) public: [u16; 5],
    pub(super) private: [u16; 5],
    /// Asked for with a browser. The body has the fields of a form, then.
    pub(super) is_page: bool,
}

/// Statuses of reads: everybody on a public one, members on a private one.
pub(super) const READ: ([u16; 5], [u16; 5]) = ([200; 5], [401, 404, 200, 200, 200]);
/// Statuses of what needs a token that writes but only sight of the repository.
pub(super) const CONTRIBUTE: ([u16; 5], [u16; 5]) = ([401, 200, 200, 200, 403], [401, 404, 200, 200, 403]);
/// As [`CONTRIBUTE`], for what is answered with 201.
const COMMENT: ([u16; 5], [u16; 5]) = ([401, 201, 201, 201, 403], [401, 404, 201, 201, 403]);
/// Statuses of changes.
pub(super) const WRITE: ([u16; 5], [u16; 5]) = ([401, 403, 403, 200, 403], [401, 404, 403, 200, 403]);
/// Statuses of URLs that carry their own permission, used without it.
const SIGNED: ([u16; 5], [u16; 5]) = ([403; 5], [403; 5]);

pub(super) fn rows() -> Vec<Row> {
    let none = json!(null);
    let header = json!({"key": "header", "value": {"summary": "x"}});
    let oid =
        "/{}.git/info/lfs/objects/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?size=1";
    let part =
        "/{}.git/info/lfs/objects/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/1?size=1";
    let row =
        |method, route, body, (public, private)| Row { method, route, body, public, private, is_page: false };
    vec![
        row(Method::GET, "/api/models/{}", none.clone(), READ),
        row(Method::GET, "/api/models/{}/revision/main", none.clone(), READ),
        row(Method::GET, "/api/models/{}/refs", none.clone(), READ),
        row(Method::GET, "/api/models/{}/likers", none.clone(), READ),
        row(Method::GET, "/api/models/{}/auth-check", none.clone(), READ),
        row(Method::GET, "/api/models/{}/auth-check/write", none.clone(), WRITE),
        row(Method::POST, "/api/models/{}/like", none.clone(), CONTRIBUTE),
        row(Method::DELETE, "/api/models/{}/like", none.clone(), CONTRIBUTE),
        row(Method::POST, "/api/models/{}/branch/x", json!({}), WRITE),
        row(Method::DELETE, "/api/models/{}/branch/x", none.clone(), WRITE),
        row(Method::POST, "/api/models/{}/tag/main", json!({"tag": "v1"}), WRITE),
        row(Method::DELETE, "/api/models/{}/tag/v1", none.clone(), WRITE),
        row(Method::POST, "/api/models/{}/super-squash/main", json!({}), WRITE),
        row(Method::PUT, "/api/models/{}/settings", json!({"gated": false}), WRITE),
        row(Method::GET, "/api/models/{}/tree/main", none.clone(), READ),
        row(Method::GET, "/api/models/{}/treesize/main", none.clone(), READ),
        row(Method::GET, "/api/models/{}/compare/main..main", none.clone(), READ),
        row(Method::GET, "/api/models/{}/compare/refs%2Fpr%2F2..main", none.clone(), READ),
        row(Method::POST, "/api/models/{}/paths-info/main", json!({"paths": ["a"]}), READ),
        row(Method::GET, "/api/models/{}/commits/main", none.clone(), READ),
        row(Method::GET, "/api/models/{}/discussions", none.clone(), READ),
        row(Method::GET, "/api/models/{}/discussions/1", none.clone(), READ),
        row(Method::GET, "/api/models/{}/discussions/1?diff=1", none.clone(), READ),
        row(Method::GET, "/api/models/{}/discussions/2", none.clone(), READ),
        row(Method::GET, "/api/models/{}/discussions/2?diff=1", none.clone(), READ),
        row(Method::POST, "/api/models/{}/discussions", json!({"title": "Title"}), CONTRIBUTE),
        // The discussion is the writer's own, made below.
        row(Method::POST, "/api/models/{}/discussions/1/comment", json!({"comment": "x"}), COMMENT),
        row(Method::POST, "/api/models/{}/discussions/1/title", json!({"title": "Title"}), WRITE),
        row(Method::POST, "/api/models/{}/discussions/1/status", json!({"status": "open"}), WRITE),
        row(Method::POST, "/api/models/{}/discussions/1/comment/ID/edit", json!({"content": "x"}), WRITE),
        row(Method::POST, "/api/models/{}/discussions/1/comment/ID/hide", none.clone(), WRITE),
        // A discussion is no pull request, which a writer is told.
        row(
            Method::POST,
            "/api/models/{}/discussions/1/merge",
            none.clone(),
            ([401, 403, 403, 400, 403], [401, 404, 403, 400, 403]),
        ),
        row(Method::GET, "/{}/resolve/main/a.txt", none.clone(), READ),
        row(Method::HEAD, "/{}/resolve/main/a.txt", none.clone(), READ),
        row(Method::GET, "/{}/raw/main/a.txt", none.clone(), READ),
        row(
            Method::POST,
            "/{}.git/info/lfs/objects/batch",
            json!({"operation": "download", "objects": []}),
            READ,
        ),
        row(
            Method::POST,
            "/{}.git/info/lfs/objects/batch",
            json!({"operation": "upload", "objects": []}),
            CONTRIBUTE,
        ),
        row(Method::POST, "/api/models/{}/preupload/main", json!({"files": []}), WRITE),
        row(Method::POST, "/api/models/{}/preupload/main?create_pr=1", json!({"files": []}), CONTRIBUTE),
        row(Method::POST, "/api/models/{}/commit/main", header.clone(), WRITE),
        row(Method::POST, "/api/models/{}/commit/main?create_pr=1", header, CONTRIBUTE),
        row(Method::GET, oid, none.clone(), SIGNED),
        row(Method::PUT, oid, none.clone(), SIGNED),
        row(Method::PUT, part, none.clone(), SIGNED),
        row(
            Method::POST,
            "/{}.git/info/lfs/complete/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?size=1",
            json!({"oid": "a", "parts": []}),
            SIGNED,
        ),
        row(Method::POST, "/{}.git/info/lfs/verify?size=1", json!({"oid": "a", "size": 1}), SIGNED),
        row(Method::GET, "/{}.git/info/refs?service=git-upload-pack", none.clone(), READ),
        row(Method::GET, "/{}.git/info/refs?service=git-receive-pack", none.clone(), WRITE),
        // An empty request is no conversation that git takes part in; who may not speak to it is told before.
        row(Method::POST, "/{}.git/git-upload-pack", none.clone(), ([415; 5], [401, 404, 415, 415, 415])),
        row(
            Method::POST,
            "/{}.git/git-receive-pack",
            none.clone(),
            ([401, 403, 403, 415, 403], [401, 404, 403, 415, 403]),
        ),
        row(Method::GET, "/{}.git/info/lfs/locks", none.clone(), READ),
        // The path is no path, which a writer is told.
        row(
            Method::POST,
            "/{}.git/info/lfs/locks",
            json!({"path": ""}),
            ([401, 403, 403, 400, 403], [401, 404, 403, 400, 403]),
        ),
        row(Method::POST, "/{}.git/info/lfs/locks/verify", json!({}), WRITE),
        row(
            Method::POST,
            "/{}.git/info/lfs/locks/1/unlock",
            json!({}),
            ([401, 403, 403, 404, 403], [401, 404, 403, 404, 403]),
        ),
        row(Method::GET, "/api/models/{}/xet-read-token/main", none.clone(), READ),
        row(Method::GET, "/api/models/{}/xet-write-token/main", none.clone(), WRITE),
        row(Method::GET, "/api/models/{}/xet-write-token/None?create_pr=1", none.clone(), CONTRIBUTE),
        // What is given becomes a file by a commit, for which others ask.
        row(
            Method::POST,
            "/api/models/{}/lfs-files/duplicate",
            json!({"target": {"type": "model", "name": "analytical/open"}, "files": []}),
            CONTRIBUTE,
        ),
        // Into the caller's own namespace, where nobody but the owners of the original may write with that name.
        row(Method::POST, "/api/models/{}/duplicate", json!({"repository": "{}-copy"}), WRITE),
    ]
}

/// URLs of Spaces.
pub(super) fn space_rows() -> Vec<Row> {
    let row =
        |method, route, body, (public, private)| Row { method, route, body, public, private, is_page: false };
    let none = json!(null);
    let (pair, key) = (json!({"key": "A", "value": "x"}), json!({"key": "A"}));
    vec![
        row(Method::GET, "/api/spaces/{}/runtime", none.clone(), READ),
        row(Method::GET, "/api/spaces/{}/variables", none.clone(), READ),
        row(Method::POST, "/api/spaces/{}/variables", pair.clone(), WRITE),
        row(Method::DELETE, "/api/spaces/{}/variables", key.clone(), WRITE),
        row(Method::GET, "/api/spaces/{}/secrets", none.clone(), WRITE),
        row(Method::POST, "/api/spaces/{}/secrets", pair, WRITE),
        row(Method::DELETE, "/api/spaces/{}/secrets", key, WRITE),
        row(Method::POST, "/api/spaces/{}/hardware", json!({"flavor": "t4-small"}), WRITE),
        row(Method::POST, "/api/spaces/{}/sleeptime", json!({"seconds": 60}), WRITE),
        row(Method::POST, "/api/spaces/{}/pause", none.clone(), WRITE),
        row(Method::POST, "/api/spaces/{}/restart", none, WRITE),
        row(Method::POST, "/api/spaces/{}/dev-mode", json!({"enabled": true}), WRITE),
    ]
}
