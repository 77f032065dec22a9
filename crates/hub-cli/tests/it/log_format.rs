//! The log of `hub serve` as JSON.

use std::fs;

use crate::crash::{SEED, Served, client};

#[tokio::test]
async fn a_log_in_json_has_an_object_a_line_with_the_id_of_the_request() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("seed.toml"), SEED).unwrap();
    let served = Served::start_with(home.path(), &["--log-format", "json"]);
    client(&served.url).whoami().await.unwrap();
    served.kill();
    let log = fs::read_to_string(home.path().join("serve.log")).unwrap();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let request = lines.iter().find(|line| line["message"] == "request").unwrap();
    assert_eq!((&request["path"], &request["status"]), (&"/api/whoami-v2".into(), &200.into()));
    assert!(request["ms"].is_u64(), "{request}");
    assert!(request["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{request}");
    assert!(!log.contains("hf_ada_write"));
}
