//! Uploads and downloads as people type them.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Output, Stdio},
};

use hub_tests::{files_in, folder_with};

use crate::place::{Place, hub, me, text};

/// A repository with these files, each with its name for content; its id.
fn repo(place: &Place, files: &[&str]) -> String {
    let files: Vec<(&str, &[u8])> = files.iter().map(|name| (*name, name.as_bytes())).collect();
    let folder = folder_with(&files);
    place.ok(&["upload", "demo", folder.path().to_str().unwrap(), "."]);
    format!("{}/demo", me(place))
}

/// The files below a folder, without those that the Hub makes.
fn names(folder: &Path) -> Vec<String> {
    files_in(folder).into_keys().filter(|name| name != ".gitattributes").collect()
}

fn with_input(place: &Place, args: &[&str], input: &[u8]) -> Output {
    let mut command = hub(place.home.path());
    command.args(["--endpoint", "local:hub-data"]).args(args).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn several_names_are_names_and_one_that_is_missing_is_said_before_anything_is_fetched() {
    let place = Place::new();
    let id = repo(&place, &["config.json", "data[v1]/f.txt", "datav/f.txt", "x.txt"]);
    let said = place.fails(&["download", &id, "config.json", "missing.txt", "--local-dir", "a"], 3);
    assert!(said.contains("missing.txt does not exist in model"), "{said}");
    assert!(!place.home.path().join("a/config.json").exists());
    place.fails(&["download", &id, "missing.txt", "--local-dir", "a"], 3);

    place.ok(&["download", &id, "data[v1]/f.txt", "config.json", "--local-dir", "b"]);
    assert_eq!(names(&place.home.path().join("b")), ["config.json", "data[v1]/f.txt"]);
    place.ok(&["download", &id, "data[v1]/f.txt", "--local-dir", "c"]);
    assert_eq!(names(&place.home.path().join("c")), ["data[v1]/f.txt"]);
    // A pattern is one where it is asked for.
    place.ok(&["download", &id, "--include", "data[v1]/*", "--local-dir", "d"]);
    assert_eq!(names(&place.home.path().join("d")), ["datav/f.txt"]);
}

#[test]
fn a_name_that_ends_in_a_slash_is_the_folder() {
    let place = Place::new();
    let id = repo(&place, &["weights/a", "weights/d/b", "weights2/c", "x"]);
    let folder = place.ok(&["download", &id, "weights/"]);
    assert_eq!(names(Path::new(folder.trim())), ["weights/a", "weights/d/b"]);
    let said = place.fails(&["download", &id, "none/"], 3);
    assert!(said.contains("none/ does not exist"), "{said}");
    let offline = ["--network", "offline", "download", &id];
    place.ok(&[&offline[..], &["weights/"]].concat());
    let output = place.run(&[&offline[..], &["weights/", "x"]].concat());
    assert!(!output.status.success() && text(&output.stderr).contains("x is missing"));
}

#[test]
fn a_tilde_behind_an_equals_sign_is_the_home_folder() {
    let place = Place::new();
    let id = repo(&place, &["a.txt"]);
    let shown = place.ok(&["download", &id, "a.txt", "--local-dir=~/copy"]);
    let expected = place.home.path().join("copy/a.txt");
    assert!(expected.is_file() && !place.home.path().join("~").exists());
    assert_eq!(Path::new(shown.trim()).canonicalize().unwrap(), expected.canonicalize().unwrap());
    place.ok(&["cache", "list", "--cache-dir=~/cache"]);
    assert!(!place.home.path().join("~").exists());
}

#[test]
fn a_file_that_became_a_folder_is_replaced_where_it_was_downloaded() {
    let place = Place::new();
    let id = repo(&place, &["a", "b"]);
    let target = place.home.path().join("copy");
    let download = ["download", &id, "--local-dir", "copy"];
    place.ok(&download);
    let folder = folder_with(&[("a/x.txt", b"x")]);
    place.ok(&["upload", "demo", folder.path().to_str().unwrap(), ".", "--delete", "a"]);
    place.ok(&download);
    assert_eq!(names(&target), ["a/x.txt", "b"]);

    // Somebody's own file stays.
    fs::create_dir(place.home.path().join("own")).unwrap();
    fs::write(place.home.path().join("own/a"), "mine").unwrap();
    let said = place.fails(&["download", &id, "--local-dir", "own"], 1);
    assert!(said.contains("is in the way"), "{said}");
    assert_eq!(fs::read_to_string(place.home.path().join("own/a")).unwrap(), "mine");
}

#[test]
fn names_as_long_as_file_systems_have_them_are_downloaded() {
    let place = Place::new();
    let long: Vec<String> = [246, 247, 255].iter().map(|length| "n".repeat(*length)).collect();
    let letters = "\u{65e5}".repeat(85);
    let files: Vec<&str> = long.iter().map(String::as_str).chain([letters.as_str()]).collect();
    let id = repo(&place, &files);
    for _ in 0..2 {
        place.ok(&["download", &id, "--local-dir", "copy"]);
        assert_eq!(names(&place.home.path().join("copy")).len(), 4);
    }
    let folder = place.ok(&["download", &id]);
    assert_eq!(names(Path::new(folder.trim())).len(), 4);
}

#[test]
fn a_dash_is_standard_input() {
    let place = Place::new();
    let output = with_input(&place, &["upload", "demo", "-", "notes/today.txt"], b"from a pipe");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let id = format!("{}/demo", me(&place));
    let file = place.ok(&["download", &id, "notes/today.txt"]);
    assert_eq!(fs::read_to_string(file.trim()).unwrap(), "from a pipe");
    let large = vec![7; 12_000_000];
    assert!(with_input(&place, &["upload", "demo", "-", "w.bin"], &large).status.success());
    assert!(fs::read(place.ok(&["download", &id, "w.bin"]).trim()).unwrap() == large);

    for args in [&["upload", "demo", "-"][..], &["upload", "demo", "-", "notes/"]] {
        let output = with_input(&place, args, b"x");
        assert!(text(&output.stderr).contains("has no name"), "{}", text(&output.stderr));
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn a_pattern_in_quotes_uploads_what_matches_in_this_folder() {
    let place = Place::new();
    for name in ["a.safetensors", "b.safetensors", "c.bin", "odd[1].bin"] {
        fs::write(place.home.path().join(name), name).unwrap();
    }
    place.ok(&["upload", "demo", "*.safetensors"]);
    let id = format!("{}/demo", me(&place));
    let folder = place.ok(&["download", &id]);
    assert_eq!(names(Path::new(folder.trim())), ["a.safetensors", "b.safetensors"]);
    // What is there is no pattern.
    place.ok(&["upload", "demo", "odd[1].bin"]);
    let folder = place.ok(&["download", &id]);
    assert_eq!(names(Path::new(folder.trim())), ["a.safetensors", "b.safetensors", "odd[1].bin"]);
    place.fails(&["upload", "demo", "*.bin", "--include", "*.txt"], 2);
}

#[test]
fn a_branch_that_is_missing_is_made_and_nothing_for_an_upload_that_cannot_be() {
    let place = Place::new();
    fs::write(place.home.path().join("a.txt"), "x").unwrap();
    let said = place.fails(&["upload", "demo", "none.txt", "--revision", "dev"], 1);
    assert!(said.contains("none.txt"), "{said}");
    assert_eq!(place.ok(&["models", "list", "--quiet"]), "");
    place.fails(&["upload", "demo", "a.txt", "--revision", &"1".repeat(40)], 2);
    place.ok(&["upload", "demo", "a.txt", "--revision", "dev"]);
    let id = format!("{}/demo", me(&place));
    place.ok(&["download", &id, "a.txt", "--revision", "dev"]);
    place.fails(&["download", &id, "a.txt"], 3);
    place.ok(&["upload", "demo", "a.txt", "--revision", "dev", "--dry-run"]);
}
