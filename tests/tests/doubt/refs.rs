//! Doubt about branches and tags.

use hub_tests::either::Hub;
use hub_tests::model::{Fault, Rules, Trouble};
use hub_tests::model_client::in_paused_time;

use crate::BOTH;

#[test]
fn a_branch_that_an_earlier_attempt_made_before_main_moved_is_not_called_somebody_elses() {
    for kind in BOTH {
        in_paused_time(async {
            let hub = Hub::with_demo(kind, &Rules::default()).await;
            // The first attempt is on its way when the client looks, and lands before main moves; the second one finds it.
            let moves = Fault::default().first(hub.change(|hub| async move { hub.other_commit().await }));
            hub.fail_each("/branch/", [Fault::before(Trouble::Late), moves]);
            let error = hub.user("ada", 1).create_branch("ada/demo", "feature").await.unwrap_err();
            hub.heal();
            assert_eq!(hub.there().await.demo().branch("feature").len(), 1, "{kind:?}");
            let error = error.transport().unwrap();
            assert!(error.maybe_processed(), "{kind:?}: {error}");
            assert!(error.to_string().contains("this call may have made it"), "{kind:?}: {error}");
        });
    }
}
