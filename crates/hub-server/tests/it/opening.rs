//! Data folders: opening, seeding, and the hub of one's own.

use hub_server::{EmbeddedHub, OpenError, Seed, StoreError, TokenRole};
use serde_json::json;

use crate::support::{ADA, add_files, builder, get, on_sqlite, post, tip};

const SEED: &str = r#"
[[user]]
name = "ada"
fullname = "Ada L."
email = "ada@example.org"
tokens = [{ name = "laptop", token = "hf_seeded", role = "write" }]
orgs = [{ name = "analytical", role = "admin" }]

[[org]]
name = "analytical"
fullname = "Analytical Engines"
"#;

#[tokio::test]
async fn a_seed_can_be_applied_again() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("seed.toml");
    std::fs::write(&file, SEED).unwrap();
    for _ in 0..2 {
        let hub =
            EmbeddedHub::open(dir.path().join("data")).seed(Seed::from_file(&file).unwrap()).build().unwrap();
        let who = get("/api/whoami-v2").token("hf_seeded").send(&hub).await.json();
        assert_eq!((&who["fullname"], &who["email"]), (&json!("Ada L."), &json!("ada@example.org")));
        assert_eq!(who["auth"]["accessToken"]["displayName"], "laptop");
        let org = &who["orgs"][0];
        assert_eq!((&org["fullname"], &org["roleInOrg"]), (&json!("Analytical Engines"), &json!("admin")));
        assert_eq!(who["orgs"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let open = || {
        EmbeddedHub::open(dir.path()).token("ada", ADA, TokenRole::Write).repo("ada/demo").build().unwrap()
    };
    let hub = open();
    let sha = add_files(&hub, "ada/demo", &[("a.txt", "a")]).await;
    drop(hub);
    assert_eq!(tip(&open(), "ada/demo").await, sha);
}

#[tokio::test]
async fn a_folder_is_open_once_until_the_last_clone_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let hub = EmbeddedHub::open(dir.path()).build().unwrap();
    let clone = hub.clone();
    drop(hub);
    let error = EmbeddedHub::open(dir.path()).build().unwrap_err();
    assert!(matches!(error, OpenError::Store(StoreError::InUse { .. })), "{error}");
    drop(clone);
    EmbeddedHub::open(dir.path()).build().unwrap();
}

#[test]
fn a_temporary_folder_goes_with_the_last_clone() {
    let hub = builder().build().unwrap();
    let dir = hub.dir().to_path_buf();
    assert!(dir.is_dir());
    let clone = hub.clone();
    drop(hub);
    assert!(dir.is_dir());
    drop(clone);
    assert!(!dir.exists());
}

#[tokio::test]
async fn a_hub_of_ones_own_has_a_user_with_a_token_that_lasts() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("hub-data");
    let own = EmbeddedHub::open_local(&data).unwrap();
    let who = get("/api/whoami-v2").token(&own.token).send(&own.hub).await.json();
    assert_eq!(who["name"], own.user);
    post("/api/repos/create", json!({"name": "mine"})).token(&own.token).send(&own.hub).await.json();
    assert!(!format!("{own:?}").contains(&own.token));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(data.join("token")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let first = (own.user.clone(), own.token.clone());
    drop(own);
    let again = EmbeddedHub::open_local(&data).unwrap();
    assert_eq!((again.user.clone(), again.token.clone()), first);
    drop(again);
    std::fs::write(data.join("token"), "hf_stranger").unwrap();
    assert!(matches!(EmbeddedHub::open_local(&data), Err(OpenError::BadTokenFile { .. })));
}

/// The bytes of a secret are in no file of a folder.
fn is_nowhere_in(folder: &std::path::Path, secret: &str) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            is_nowhere_in(&path, secret);
        } else {
            let content = std::fs::read(&path).unwrap();
            assert!(!content.windows(secret.len()).any(|found| found == secret.as_bytes()), "{path:?}");
        }
    }
}

#[tokio::test]
async fn secrets_of_spaces_are_in_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("elsewhere.key");
    let open = |data: &str| {
        EmbeddedHub::open(dir.path().join(data))
            .secret_key_file(&key)
            .token("ada", ADA, TokenRole::Write)
            .build()
    };
    let hub = open("data").unwrap();
    let secret = |value: &str| json!({"key": "KEY", "value": value});
    let new =
        json!({"name": "app", "type": "space", "sdk": "static", "secrets": [secret("the first secret")]});
    post("/api/repos/create", new).token(ADA).send(&hub).await.json();
    post("/api/spaces/ada/app/secrets", secret("the second secret")).token(ADA).send(&hub).await.json();
    for secret in ["the first secret", "the second secret"] {
        is_nowhere_in(hub.dir(), secret);
    }
    assert!(!hub.dir().join("secret.key").exists());
    drop(hub);
    let kept = std::fs::read(&key).unwrap();
    open("data").unwrap();
    std::fs::remove_file(&key).unwrap();
    let error = open("data").unwrap_err();
    assert!(matches!(error, OpenError::Store(StoreError::SecretKeyMissing { .. })), "{error}");
    open("other").unwrap();
    let error = open("data").unwrap_err();
    assert!(matches!(error, OpenError::Store(StoreError::BadSecretKey { .. })), "{error}");
    std::fs::write(&key, kept).unwrap();
    open("data").unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_is_for_its_owner_alone_also_when_it_was_not() {
    if !on_sqlite() {
        return;
    }
    use std::{fs, os::unix::fs::PermissionsExt};
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let names = ["", "hub.db", "hub.db-wal", "hub.db-shm", "secret.key", "link-key"];
    let modes = || {
        let mode = |name: &&str| fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777;
        names.iter().map(mode).collect::<Vec<_>>()
    };
    let private = [0o700, 0o600, 0o600, 0o600, 0o600, 0o600];
    let open = || EmbeddedHub::open(&data).user("ada").repo("ada/demo").build().unwrap();
    let hub = open();
    assert_eq!(modes(), private);
    for name in &names[..4] {
        fs::set_permissions(data.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    // What a process that was killed leaves.
    let (wal, shm) = (fs::read(data.join("hub.db-wal")).unwrap(), fs::read(data.join("hub.db-shm")).unwrap());
    drop(hub);
    for (name, content) in [("hub.db-wal", wal), ("hub.db-shm", shm)] {
        fs::write(data.join(name), content).unwrap();
        fs::set_permissions(data.join(name), fs::Permissions::from_mode(0o644)).unwrap();
    }
    let _hub = open();
    assert_eq!(modes(), private);
}

#[test]
fn descriptions_that_cannot_be_are_refused_with_the_reason() {
    let cases = [
        (EmbeddedHub::temporary().user("ada").repo("ada/bad--name"), "--"),
        (EmbeddedHub::temporary().user("ada").repo("demo"), "owner"),
        (EmbeddedHub::temporary().repo("ada/demo"), "owner does not exist"),
        (EmbeddedHub::temporary().public_url("ftp://x"), "http"),
        (EmbeddedHub::temporary().public_url("nothing"), "nothing"),
        (EmbeddedHub::temporary().public_url("https://user@x/"), "user"),
        (EmbeddedHub::temporary().user("-ada"), "-ada"),
    ];
    for (builder, expected) in cases {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn urls_begin_with_the_public_one() {
    let hub = builder().public_url("https://hub.example/").build().unwrap();
    let made =
        post("http://127.0.0.1:1/api/repos/create", json!({"name": "x"})).token(ADA).send(&hub).await.json();
    assert_eq!(made["url"], "https://hub.example/ada/x");
}
