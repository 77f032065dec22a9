//! Doubt about uploads of large files.

use hub_api::{CommitOperation, CommitOperationAdd};
use hub_tests::model::{Fault, Model, Rules, Trouble};
use hub_tests::model_client::{in_paused_time, model_user};
use hub_tests::noise;

#[test]
fn f55_a_completion_that_is_refused_because_an_earlier_one_landed_is_done() {
    for trouble in [Trouble::Status(408), Trouble::Late, Trouble::Reset, Trouble::Status(504)] {
        in_paused_time(async {
            let model = Model::with_demo(Rules { part_size: Some(128), ..Rules::default() });
            let fault = if trouble == Trouble::Late { Fault::before(trouble) } else { Fault::after(trouble) };
            model.fail_each("/complete", [fault]);
            let add: CommitOperation = CommitOperationAdd::new("w.bin", noise(1, 300)).unwrap().into();
            let result = model_user(&model, "ada", 1).create_commit("ada/demo", vec![add], "Add w").await;
            assert!(result.is_ok(), "{trouble:?}: {result:?}");
            assert_eq!(model.count("PUT /store/"), 3, "{trouble:?}: no part is sent twice");
        });
    }
}
