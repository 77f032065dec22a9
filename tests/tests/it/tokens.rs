//! A token is never shown and never leaves its Hub, whatever happens.

use std::{
    error::Error as _,
    io::Write,
    sync::{Arc, Mutex},
};

use hub_api::HfApi;
use hub_local::Fault;
use hub_tests::{client_of, folder_with, hub, noise};
use tracing_subscriber::fmt::MakeWriter;

const CANARY: &str = "hf_canaryCANARYcanary12345678";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn leaks(text: &str) -> bool {
    text.contains(CANARY)
        || text.contains(&CANARY[CANARY.len() - 8..])
        || text.contains("sig=") && !text.contains("sig=…")
}

async fn everything(api: &HfApi) -> Vec<String> {
    let folder = folder_with(&[("a.txt", b"1"), ("w.bin", &noise(1, 20_000))]);
    let target = tempfile::tempdir().unwrap();
    let mut said = vec![format!("{api:?}")];
    macro_rules! call {
        ($($call:expr),* $(,)?) => {
            $( match $call.await {
                Ok(value) => said.push(format!("{value:?}")),
                Err(error) => {
                    let error: hub_api::Error = error;
                    said.push(format!("{error} {error:?} {:?}", error.source()));
                }
            } )*
        };
    }
    call!(
        api.whoami(),
        api.create_repo("ada/new"),
        api.model_info("ada/demo").files_metadata(true),
        api.list_repo_refs("ada/demo"),
        api.list_repo_files("ada/demo"),
        api.upload_folder("ada/demo", folder.path()),
        api.upload_file(&b"2"[..], "b", "ada/demo").create_pr(true),
        api.get_paths_info("ada/demo", ["a.txt", "w.bin"]),
        api.hf_hub_download("ada/demo", "w.bin").local_dir(target.path()),
        api.snapshot_download("ada/demo").local_dir(target.path()),
        api.delete_file("a.txt", "ada/demo"),
        api.delete_repo("ada/new"),
        api.list_repo_commits("ada/demo").all(),
    );
    said
}

#[test]
fn a_token_is_in_no_error_no_log_and_no_debug_text() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // For the whole process, so that what other threads log is seen too.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    runtime.block_on(async {
        for fault in [None, Some(Fault::status(403)), Some(Fault::status(500)), Some(Fault::lose_answer())] {
            let hub = hub_local::LocalHub::temporary()
                .token("ada", CANARY, hub_local::TokenRole::Write)
                .repo("ada/demo")
                .build()
                .unwrap();
            if let Some(fault) = fault {
                hub.fault(fault.times(10_000));
            }
            let api =
                client_of(&hub).token(CANARY).retry(hub_api::transport::RetryConfig::none()).build().unwrap();
            for text in everything(&api).await {
                assert!(!leaks(&text), "{text}");
            }
        }
    });
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("model_info"), "the log was on: {text}");
    if let Some(line) = text.lines().find(|line| leaks(line)) {
        panic!("{line}");
    }
}

#[tokio::test]
async fn an_unknown_token_is_refused_without_being_shown() {
    let hub = hub();
    let api = client_of(&hub).token(CANARY).build().unwrap();
    let error = api.whoami().await.unwrap_err();
    assert_eq!(error.kind(), Some(hub_api::ErrorKind::Unauthorized));
    assert!(!leaks(&format!("{error} {error:?}")));
}
