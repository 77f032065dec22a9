//! What those who run the Hub do with it.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use hub_server::{AdminErrorKind, AdminRequest, EmbeddedHub, OrgRole, TokenRole, restore_backup};
use hub_types::RepoType;
use serde_json::{Value, json};

use crate::support::{
    ADA, call, commit, file_line, get, header_line, lfs_line, ndjson, on_sqlite, open, post, sha256, upload,
};

fn fsck(hub: &EmbeddedHub) -> Value {
    hub.administer(&AdminRequest::Fsck { quick: false }).unwrap()
}

#[tokio::test]
async fn an_account_is_made_used_switched_off_and_deleted() {
    let hub = EmbeddedHub::temporary().build().unwrap();
    let ask = |request: AdminRequest| hub.administer(&request);
    let user = || "Ada".to_owned();
    ask(AdminRequest::CreateUser { name: user(), fullname: Some("Ada L.".into()), email: None }).unwrap();
    ask(AdminRequest::CreateOrg { name: "lab".into(), fullname: None }).unwrap();
    let role = Some(OrgRole::Write);
    ask(AdminRequest::SetMember { org: "lab".into(), user: user(), role }).unwrap();
    let token = AdminRequest::CreateToken {
        user: user(),
        name: "laptop".into(),
        role: TokenRole::Write,
        valid_for: Some(3600),
    };
    let made = ask(token.clone()).unwrap();
    let secret = made["token"].as_str().unwrap();
    assert!(made["expires_at"].as_str().unwrap().ends_with('Z'), "{made}");
    assert_eq!(ask(token).unwrap_err().kind, AdminErrorKind::Conflict);

    let who = get("/api/whoami-v2").token(secret).send(&hub).await.json();
    assert_eq!((&who["fullname"], &who["orgs"][0]["roleInOrg"]), (&json!("Ada L."), &json!("write")));
    let new = json!({"name": "demo", "organization": "lab"});
    post("/api/repos/create", new).token(secret).send(&hub).await.json();
    let listed = ask(AdminRequest::ListOrgs).unwrap();
    assert_eq!((&listed[0]["name"], &listed[0]["repositories"]), (&json!("lab"), &json!(1)));
    let in_use = ask(AdminRequest::DeleteOrg { name: "lab".into() }).unwrap_err();
    assert_eq!(in_use.kind, AdminErrorKind::Conflict, "{in_use}");

    let disable = |disabled| ask(AdminRequest::DisableUser { name: user(), disabled }).unwrap();
    disable(true);
    assert_eq!(get("/api/whoami-v2").token(secret).send(&hub).await.status, 401);
    disable(false);
    assert_eq!(get("/api/whoami-v2").token(secret).send(&hub).await.status, 200);
    let listed = ask(AdminRequest::ListTokens { user: None }).unwrap();
    assert!(!listed.to_string().contains(secret), "{listed}");
    ask(AdminRequest::RevokeToken { user: user(), name: "laptop".into() }).unwrap();
    assert_eq!(get("/api/whoami-v2").token(secret).send(&hub).await.status, 401);
    ask(AdminRequest::DeleteUser { name: user() }).unwrap();
    assert_eq!(ask(AdminRequest::DeleteUser { name: user() }).unwrap_err().kind, AdminErrorKind::NotFound);
}

#[tokio::test]
async fn a_repository_is_switched_off_and_on() {
    let dir = tempfile::tempdir().unwrap();
    let hub = open(dir.path());
    let status = async || get("/api/models/ada/demo").send(&hub).await.status.as_u16();
    let switch = |id: &str, disabled| {
        let request =
            AdminRequest::DisableRepo { repo_type: RepoType::Model, repo_id: id.to_owned(), disabled };
        hub.administer(&request)
    };
    switch("ada/demo", true).unwrap();
    assert_eq!(status().await, 403);
    assert_eq!(hub.administer(&AdminRequest::ListRepos).unwrap()[0]["disabled"], true);
    switch("ada/demo", false).unwrap();
    assert_eq!(status().await, 200);
    assert_eq!(switch("ada/none", true).unwrap_err().kind, AdminErrorKind::NotFound);
    assert_eq!(switch("a//b", true).unwrap_err().kind, AdminErrorKind::Invalid);
}

#[test]
fn a_token_has_a_name_and_an_end_that_can_be() {
    let hub = EmbeddedHub::temporary().user("ada").build().unwrap();
    for (name, valid_for) in [
        ("", None),
        ("a\nb", None),
        (" ", None),
        ("x", Some(0)),
        ("x", Some(u64::MAX)),
        (&"x".repeat(201), None),
    ] {
        let request = AdminRequest::CreateToken {
            user: "ada".into(),
            name: name.to_owned(),
            role: TokenRole::Read,
            valid_for,
        };
        assert_eq!(
            hub.administer(&request).unwrap_err().kind,
            AdminErrorKind::Invalid,
            "{name:?} {valid_for:?}"
        );
    }
}

/// Commits small and large files, opens pull requests, makes and deletes repositories until it is stopped. Notes what was acknowledged.
async fn work(
    hub: EmbeddedHub,
    worker: usize,
    done: Arc<Mutex<Vec<(String, String, String)>>>,
    stop: Arc<AtomicBool>,
) {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let content = format!("{worker} {number} {}", "x".repeat(1000));
        let small = file_line(&format!("{worker}.txt"), &content);
        let large = lfs_line(&format!("{worker}.bin"), content.as_bytes());
        upload(&hub, "ada/demo", content.as_bytes()).await;
        let made = commit("ada/demo", &[small.clone(), large]).token(ADA).send(&hub).await.json();
        let oid = made["commitOid"].as_str().unwrap().to_owned();
        done.lock().unwrap().push(("ada/demo".to_owned(), oid, content.clone()));

        let lines = ndjson(&[header_line("Proposal"), small]);
        let proposal = call(http::Method::POST, "/api/models/ada/demo/commit/main?create_pr=1").body(lines);
        proposal.header("content-type", "application/x-ndjson").token(ADA).send(&hub).await.json();

        let name = format!("of-{worker}-{number}");
        post("/api/repos/create", json!({"name": name})).token(ADA).send(&hub).await.json();
        if number % 2 == 0 {
            let gone =
                call(http::Method::DELETE, "/api/repos/delete").body(json!({"name": name}).to_string());
            assert_eq!(gone.token(ADA).send(&hub).await.status, 200);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_under_load_has_every_commit_that_was_acknowledged_before() {
    if !on_sqlite() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let hub = open(&dir.path().join("data"));
    let (done, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
    let workers: Vec<_> =
        (0..3).map(|n| tokio::spawn(work(hub.clone(), n, Arc::clone(&done), Arc::clone(&stop)))).collect();
    while done.lock().unwrap().len() < 12 {
        tokio::task::yield_now().await;
    }
    // On a fast machine a backup may end before anything is committed meanwhile: then another one is made.
    let mut number = 0;
    let (to, before) = loop {
        number += 1;
        let before = done.lock().unwrap().clone();
        let (to, running) = (dir.path().join(format!("backup-{number}")), hub.clone());
        let request = AdminRequest::Backup { to: to.clone() };
        let copied =
            tokio::task::spawn_blocking(move || running.administer(&request)).await.unwrap().unwrap();
        assert!(copied["repositories"].as_u64().unwrap() >= 1, "{copied}");
        if done.lock().unwrap().len() > before.len() {
            break (to, before);
        }
        assert!(number < 100, "no commit was made during {number} backups");
    };
    stop.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await.unwrap();
    }

    let again = hub.administer(&AdminRequest::Backup { to: to.clone() }).unwrap_err();
    assert_eq!(again.kind, AdminErrorKind::Invalid, "{again}");
    drop(hub);
    let restored = dir.path().join("restored");
    restore_backup(&to, &restored, None).unwrap();
    // The backup alone is enough.
    std::fs::remove_dir_all(dir.path().join("data")).unwrap();
    let hub = EmbeddedHub::open(&restored).build().unwrap();
    assert_eq!(fsck(&hub)["problems"], json!([]));
    for (repo, oid, content) in &before {
        let large = get(&format!("/{repo}/resolve/{oid}/{}.bin", content.split(' ').next().unwrap()));
        let link = large.token(ADA).send(&hub).await;
        let link = crate::support::path_of(link.header("location").unwrap());
        assert_eq!(get(&link).send(&hub).await.body, content.as_bytes(), "{oid}");
    }
    // It goes on where the backup ends: numbers of pull requests are not given twice.
    let lines = ndjson(&[header_line("After"), file_line("after.txt", "after")]);
    let proposal = call(http::Method::POST, "/api/models/ada/demo/commit/main?create_pr=1").body(lines);
    proposal.header("content-type", "application/x-ndjson").token(ADA).send(&hub).await.json();
    commit("ada/demo", &[file_line("after.txt", "after")]).token(ADA).send(&hub).await.json();
    assert_eq!(fsck(&hub)["problems"], json!([]));
}

#[tokio::test]
async fn what_is_lost_or_damaged_is_found_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let hub = open(dir.path());
    let (kept, lost) = (b"kept".as_slice(), b"lost".as_slice());
    for content in [kept, lost] {
        upload(&hub, "ada/demo", content).await;
    }
    commit("ada/demo", &[lfs_line("kept.bin", kept), lfs_line("lost.bin", lost)])
        .token(ADA)
        .send(&hub)
        .await
        .json();
    let whole = fsck(&hub);
    assert_eq!((&whole["problems"], &whole["large_files"]), (&json!([]), &json!(2)));
    let file = |content: &[u8]| {
        let oid = sha256(content);
        dir.path().join("lfs/objects").join(&oid[..2]).join(&oid[2..4]).join(oid)
    };
    let unknown = dir.path().join("repos/4d/77.git");
    std::fs::create_dir_all(&unknown).unwrap();
    std::fs::write(unknown.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    assert_eq!(fsck(&hub)["problems"], json!(["repos/4d/77.git: the database knows of no such repository"]));
    std::fs::remove_dir_all(unknown).unwrap();
    std::fs::write(file(kept), "keep").unwrap();
    std::fs::remove_file(file(lost)).unwrap();
    let problems = |quick| {
        let found = hub.administer(&AdminRequest::Fsck { quick }).unwrap();
        found["problems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(problems(true), [format!("large file {}: it is not there", sha256(lost))]);
    assert!(
        problems(false).contains(&format!("large file {}: its content has another sha256", sha256(kept)))
    );
    let objects = find(dir.path(), ".git").join("objects");
    for entry in std::fs::read_dir(objects).unwrap() {
        std::fs::remove_dir_all(entry.unwrap().path()).unwrap();
    }
    assert!(problems(true).iter().any(|text| text.starts_with("model ada/demo: ")), "{:?}", problems(true));
}

/// The folder below `folder` whose name ends so.
fn find(folder: &Path, end: &str) -> std::path::PathBuf {
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.to_str().unwrap().ends_with(end) {
                return path;
            }
            if path.is_dir() {
                open.push(path);
            }
        }
    }
    panic!("no folder {end}");
}

#[test]
fn only_a_whole_backup_is_restored_and_only_into_an_empty_folder() {
    if !on_sqlite() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let key = path("elsewhere.key");
    let hub =
        EmbeddedHub::open(path("data")).secret_key_file(&key).user("ada").repo("ada/demo").build().unwrap();
    hub.administer(&AdminRequest::Backup { to: path("backup") }).unwrap();
    let inside = hub.administer(&AdminRequest::Backup { to: path("data/backup") }).unwrap_err();
    assert!(inside.message.contains("one within the other"), "{inside}");
    assert!(!path("data/backup").exists(), "a refused backup makes nothing");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| std::fs::metadata(path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("backup"), mode("backup/hub.db")), (0o700, 0o600));
    }
    assert!(!path("backup/secret.key").exists() && path("backup/link-key").exists());

    let refused = |from: &str, to: &str, key: Option<&Path>, said: &str| {
        let error = restore_backup(&path(from), &path(to), key).unwrap_err();
        assert!(error.message.contains(said), "{error}");
    };
    refused("backup", "new", None, "without the key");
    assert!(!path("new").exists());
    refused("backup", "backup/new", Some(&key), "one within the other");
    refused("data", ".", Some(&key), "one within the other");
    assert!(!path("backup/new").exists());
    refused("data", "new", Some(&key), "is in use");
    assert!(!path("new").exists(), "a folder that is served is no backup");
    refused("backup", "data", Some(&key), "not an empty folder");
    std::fs::create_dir(path("nothing")).unwrap();
    refused("nothing", "new", Some(&key), "no file \"version\"");
    restore_backup(&path("backup"), &path("new"), Some(&key)).unwrap();
    std::fs::rename(path("backup/version"), path("backup/version.gone")).unwrap();
    refused("backup", "other", Some(&key), "is not a data folder of hub");
}

#[cfg(unix)]
mod over_a_running_server {
    use std::os::unix::fs::PermissionsExt;

    use hub_server::{Admin, Server};

    use super::*;

    async fn run(admin: &Admin, request: AdminRequest) -> Result<Value, hub_server::AdminError> {
        let admin = admin.clone();
        tokio::task::spawn_blocking(move || admin.run(&request)).await.unwrap()
    }

    #[tokio::test]
    async fn a_server_does_what_is_asked_in_its_folder_and_the_folder_is_opened_when_there_is_none() {
        if !on_sqlite() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let admin = Admin::of(&data);
        let none = run(&admin, AdminRequest::ListUsers).await.unwrap_err();
        assert_eq!(none.kind, AdminErrorKind::NotFound, "{none}");
        assert!(!data.exists());
        let user = AdminRequest::CreateUser { name: "ada".into(), fullname: None, email: None };
        run(&admin, user.clone()).await.unwrap();

        let hub = EmbeddedHub::open(&data).build().unwrap();
        let no_server = run(&admin, AdminRequest::ListUsers).await.unwrap_err();
        assert_eq!(no_server.kind, AdminErrorKind::Conflict, "{no_server}");

        let server = Server::bind(hub.clone(), "127.0.0.1:0").await.unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(server.run(async move { drop(stopped.await) }));
        let socket = data.join("admin.sock");
        while !socket.exists() {
            tokio::task::yield_now().await;
        }
        let token = AdminRequest::CreateToken {
            user: "ada".into(),
            name: "laptop".into(),
            role: TokenRole::Write,
            valid_for: None,
        };
        let made = run(&admin, token).await.unwrap();
        let who = get("/api/whoami-v2").token(made["token"].as_str().unwrap()).send(&hub).await.json();
        assert_eq!(who["name"], "ada");
        assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(run(&admin, user).await.unwrap_err().kind, AdminErrorKind::Conflict);
        run(&admin, AdminRequest::Backup { to: dir.path().join("backup") }).await.unwrap();
        assert!(dir.path().join("backup/version").exists());

        stop.send(()).unwrap();
        running.await.unwrap();
        assert!(!socket.exists());
        drop(hub);
        // What a server that was killed leaves is in nobody's way.
        drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
        assert_eq!(run(&admin, AdminRequest::ListUsers).await.unwrap()[0]["name"], "ada");
        assert_eq!(fsck(&EmbeddedHub::open(&data).build().unwrap())["problems"], json!([]));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_server_is_reached_in_a_folder_with_a_long_path() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("x".repeat(120)).join("data");
        let server = Server::bind(open(&data), "127.0.0.1:0").await.unwrap();
        tokio::spawn(server.run(std::future::pending()));
        let socket = data.join("admin.sock");
        while !socket.exists() {
            tokio::task::yield_now().await;
        }
        assert_eq!(run(&Admin::of(&data), AdminRequest::ListUsers).await.unwrap()[0]["name"], "ada");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn what_another_user_made_is_not_touched() {
        use std::os::unix::fs::chown;
        let dir = tempfile::tempdir().unwrap();
        // Only root gives files away; anybody else cannot make this mistake.
        if chown(dir.path(), Some(12_345), None).is_err() {
            return;
        }
        let user = AdminRequest::CreateUser { name: "ada".into(), fullname: None, email: None };
        let refused = run(&Admin::of(dir.path()), user).await.unwrap_err();
        assert_eq!(refused.kind, AdminErrorKind::Invalid);
        assert!(refused.message.contains("belongs to the user #12345"), "{refused}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn what_is_no_request_is_refused_and_what_does_not_end_is_not_waited_for() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let dir = tempfile::tempdir().unwrap();
        let server = Server::bind(open(dir.path()), "127.0.0.1:0").await.unwrap();
        tokio::spawn(server.run(std::future::pending()));
        let socket = dir.path().join("admin.sock");
        while !socket.exists() {
            tokio::task::yield_now().await;
        }
        for line in ["{}\n".to_owned(), "{\"do\":\"dance\"}\n".to_owned(), "x".repeat(100_000)] {
            let mut stream = tokio::net::UnixStream::connect(&socket).await.unwrap();
            let _ = stream.write_all(line.as_bytes()).await;
            let mut response = String::new();
            let _ = stream.read_to_string(&mut response).await;
            assert!(response.is_empty() || response.contains("\"kind\":\"invalid\""), "{response}");
        }
    }
}
