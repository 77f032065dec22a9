//! Large folders: several commits, each of them made once.

use hub_tests::noise;

use crate::scenario::{Place, Scenario, Work};

pub(crate) fn folder() -> Scenario {
    let run: fn(Place) -> Work<_> = |place| {
        Box::pin(async move {
            let folder = place.folder.join("model");
            std::fs::create_dir_all(&folder).unwrap();
            for number in 0..4u64 {
                std::fs::write(folder.join(format!("w{number}.bin")), noise(number, 150)).unwrap();
            }
            let call = place.api.upload_large_folder("ada/demo", &folder);
            call.files_per_commit(2).num_workers(1).await?;
            Ok("all of it".to_owned())
        })
    };
    Scenario { steps: true, ..Scenario::new("large_folder", run) }
}
