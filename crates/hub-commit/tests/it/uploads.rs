//! LFS uploads when the store or the responses about it misbehave.

use hub_commit::{CommitError, create_commit};
use serde_json::json;

use crate::faults::Fault;
use crate::hub::{ENDPOINT, Hub, add, content, hex, options};
use sha2::Digest;

fn parts() -> Hub {
    Hub::new().with(|repo| repo.part_size = Some(333))
}

async fn upload(hub: &Hub) -> Result<(), CommitError> {
    create_commit(&hub.transport(), vec![add("w.bin", content(1000))], options()).await.map(|_| ())
}

fn is_whole(hub: &Hub) {
    let repo = hub.repo();
    let object = &repo.objects[&repo.head().tree["w.bin"].oid];
    assert!(*object == content(1000));
    assert_eq!(repo.commits.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn parts_of_any_size_make_the_file() {
    for size in [1, 7, 8, 9, 333, 500, 999, 1000, 1001] {
        let hub = Hub::new().with(|repo| repo.part_size = Some(size));
        upload(&hub).await.unwrap();
        is_whole(&hub);
    }
}

#[tokio::test(start_paused = true)]
async fn f52_a_part_that_fails_is_sent_again_and_the_others_are_kept() {
    for fault in
        [Fault::Refuse(500), Fault::Refuse(503), Fault::LostBefore, Fault::LostAfter, Fault::Refuse(429)]
    {
        let hub = parts().fault("/2", fault);
        upload(&hub).await.unwrap();
        is_whole(&hub);
        assert_eq!(hub.count("PUT"), 5);
    }
}

#[tokio::test(start_paused = true)]
async fn f53_a_part_without_etag_is_sent_once_more_and_then_given_up() {
    let hub = parts().fault("/2", Fault::NoEtag);
    upload(&hub).await.unwrap();
    is_whole(&hub);
    let hub = parts().fault("/2", Fault::NoEtag).fault("/2", Fault::NoEtag);
    let error = upload(&hub).await.unwrap_err();
    assert!(matches!(error, CommitError::MalformedUpload { .. }), "{error}");
    assert_eq!((hub.count("complete"), hub.commits()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn f51_expired_urls_are_asked_for_again_three_times() {
    for (times, works) in [(1, true), (3, true), (4, false)] {
        let mut hub = Hub::new();
        for _ in 0..times {
            hub = hub.fault("PUT /store", Fault::Refuse(403));
        }
        let result = upload(&hub).await;
        assert_eq!(result.is_ok(), works, "{times}: {result:?}");
        assert_eq!(hub.count("batch"), if works { times + 1 } else { 4 });
        if works {
            is_whole(&hub);
        } else {
            assert!(matches!(result, Err(CommitError::Upload { .. })));
            assert_eq!(hub.commits(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn urls_that_are_already_too_old_are_not_used() {
    let hub = Hub::new().with(|repo| repo.expires_in = Some(0));
    assert!(matches!(upload(&hub).await, Err(CommitError::MalformedUpload { .. })));
    assert_eq!(hub.count("PUT"), 0);
}

#[tokio::test(start_paused = true)]
async fn f55_a_completion_whose_response_is_lost_is_not_repeated() {
    for fault in [Fault::LostAfter, Fault::DoneThen(500), Fault::DoneThen(503)] {
        let hub = parts().fault("complete", fault);
        upload(&hub).await.unwrap();
        is_whole(&hub);
        let repo = hub.repo();
        assert_eq!(
            (repo.count("PUT"), repo.count("complete"), repo.count("batch")),
            (4, 1, 2),
            "{:?}",
            repo.log
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_completion_that_did_not_happen_is_repeated_with_the_same_parts() {
    let hub = parts().fault("complete", Fault::Refuse(503));
    upload(&hub).await.unwrap();
    is_whole(&hub);
    assert_eq!((hub.count("PUT"), hub.count("complete")), (4, 2));
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_the_store_forgot_begins_anew() {
    let hub = parts().fault("complete", Fault::Refuse(404));
    upload(&hub).await.unwrap();
    is_whole(&hub);
    assert_eq!(hub.count("PUT"), 8);
}

#[tokio::test(start_paused = true)]
async fn f56_without_verification_there_is_no_commit() {
    let hub = Hub::new().fault("verify", Fault::Refuse(404)).fault("verify", Fault::Refuse(404));
    upload(&hub).await.unwrap();
    let mut hub = Hub::new();
    for _ in 0..3 {
        hub = hub.fault("verify", Fault::Refuse(404));
    }
    let error = upload(&hub).await.unwrap_err();
    assert!(matches!(&error, CommitError::VerifyFailed { path, .. } if path == "w.bin"), "{error}");
    assert_eq!((hub.count("verify"), hub.commits()), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn f54_answers_that_contradict_the_request_stop_before_a_byte_is_sent() {
    let oid = hex(&sha2::Sha256::digest(content(1000)));
    let object = |upload| json!({"oid": oid, "size": 1000, "actions": {"upload": upload}});
    let basic = || json!({"href": format!("{ENDPOINT}/store/{oid}"), "header": {}});
    let parted = |size: &str, parts: &[&str]| {
        let mut header = json!({"chunk_size": size});
        for part in parts {
            header[part] = json!(format!("{ENDPOINT}/store/{oid}/{part}"));
        }
        json!({"href": format!("{ENDPOINT}/store/{oid}/complete"), "header": header})
    };
    let table = [
        json!({"objects": []}),
        json!({"objects": [object(basic()), object(basic())]}),
        json!({"objects": [object(basic()), {"oid": "b".repeat(64), "size": 1}]}),
        json!({"objects": [{"oid": oid, "size": 999}]}),
        json!({"transfer": "xet", "objects": [object(basic())]}),
        json!({"objects": [object(parted("0", &["1"]))]}),
        json!({"objects": [object(parted("500", &["1"]))]}),
        json!({"objects": [object(parted("500", &["1", "3"]))]}),
        json!({"objects": [object(parted("500", &["1", "2", "3"]))]}),
        json!({"objects": [object(json!({"href": "file:///etc/passwd"}))]}),
    ];
    for response in table {
        let hub = Hub::new().fault("batch", Fault::Say(response.clone()));
        let error = upload(&hub).await.unwrap_err();
        assert!(matches!(error, CommitError::MalformedUpload { .. }), "{response}: {error:?}");
        assert_eq!((hub.count("PUT"), hub.commits()), (0, 1), "{response}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_files_that_the_server_refuses_are_named() {
    let oid = |n| hex(&sha2::Sha256::digest(content(n)));
    let error = |n| json!({"oid": oid(n), "size": n, "error": {"code": 422, "message": "too large"}});
    let hub = Hub::new()
        .fault("batch", Fault::Say(json!({"objects": [error(200), error(300)]})))
        .fault("batch", Fault::Say(json!({"objects": [error(300)]})));
    let operations = vec![add("a", content(200)), add("b", content(300))];
    let error = create_commit(&hub.transport(), operations, options()).await.unwrap_err();
    let CommitError::LfsRejected(objects) = &error else { panic!("{error:?}") };
    assert!(objects.iter().all(|object| object.code == 422) && !objects.is_empty());
    assert!(error.to_string().contains("too large"), "{error}");
    assert_eq!(hub.count("PUT"), 0);
}
