//! Addresses in place of ids: what the Hub's pages print is what can be typed.

use std::fs;

use hub_tests::folder_with;

use crate::place::{Place, me};

/// A dataset with a file at its root and one in a folder, and the branch `dev` with one more.
fn nums(place: &Place) -> String {
    let id = format!("{}/nums", me(place));
    let folder = folder_with(&[("config.json", b"{}\n"), ("data/a.csv", b"1,2\n")]);
    place.ok(&["upload", &id, folder.path().to_str().unwrap(), ".", "--type", "dataset"]);
    place.ok(&["repos", "branch", "create", &id, "dev", "--type", "dataset"]);
    fs::write(place.home.path().join("b.csv"), "3,4\n").unwrap();
    place.ok(&["upload", &id, "b.csv", "data/b.csv", "--type", "dataset", "--revision", "dev"]);
    id
}

fn content(place: &Place, printed: &str) -> String {
    fs::read_to_string(place.home.path().join(printed.trim())).unwrap()
}

#[test]
fn a_download_takes_the_address_of_a_file_a_folder_or_a_page() {
    let place = Place::new();
    let id = nums(&place);
    for (address, expected) in [
        (format!("hf://datasets/{id}/config.json"), "{}\n"),
        (format!("hf://datasets/{id}@dev/data/b.csv"), "3,4\n"),
        (format!("http://hub.localhost/datasets/{id}/blob/dev/data/b.csv"), "3,4\n"),
        (format!("http://hub.localhost/datasets/{id}/resolve/main/config.json?download=true"), "{}\n"),
    ] {
        assert_eq!(content(&place, &place.ok(&["download", &address])), expected, "{address}");
    }
    for address in [format!("hf://datasets/{id}@dev/data"), format!("hf://datasets/{id}@dev/data/")] {
        let folder = place.ok(&["download", &address, "--local-dir", "got"]);
        let folder = std::path::Path::new(folder.trim());
        assert!(folder.join("data/b.csv").is_file() && !folder.join("config.json").exists(), "{address}");
        fs::remove_dir_all(folder).unwrap();
    }
    let said = place.fails(&["download", &format!("hf://datasets/{id}/none.txt")], 3);
    assert!(said.contains("none.txt"), "{said}");
}

#[test]
fn commands_about_a_repository_take_its_address_and_find_its_kind_in_it() {
    let place = Place::new();
    let id = nums(&place);
    let address = format!("hf://datasets/{id}");
    let dev = format!("{address}@dev");
    assert_eq!(place.ok(&["datasets", "info", &dev, "-q"]).trim(), id);
    assert!(place.ok(&["datasets", "list", &format!("{dev}/data")]).contains("data/b.csv"));
    place.ok(&["repos", "tag", "create", &dev, "v1"]);
    assert!(place.ok(&["repos", "tag", "list", &address]).contains("v1"));
    place.ok(&["discussions", "create", &address, "--title", "Question"]);
    assert!(place.ok(&["discussions", "list", &address]).contains("Question"));
    place.ok(&["download", &address]);
    assert!(place.ok(&["cache", "verify", &address]).contains("0 wrong"));
    place.ok(&["cache", "rm", &address, "--yes"]);
    fs::write(place.home.path().join("c.csv"), "5\n").unwrap();
    place.ok(&["upload", &format!("{dev}/data/"), "c.csv"]);
    assert_eq!(place.ok(&["cat", &format!("{dev}/data/c.csv")]), "5\n");
    place.ok(&["repos", "move", &address, &format!("{address}-2")]);
    place.ok(&["repos", "delete", &format!("http://hub.localhost/datasets/{id}-2"), "--yes"]);
}

#[test]
fn what_an_address_says_cannot_be_said_otherwise() {
    let place = Place::new();
    let id = nums(&place);
    let at = |rest: &str| format!("hf://datasets/{id}{rest}");
    for (words, said) in [
        (&["download", &at("@dev"), "--revision", "main"][..], "the revision dev, and main"),
        (&["download", &at(""), "--repo-type", "model"], "names a dataset, and a model"),
        (&["download", &at("/config.json"), "data/a.csv"], "say one of them"),
        (&["models", "info", &at("")], "names a dataset"),
        (&["repos", "delete", &at("@dev"), "--yes"], "the repository alone"),
        (&["repos", "tag", "create", &at("/config.json"), "v1"], "as a whole"),
        (&["download", &format!("https://huggingface.co/datasets/{id}")], "another host"),
        (&["download", &format!("hf://dataset/{id}")], "write hf://datasets/"),
        (&["download", "hf://gpt2"], "NAMESPACE/NAME"),
        (&["download", "hf://buckets/ada/things"], "not supported"),
    ] {
        let error = place.fails(words, 2);
        assert!(error.contains(said), "{words:?}: {error}");
    }
    assert_eq!(place.ok(&["download", &at("@dev"), "--revision", "dev", "-q"]).lines().count(), 1);
}
