//! Doubt about uploads of large files.

use hub_api::{CommitOperation, CommitOperationAdd};
use hub_tests::either::Hub;
use hub_tests::model::{Fault, Rules, Trouble};
use hub_tests::model_client::in_paused_time;
use hub_tests::noise;

use crate::BOTH;

#[test]
fn f55_a_completion_that_is_refused_because_an_earlier_one_landed_is_done() {
    let troubles = [Trouble::Status(408), Trouble::Late, Trouble::Reset, Trouble::Status(504)];
    for (kind, trouble) in BOTH.into_iter().flat_map(|kind| troubles.map(|trouble| (kind, trouble))) {
        in_paused_time(async {
            let hub = Hub::with_demo(kind, &Rules { part_size: Some(128), ..Rules::default() }).await;
            let fault = if trouble == Trouble::Late { Fault::before(trouble) } else { Fault::after(trouble) };
            hub.fail_each("/complete", [fault]);
            let add: CommitOperation = CommitOperationAdd::new("w.bin", noise(1, 300)).unwrap().into();
            let result = hub.user("ada", 1).create_commit("ada/demo", vec![add], "Add w").await;
            assert!(result.is_ok(), "{kind:?}, {trouble:?}: {result:?}");
            let parts = hub.log().iter().filter(|line| line.starts_with("PUT ")).count();
            assert_eq!(parts, 3, "{kind:?}, {trouble:?}: no part is sent twice");
        });
    }
}
