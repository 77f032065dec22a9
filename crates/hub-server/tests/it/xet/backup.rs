//! Backups and checks of what is kept by Xet.

use hub_server::{AdminRequest, EmbeddedHub, TokenRole, restore_backup};
use serde_json::{Value, json};

use super::desk::{Cas, add, noise, place};
use crate::support::{ADA, get, on_sqlite, path_of, tip};

fn ask(hub: &EmbeddedHub, request: AdminRequest) -> Value {
    hub.administer(&request).unwrap()
}

fn problems(hub: &EmbeddedHub) -> Value {
    ask(hub, AdminRequest::Fsck { quick: false })["problems"].clone()
}

#[tokio::test]
async fn a_backup_has_the_files_of_xet_and_its_store_has_a_name_of_its_own() {
    if !on_sqlite() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let hub = EmbeddedHub::open(dir.path().join("data"))
        .token("ada", ADA, TokenRole::Write)
        .repo("ada/demo")
        .build()
        .unwrap();
    let content = noise(1, 400_000);
    let prepared = add(&hub, "ada/demo", "w.bin", &content).await;
    let used = ask(&hub, AdminRequest::Quota { account: "ada".into() })["used"].as_u64().unwrap();
    assert!(used >= 400_000, "{used}");
    let url = Cas::of(&hub, "ada/demo", "read").await.token.cas_url;
    let commit = tip(&hub, "ada/demo").await;
    let to = dir.path().join("backup");
    let (running, request) = (hub.clone(), AdminRequest::Backup { to: to.clone() });
    let copied = tokio::task::spawn_blocking(move || running.administer(&request)).await.unwrap().unwrap();
    assert_eq!((&copied["large_files"], &copied["repositories"]), (&json!(1), &json!(1)));
    drop(hub);
    std::fs::remove_dir_all(dir.path().join("data")).unwrap();

    let restored = dir.path().join("restored");
    assert_eq!(restore_backup(&to, &restored, None).unwrap()["large_files"], 1);
    let hub = EmbeddedHub::open(&restored).build().unwrap();
    assert_eq!(problems(&hub), json!([]));
    let cas = Cas::of(&hub, "ada/demo", "read").await;
    assert_ne!(cas.token.cas_url, url);
    assert!(cas.download(prepared.hash(), 0..400_000).await == content);
    let link = get(&format!("/ada/demo/resolve/{commit}/w.bin")).send(&hub).await;
    let link = path_of(link.header("location").unwrap());
    assert!(get(&link).send(&hub).await.body == content);

    let xorb = place(&restored, "xorbs", &prepared.xorb.hash(), "");
    let mut bytes = std::fs::read(&xorb).unwrap();
    bytes[200_000] ^= 1;
    std::fs::write(&xorb, &bytes).unwrap();
    assert!(problems(&hub)[0].as_str().unwrap().starts_with(&format!("xorb {}", prepared.xorb.hash())));
    assert_eq!(ask(&hub, AdminRequest::Fsck { quick: true })["problems"], json!([]));
    std::fs::remove_file(&xorb).unwrap();
    assert!(problems(&hub)[0].as_str().unwrap().contains("it is not there"));
}
