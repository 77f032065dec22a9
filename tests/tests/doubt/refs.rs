//! Doubt about branches and tags.

use hub_tests::model::{Fault, Model, Rules, Trouble};
use hub_tests::model_client::{in_paused_time, model_user};

#[test]
fn a_branch_that_an_earlier_attempt_made_before_main_moved_is_not_called_somebody_elses() {
    in_paused_time(async {
        let model = Model::with_demo(Rules::default());
        // The first attempt is on its way when the client looks, and lands before main moves; the second one finds it.
        let moves = Fault::default().first(|state| state.other_commit("models/ada/demo"));
        model.fail_each("/branch/", [Fault::before(Trouble::Late), moves]);
        let error = model_user(&model, "ada", 1).create_branch("ada/demo", "feature").await.unwrap_err();
        assert_eq!(model.state().demo().branch("feature").len(), 1);
        let error = error.transport().unwrap();
        assert!(error.maybe_processed(), "{error}");
        assert!(error.to_string().contains("this call may have made it"), "{error}");
    });
}
