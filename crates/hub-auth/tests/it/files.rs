//! What saving and deleting leave on disk.

use std::fs;
use std::os::unix::fs::symlink;

use hub_auth::{AuthError, Token};

use crate::sandbox::{Sandbox, mode, names, set_mode, warnings};

const TOKEN: &str = "home/.cache/huggingface/token";
const LEGACY: &str = "home/.huggingface/token";

fn token(text: &str) -> Token {
    Token::new(text).unwrap()
}

#[test]
fn a_saved_token_is_the_text_alone_and_private() {
    let sandbox = Sandbox::new();
    let store = sandbox.store(&[]);
    let (saved, warned) = warnings(|| store.save_token(&token("hf_one\n")));
    saved.unwrap();
    assert_eq!(sandbox.read(TOKEN).unwrap(), "hf_one");
    assert_eq!(mode(&sandbox.path(TOKEN)), 0o600);
    assert_eq!(mode(&sandbox.path("home/.cache/huggingface")), 0o700);
    assert_eq!(names(&sandbox.path("home/.cache/huggingface")), ["token"]);
    assert_eq!(warned, [""; 0]);
}

#[test]
fn saving_again_replaces_the_token() {
    let sandbox = Sandbox::new();
    let store = sandbox.store(&[]);
    for text in ["hf_a_long_one", "hf_b"] {
        store.save_token(&token(text)).unwrap();
        assert_eq!(store.get_token().unwrap().unwrap().reveal(), text);
    }
}

#[test]
fn a_folder_that_was_there_keeps_its_mode() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("home/.cache/huggingface");
    fs::create_dir_all(&folder).unwrap();
    set_mode(&folder, 0o755);
    sandbox.store(&[]).save_token(&token("hf_one")).unwrap();
    assert_eq!(mode(&folder), 0o755);
}

#[test]
fn a_file_that_others_could_read_becomes_private_with_a_warning() {
    for wide in [0o644, 0o660, 0o604] {
        let sandbox = Sandbox::new();
        let path = sandbox.write(TOKEN, "hf_old");
        set_mode(&path, wide);
        let (saved, warned) = warnings(|| sandbox.store(&[]).save_token(&token("hf_new")));
        saved.unwrap();
        assert_eq!((mode(&path), sandbox.read(TOKEN).unwrap().as_str()), (0o600, "hf_new"));
        assert!(warned.len() == 1 && warned[0].contains(&format!("{wide:o}")), "{warned:?}");
    }
}

#[test]
fn a_link_stays_and_what_it_leads_to_is_replaced() {
    let sandbox = Sandbox::new();
    let real = sandbox.write("secrets/real", "hf_old");
    fs::create_dir_all(sandbox.path("home/.cache/huggingface")).unwrap();
    symlink("../../../secrets/second", sandbox.path(TOKEN)).unwrap();
    symlink("real", sandbox.path("secrets/second")).unwrap();
    sandbox.store(&[]).save_token(&token("hf_new")).unwrap();
    assert!(sandbox.path(TOKEN).is_symlink() && sandbox.path("secrets/second").is_symlink());
    assert!(!real.is_symlink());
    assert_eq!(sandbox.read("secrets/real").unwrap(), "hf_new");
    assert_eq!(names(&sandbox.path("secrets")), ["real", "second"]);
}

#[test]
fn a_link_to_nothing_gets_its_target() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path("home/.cache/huggingface")).unwrap();
    symlink(sandbox.path("new/folder/target"), sandbox.path(TOKEN)).unwrap();
    sandbox.store(&[]).save_token(&token("hf_new")).unwrap();
    assert!(sandbox.path(TOKEN).is_symlink());
    assert_eq!(sandbox.read("new/folder/target").unwrap(), "hf_new");
}

#[test]
fn links_in_a_circle_are_an_error() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path("home/.cache/huggingface")).unwrap();
    symlink("token", sandbox.path(TOKEN)).unwrap();
    assert!(matches!(sandbox.store(&[]).save_token(&token("hf_new")), Err(AuthError::File { .. })));
}

#[test]
fn errors_name_the_path_and_say_what_to_do() {
    let sandbox = Sandbox::new();
    sandbox.write("home/.cache", "a file where a folder is needed");
    let error = sandbox.store(&[]).save_token(&token("hf_secret")).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("home/.cache/huggingface") && text.contains("HF_TOKEN_PATH"), "{text}");
    assert!(!format!("{error:?}").contains("hf_secret"));
    assert!(std::error::Error::source(&error).is_some());

    fs::create_dir_all(sandbox.path("dir/token")).unwrap();
    let store = sandbox.store(&[("HF_HOME", "@/dir")]);
    assert!(store.save_token(&token("hf_secret")).unwrap_err().to_string().contains("dir/token"));
    assert!(store.get_token().unwrap_err().to_string().contains("dir/token"));
    assert_eq!(names(&sandbox.path("dir")), ["token"]);
}

#[test]
fn without_a_home_folder_saving_and_deleting_say_so() {
    let store = Sandbox::new().store(&[("HOME", "")]);
    assert!(matches!(store.save_token(&token("hf_one")), Err(AuthError::NoHome)));
    assert!(matches!(store.delete_token(), Err(AuthError::NoHome)));
}

#[test]
fn deleting_removes_both_files_and_nothing_else() {
    let sandbox = Sandbox::new();
    sandbox.write(TOKEN, "hf_one");
    sandbox.write(LEGACY, "hf_old");
    sandbox.write("home/.cache/huggingface/stored_tokens", "[laptop]");
    let store = sandbox.store(&[("HF_TOKEN", "hf_env")]);
    store.delete_token().unwrap();
    assert_eq!((sandbox.read(TOKEN), sandbox.read(LEGACY)), (None, None));
    assert_eq!(names(&sandbox.path("home/.cache/huggingface")), ["stored_tokens"]);
    assert_eq!(store.get_token().unwrap().unwrap().reveal(), "hf_env");
    store.delete_token().unwrap();
}

#[test]
fn the_token_of_an_old_version_is_copied_once_with_a_warning() {
    let sandbox = Sandbox::new();
    sandbox.write(LEGACY, "hf_old\n");
    let store = sandbox.store(&[]);
    let (_, first) = warnings(|| store.get_token().unwrap());
    assert!(
        first.len() == 1 && first[0].contains(".huggingface/token") && !first[0].contains("hf_old"),
        "{first:?}"
    );
    assert_eq!(sandbox.read(TOKEN).unwrap(), "hf_old");
    assert_eq!(mode(&sandbox.path(TOKEN)), 0o600);
    assert_eq!(sandbox.read(LEGACY).unwrap(), "hf_old\n");
    assert_eq!(names(&sandbox.path("home/.cache/huggingface")), ["token"]);

    let (second_token, second) = warnings(|| store.get_token().unwrap());
    assert_eq!((second_token.unwrap().reveal(), second.len()), ("hf_old", 0));
}

#[test]
fn an_old_token_that_cannot_be_copied_is_used_all_the_same() {
    let sandbox = Sandbox::new();
    let legacy = sandbox.write(LEGACY, "hf_old");
    // A dangling link: reading finds nothing, and creating finds something in the way.
    fs::create_dir_all(sandbox.path("home/.cache/huggingface")).unwrap();
    symlink("nowhere", sandbox.path(TOKEN)).unwrap();
    let found = sandbox.store(&[]).get_token().unwrap().unwrap();
    assert_eq!((found.reveal(), found.source()), ("hf_old", &hub_auth::TokenOrigin::File(legacy)));
    assert!(!sandbox.path("home/.cache/huggingface/nowhere").exists());
}

#[test]
fn a_failed_copy_is_a_warning() {
    let sandbox = Sandbox::new();
    sandbox.write(LEGACY, "hf_old");
    fs::create_dir_all(sandbox.path("home")).unwrap();
    symlink("/proc/self/nowhere", sandbox.path("home/.cache")).unwrap();
    let (found, warned) = warnings(|| sandbox.store(&[]).get_token().unwrap());
    assert_eq!(found.unwrap().reveal(), "hf_old");
    assert!(warned.len() == 1 && warned[0].contains("could not be copied"), "{warned:?}");
}

#[test]
fn after_deleting_the_old_token_does_not_come_back() {
    let sandbox = Sandbox::new();
    sandbox.write(LEGACY, "hf_old");
    let store = sandbox.store(&[]);
    store.get_token().unwrap().unwrap();
    store.delete_token().unwrap();
    assert!(store.get_token().unwrap().is_none());
}
