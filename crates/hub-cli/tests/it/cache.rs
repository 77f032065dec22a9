//! `hub cache`

use std::path::Path;

use hub_tests::folder_with;

use crate::place::{Place, me, text};

#[test]
fn what_is_downloaded_is_kept_listed_and_deleted() {
    let place = Place::new();
    let file = folder_with(&[("a.txt", b"hello")]);
    place.ok(&["upload", "demo", file.path().join("a.txt").to_str().unwrap()]);
    let id = format!("{}/demo", me(&place));
    let downloaded = place.ok(&["download", &id, "a.txt"]);
    let cache = place.home.path().join(".cache/huggingface/hub");
    assert!(Path::new(downloaded.trim()).starts_with(&cache), "{downloaded}");
    assert_eq!(place.ok(&["cache", "list", "-q"]), format!("model/{id}\n"));

    let commit = place.ok(&["cache", "list", "--revisions", "-q"]);
    let would = place.ok(&["cache", "rm", commit.trim(), "--dry-run"]);
    let all = format!("model/{id}  all of it: {} (main)\n", commit.trim());
    assert_eq!(would, format!("{all}Would delete 1 repository (5 B).\n"));
    assert!(place.fails(&["cache", "rm", commit.trim()], 2).contains("--yes"));
    assert!(place.fails(&["cache", "rm", "model/ada/other", "--yes"], 3).contains("is not in the cache"));
    place.ok(&["cache", "rm", &format!("model/{id}"), "--yes"]);
    assert_eq!(place.ok(&["cache", "list", "-q"]), "");
    assert_eq!(place.ok(&["cache", "prune", "--yes"]), "There is nothing to delete.\n");
}

#[test]
fn a_branch_with_slashes_is_deleted_by_its_name() {
    let place = Place::new();
    let id = format!("{}/demo", me(&place));
    std::fs::create_dir_all(place.home.path().join("up/d")).unwrap();
    std::fs::write(place.home.path().join("up/d/a.txt"), "hello").unwrap();
    place.ok(&["upload", &id, "up", "."]);
    place.ok(&["repos", "branch", "create", &id, "feature/one"]);
    place.ok(&["download", &id, "d/a.txt", "--revision", "feature/one"]);
    let file = format!("model/{id}@feature/one/d/a.txt");
    assert!(place.ok(&["cache", "rm", &file, "--dry-run"]).contains("Would delete 1 file"));
    place.fails(&["cache", "rm", &format!("model/{id}@feature/one/d/b.txt"), "--yes"], 3);
    place.fails(&["cache", "rm", &format!("model/{id}@feature"), "--yes"], 3);
    place.ok(&["cache", "rm", &format!("model/{id}@feature/one"), "--yes"]);
    assert_eq!(place.ok(&["cache", "list", "--revisions", "-q"]), "");
}

#[test]
fn the_list_of_the_cache_is_filtered_and_sorted() {
    let place = Place::new();
    let me = me(&place);
    for (name, kind, size) in [("small", "model", 10), ("large", "model", 5_000), ("data", "dataset", 300)] {
        std::fs::write(place.home.path().join("x.txt"), vec![b'x'; size]).unwrap();
        place.ok(&["upload", name, "x.txt", "--type", kind]);
        place.ok(&["download", &format!("{me}/{name}"), "x.txt", "--type", kind]);
    }
    let listed = |args: &[&str]| {
        let text = place.ok(&[&["cache", "ls", "--quiet"], args].concat());
        text.lines().map(|line| line.rsplit('/').next().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(listed(&["--sort", "size"]), "large data small");
    assert_eq!(listed(&["--sort", "size:asc", "--limit", "2"]), "small data");
    assert_eq!(listed(&["-f", "size>100", "-f", "type=model"]), "large");
    assert_eq!(listed(&["-f", "modified>1d"]), "");
    assert_eq!(listed(&["-f", "accessed<1h", "-f", "refs=main", "--sort", "name:desc"]), "small large data");
    assert!(place.ok(&["cache", "list"]).starts_with("ID "));
    for wrong in [["--filter", "big"], ["--sort", "colour"]] {
        place.fails(&[&["cache", "list"], &wrong[..]].concat(), 2);
    }
}

#[test]
fn what_is_no_part_of_a_cache_is_counted_or_named() {
    let place = Place::new();
    let cache = place.home.path().join(".cache/huggingface/hub");
    std::fs::create_dir_all(cache.join("models--broken")).unwrap();
    std::fs::create_dir_all(cache.join("nonsense")).unwrap();
    let said = |args: &[&str]| text(&place.run(&[&["cache", "list"], args].concat()).stderr);
    let counted = said(&[]);
    assert!(counted.contains("--show-warnings") && !counted.contains("nonsense"), "{counted}");
    assert!(said(&["--show-warnings"]).contains("nonsense"), "{}", said(&["--show-warnings"]));
}
