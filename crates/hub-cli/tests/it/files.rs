//! `hub ls`, `cat`, `cp`, `rm` and `find`.

use std::{fs, process::Stdio};

use hub_tests::{folder_with, noise};
use serde_json::Value;

use crate::place::{Place, hub, me, text};

/// A model with small files, and one that goes to LFS.
fn demo(place: &Place) -> String {
    let id = format!("{}/demo", me(place));
    let folder = folder_with(&[("a.txt", b"one\n"), ("d/b.txt", b"two\n"), ("d/w.bin", &noise(1, 50_000))]);
    place.ok(&["upload", &id, folder.path().to_str().unwrap(), "."]);
    format!("hf://{id}")
}

fn lines(printed: &str) -> Vec<&str> {
    printed.lines().map(str::trim).collect()
}

#[test]
fn ls_lists_a_folder_a_file_and_a_folder_of_this_machine() {
    let place = Place::new();
    let at = demo(&place);
    assert_eq!(lines(&place.ok(&["ls", &format!("{at}/d")])), ["4  b.txt", "50000  w.bin"]);
    assert_eq!(lines(&place.ok(&["ls", "-h", &format!("{at}/d/w.bin")])), ["50.0 kB  w.bin"]);
    let addresses = place.ok(&["ls", "-R", "-q", &at]);
    let model = at.replace("hf://", "hf://models/");
    assert!(addresses.contains(&format!("{model}/d/w.bin\n")), "{addresses}");
    let listed: Value = serde_json::from_str(&place.ok(&["ls", &format!("{at}/d"), "--json"])).unwrap();
    assert_eq!((&listed[0]["name"], &listed[0]["size"]), (&"b.txt".into(), &4.into()));
    fs::create_dir(place.home.path().join("here")).unwrap();
    fs::write(place.home.path().join("here/x"), "123").unwrap();
    assert_eq!(lines(&place.ok(&["ls", "here"])), ["3  x"]);
    assert!(place.fails(&["ls", &format!("{at}/none")], 3).contains("none"));
    assert!(place.fails(&["ls", "nowhere"], 3).contains("nowhere"));
}

#[test]
fn cat_writes_files_one_after_the_other_and_refuses_folders() {
    let place = Place::new();
    let at = demo(&place);
    fs::write(place.home.path().join("mine"), "mine\n").unwrap();
    assert_eq!(
        place.ok(&["cat", &format!("{at}/a.txt"), "mine", &format!("{at}/d/b.txt")]),
        "one\nmine\ntwo\n"
    );
    let binary = place.run(&["cat", &format!("{at}/d/w.bin")]);
    assert_eq!(binary.stdout, noise(1, 50_000));
    assert!(place.fails(&["cat", &format!("{at}/d")], 2).contains("is a folder"));
    assert!(place.fails(&["cat", &at], 2).contains("is a folder"));
    place.fails(&["cat", &format!("{at}/none")], 3);
}

#[test]
fn cp_copies_a_file_up_and_down_under_its_own_name_or_another() {
    let place = Place::new();
    let at = demo(&place);
    let here = |name: &str| fs::read(place.home.path().join(name)).unwrap();
    place.ok(&["cp", &format!("{at}/a.txt")]);
    place.ok(&["cp", &format!("{at}/d/w.bin"), "new/folder/"]);
    place.ok(&["cp", &format!("{at}/a.txt"), "other.txt"]);
    assert_eq!(here("a.txt"), b"one\n");
    assert_eq!(here("new/folder/w.bin"), noise(1, 50_000));
    assert_eq!(here("other.txt"), b"one\n");
    fs::write(place.home.path().join("up.txt"), "up\n").unwrap();
    for (target, path) in [("", "up.txt"), ("/d", "d/up.txt"), ("/e/", "e/up.txt"), ("/f.txt", "f.txt")] {
        place.ok(&["cp", "up.txt", &format!("{at}{target}"), "--commit-message", "More"]);
        assert_eq!(place.ok(&["cat", &format!("{at}/{path}")]), "up\n", "{target}");
    }
    assert_eq!(place.ok(&["cp", &format!("{at}/a.txt"), "-"]), "one\n");
    let left: Vec<String> = fs::read_dir(place.home.path().join("new/folder"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(left, ["w.bin"], "nothing unfinished is left");
}

#[test]
fn cp_copies_standard_input() {
    let place = Place::new();
    let at = demo(&place);
    let mut command = hub(place.home.path());
    let command = command.args(["--endpoint", "local:hub-data", "cp", "-", &format!("{at}/in.txt")]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"streamed\n").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(place.ok(&["cat", &format!("{at}/in.txt")]), "streamed\n");
}

#[test]
fn cp_copies_folders_when_told_to() {
    let place = Place::new();
    let at = demo(&place);
    let folder = format!("{at}/d");
    assert!(place.fails(&["cp", &folder, "got"], 2).contains("say -r"));
    place.ok(&["cp", "-r", &folder, "got"]);
    place.ok(&["cp", "-r", &folder, "got"]);
    place.ok(&["cp", "-r", &format!("{folder}/"), "flat"]);
    for path in ["got/b.txt", "got/d/b.txt", "flat/b.txt"] {
        assert!(place.home.path().join(path).is_file(), "{path}");
    }
    assert!(place.fails(&["cp", "got", &at], 2).contains("say -r"));
    place.ok(&["cp", "-r", "got", &at]);
    place.ok(&["cp", "-r", "flat/", &format!("{at}/g")]);
    let all = place.ok(&["find", &at, "--type", "f", "-q"]);
    for path in ["/got/d/w.bin", "/got/b.txt", "/g/b.txt"] {
        assert!(all.contains(&format!("{path}\n")), "{path}: {all}");
    }
    assert!(!all.contains("/g/d/"), "{all}");
}

#[test]
fn cp_inside_the_hub_is_one_commit_and_keeps_what_it_copies() {
    let place = Place::new();
    let at = demo(&place);
    let other = at.replace("demo", "other");
    place.ok(&["repos", "create", &other]);
    place.ok(&["cp", &format!("{at}/d/w.bin"), &format!("{at}/copy.bin")]);
    place.ok(&["cp", "-r", &format!("{at}/d/"), &format!("{other}/from-demo")]);
    place.ok(&["cp", &format!("{at}/a.txt"), &other]);
    for file in [format!("{at}/copy.bin"), format!("{other}/from-demo/w.bin")] {
        assert_eq!(place.run(&["cat", &file]).stdout, noise(1, 50_000), "{file}");
    }
    assert_eq!(
        place.ok(&["cat", &format!("{other}/from-demo/b.txt"), &format!("{other}/a.txt")]),
        "two\none\n"
    );
    assert!(place.fails(&["cp", &format!("{at}/none"), &other], 3).contains("/none"));
    assert!(place.fails(&["cp", "a", "b"], 2).contains("both are on this machine"));
}

#[test]
fn rm_removes_all_or_nothing() {
    let place = Place::new();
    let at = demo(&place);
    let (file, folder) = (format!("{at}/a.txt"), format!("{at}/d"));
    assert!(place.fails(&["rm", &folder], 2).contains("say -r"));
    assert!(place.fails(&["rm", &file, &format!("{at}/none")], 3).contains("nothing was removed"));
    assert!(place.fails(&["rm", "-r", &at], 2).contains("hub repos delete"));
    assert!(place.fails(&["rm", &file, &at.replace("demo", "demo@dev/x")], 2).contains("one revision"));
    assert!(place.ok(&["rm", "-r", &file, &folder, "--dry-run"]).contains("Would remove 2 paths"));
    assert_eq!(place.ok(&["cat", &file]), "one\n");
    fs::create_dir(place.home.path().join("here")).unwrap();
    fs::write(place.home.path().join("here/x"), "123").unwrap();
    assert!(place.fails(&["rm", "here"], 2).contains("say -r"));
    assert!(place.fails(&["rm", "-r", "."], 2).contains("by its name"));
    place.ok(&["rm", "-r", &file, &folder, "here"]);
    assert!(!place.home.path().join("here").exists());
    assert_eq!(place.ok(&["find", &at, "-q"]).lines().count(), 1, ".gitattributes is left");
}

/// What a link leads to was not named.
#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_linked_folder() {
    use std::os::unix::fs::symlink;
    let place = Place::new();
    let at = demo(&place);
    let (home, id) = (place.home.path(), at.replace("hf://", ""));
    let elsewhere = home.join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("b.txt"), "precious").unwrap();
    symlink(&elsewhere, home.join("d")).unwrap();
    assert!(place.fails(&["cp", "-r", &format!("{at}/d"), "."], 1).contains("is a link"));
    fs::create_dir(home.join("q")).unwrap();
    symlink(&elsewhere, home.join("q/d")).unwrap();
    place.fails(&["cp", "-r", &format!("{at}/"), "q"], 1);
    let snapshot = place.ok(&["download", &id, "a.txt", "-q"]);
    let snapshot = std::path::Path::new(snapshot.trim()).parent().unwrap();
    symlink(&elsewhere, snapshot.join("d")).unwrap();
    for arguments in
        [&["download", &id, "d/b.txt"][..], &["download", &id], &["download", &id, "--force-download"]]
    {
        assert!(place.fails(arguments, 1).contains("leads out"), "{arguments:?}");
    }
    assert_eq!(fs::read_to_string(elsewhere.join("b.txt")).unwrap(), "precious");
    place.ok(&["cp", "-r", &format!("{at}/d/"), "d"]);
    assert_eq!(fs::read_to_string(elsewhere.join("b.txt")).unwrap(), "two\n", "the link itself was named");
}

#[test]
fn rm_takes_what_is_named_twice_or_inside_of_another_once() {
    let place = Place::new();
    let at = demo(&place);
    fs::create_dir(place.home.path().join("f")).unwrap();
    fs::write(place.home.path().join("f/x"), "1").unwrap();
    let (folder, file) = (format!("{at}/d"), format!("{at}/d/b.txt"));
    let removed = place.ok(&["rm", "-r", &folder, &file, &file, "f", "f/x", "f", "-q"]);
    assert_eq!(lines(&removed).len(), 6, "{removed}");
    assert!(!place.home.path().join("f").exists());
    place.fails(&["ls", &folder], 3);
    place.ok(&["cat", &format!("{at}/a.txt")]);
}

#[test]
fn the_address_of_a_file_takes_no_filters() {
    let place = Place::new();
    let at = demo(&place);
    for filter in ["--include", "--exclude"] {
        assert!(place.fails(&["download", &format!("{at}/a.txt"), filter, "*"], 2).contains("is a file"));
    }
    let folder = format!("{at}/d");
    let got = place.ok(&["download", &folder, "--exclude", "*.bin", "--local-dir", "got", "-q"]);
    let got = std::path::Path::new(got.trim());
    assert!(got.join("d/b.txt").exists() && !got.join("d/w.bin").exists());
}

#[test]
fn find_looks_at_names_kinds_and_sizes() {
    let place = Place::new();
    let at = demo(&place);
    let found = |words: &[&str]| {
        let printed = place.ok(&[&["find", &at], words].concat());
        let prefix = at.replace("hf://", "hf://models/");
        printed.lines().map(|line| line.strip_prefix(&prefix).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found(&["--name", "*.txt"]), ["/a.txt", "/d/b.txt"]);
    assert_eq!(found(&["--type", "d"]), ["/d"]);
    assert_eq!(found(&["--size", "+10kB"]), ["/d/w.bin"]);
    assert_eq!(found(&["--size", "-5", "--name", "[ab].txt"]), ["/a.txt", "/d/b.txt"]);
    assert_eq!(found(&["--size", "4", "--type", "d"]), [""; 0]);
    fs::write(place.home.path().join("big"), noise(2, 2000)).unwrap();
    assert_eq!(lines(&place.ok(&["find", ".", "--name", "big"])), ["./big"]);
    assert!(text(&place.run(&["find", &at, "--size", "ten"]).stderr).contains("+10MB"));
}
