//! Logging in: the token is asked about, then saved. What cannot be saved leaves what was there.

use std::path::Path;

use hub_api::auth::TokenPaths;
use hub_api::{HfFolder, Token};

use crate::scenario::{Place, Scenario, Work};

fn store(folder: &Path) -> HfFolder {
    let home = folder.to_owned();
    HfFolder::new(
        TokenPaths::from_lookup(move |name| (name == "HF_HOME").then(|| home.clone().into())).unwrap(),
    )
}

/// The file shows in the folder once it is whole.
pub(crate) fn saved() -> Scenario {
    let run: fn(Place) -> Work<_> = |place| {
        Box::pin(async move {
            let name = place.api.whoami().await?.name;
            store(&place.folder.join("home")).save_token(&Token::new("hf_ada").unwrap()).unwrap();
            Ok(name)
        })
    };
    Scenario { files: Some("home"), ..Scenario::new("token", run) }
}

#[test]
fn a_token_that_cannot_be_saved_leaves_the_old_one_and_nothing_else() {
    // What is in the way of each step: the folder, the new file beside the old one, its place.
    let temporary = tempfile::tempdir().unwrap();
    let home = temporary.path().join("home");
    let (old, new) = (Token::new("hf_old").unwrap(), Token::new("hf_new").unwrap());

    std::fs::write(&home, "a file").unwrap();
    store(&home).save_token(&new).unwrap_err();
    assert_eq!(std::fs::read(&home).unwrap(), b"a file");
    std::fs::remove_file(&home).unwrap();

    store(&home).save_token(&old).unwrap();
    let before = hub_tests::files_in(&home);
    let aside = temporary.path().join("aside");
    std::fs::rename(home.join("token"), &aside).unwrap();
    std::fs::create_dir_all(home.join("token/inside")).unwrap();
    store(&home).save_token(&new).unwrap_err();
    std::fs::remove_dir_all(home.join("token")).unwrap();
    std::fs::rename(&aside, home.join("token")).unwrap();
    assert_eq!(hub_tests::files_in(&home), before, "nothing half made is left");
    assert_eq!(std::fs::read_to_string(home.join("token")).unwrap().trim(), "hf_old");
}
