//! Named tokens: what is in the file of the official command line before and after.

use hub_auth::{AuthError, Token};

use crate::sandbox::{Sandbox, mode, names, set_mode};

const FOLDER: &str = "home/.cache/huggingface";
const TOKEN: &str = "home/.cache/huggingface/token";
const STORED: &str = "home/.cache/huggingface/stored_tokens";

/// As the official command line writes it.
const TWO: &str = "[laptop]\nhf_token = hf_one\n\n[oauth-ada]\nhf_token = hf_two\nrefresh_token = r%1\nexpires_at = 1790000000\n\n";

fn token(text: &str) -> Token {
    Token::new(text).unwrap()
}

#[test]
fn the_first_token_makes_the_file_and_it_is_private() {
    let sandbox = Sandbox::new();
    sandbox.store(&[]).add_token("my laptop", &token("hf_one")).unwrap();
    assert_eq!(sandbox.read(STORED).unwrap(), "[my laptop]\nhf_token = hf_one\n\n");
    assert_eq!((mode(&sandbox.path(STORED)), mode(&sandbox.path(FOLDER))), (0o600, 0o700));
    assert_eq!(names(&sandbox.path(FOLDER)), ["stored_tokens", "stored_tokens.lock"]);
}

#[test]
fn tokens_are_listed_with_the_one_in_use_marked() {
    let sandbox = Sandbox::new();
    sandbox.write(STORED, format!("{TWO}[later]\nkey = v\n[odd]\nhf_token = a b\n"));
    sandbox.write(TOKEN, "hf_two\n");
    let listed: Vec<_> = sandbox
        .store(&[("HF_TOKEN", "hf_one")])
        .list_tokens()
        .unwrap()
        .into_iter()
        .map(|t| (t.name, t.token.map(|t| t.reveal().to_owned()), t.expires_at, t.active))
        .collect();
    assert_eq!(
        listed,
        [
            ("laptop".into(), Some("hf_one".into()), None, false),
            ("oauth-ada".into(), Some("hf_two".into()), Some(1_790_000_000), true),
            ("later".into(), None, None, false),
            ("odd".into(), None, None, false),
        ]
    );
    assert!(Sandbox::new().store(&[]).list_tokens().unwrap().is_empty());
}

#[test]
fn the_file_follows_the_place_of_the_token_file() {
    let sandbox = Sandbox::new();
    let store = sandbox.store(&[("HF_TOKEN_PATH", "@/elsewhere/tok")]);
    assert_eq!(store.stored_tokens_path().unwrap(), sandbox.path("elsewhere/stored_tokens"));
}

#[test]
fn adding_a_token_keeps_what_else_is_there_and_sorts() {
    let sandbox = Sandbox::new();
    sandbox.write(STORED, format!("# mine\n[future]\nkind = new\n\n{TWO}"));
    let store = sandbox.store(&[]);
    store.add_token("m", &token("hf_m")).unwrap();
    let (laptop, oauth) = TWO.split_at(TWO.find("[oauth").unwrap());
    let expected = format!("# mine\n[future]\nkind = new\n\n{laptop}[m]\nhf_token = hf_m\n\n{oauth}");
    assert_eq!(sandbox.read(STORED).unwrap(), expected);
}

#[test]
fn the_same_token_again_keeps_how_it_is_renewed_and_another_one_does_not() {
    let sandbox = Sandbox::new();
    sandbox.write(STORED, TWO);
    let store = sandbox.store(&[]);
    store.add_token("oauth-ada", &token("hf_two")).unwrap();
    assert_eq!(sandbox.read(STORED).unwrap(), TWO);
    store.add_token("oauth-ada", &token("hf_three")).unwrap();
    let after = sandbox.read(STORED).unwrap();
    assert!(after.contains("hf_three") && !after.contains("refresh_token"), "{after}");
}

#[test]
fn switching_copies_the_token_and_an_unknown_name_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.write(STORED, TWO);
    let store = sandbox.store(&[]);
    assert_eq!(store.switch_token("oauth-ada").unwrap().reveal(), "hf_two");
    assert_eq!(sandbox.read(TOKEN).unwrap(), "hf_two");
    assert_eq!(store.get_token().unwrap().unwrap().reveal(), "hf_two");
    for name in ["nobody", "DEFAULT", ""] {
        assert!(matches!(store.switch_token(name), Err(AuthError::NoSuchName { .. })), "{name}");
    }
    assert_eq!(sandbox.read(TOKEN).unwrap(), "hf_two");
}

#[test]
fn removing_the_token_in_use_logs_out_and_removing_another_does_not() {
    let sandbox = Sandbox::new();
    sandbox.write(STORED, TWO);
    sandbox.write(TOKEN, "hf_two");
    let store = sandbox.store(&[]);
    assert!(!store.remove_token("laptop").unwrap());
    assert_eq!(sandbox.read(TOKEN).unwrap(), "hf_two");
    assert!(store.remove_token("oauth-ada").unwrap());
    assert_eq!((sandbox.read(TOKEN), sandbox.read(STORED)), (None, Some(String::new())));
    assert!(matches!(store.remove_token("laptop"), Err(AuthError::NoSuchName { .. })));
}

#[test]
fn removing_all_leaves_no_token() {
    let sandbox = Sandbox::new();
    sandbox.write(STORED, TWO);
    sandbox.write(TOKEN, "hf_two");
    sandbox.write("home/.huggingface/token", "hf_old");
    let store = sandbox.store(&[]);
    store.delete_all_tokens().unwrap();
    assert!(store.get_token().unwrap().is_none() && store.list_tokens().unwrap().is_empty());
    store.delete_all_tokens().unwrap();
}

#[test]
fn a_file_that_python_could_not_read_is_left_alone_and_its_line_named() {
    let sandbox = Sandbox::new();
    let broken = "[laptop]\nhf_token = hf_one\nwhat is this\n";
    sandbox.write(STORED, broken);
    let error = sandbox.store(&[]).add_token("x", &token("hf_x")).unwrap_err().to_string();
    assert!(error.contains("line 3") && !error.contains("what is this"), "{error}");
    assert_eq!(sandbox.read(STORED).unwrap(), broken);
}

#[test]
fn a_file_too_long_to_be_one_of_tokens_is_left_alone() {
    let sandbox = Sandbox::new();
    let long = "# remark\n".repeat(200_000);
    sandbox.write(STORED, &long);
    assert!(sandbox.store(&[]).add_token("x", &token("hf_x")).is_err());
    assert_eq!(sandbox.read(STORED).unwrap().len(), long.len());
}

#[test]
fn names_that_cannot_be_sections_are_refused() {
    for name in ["", "DEFAULT", "a\nb", "a\u{0}"] {
        let sandbox = Sandbox::new();
        let added = sandbox.store(&[]).add_token(name, &token("hf_x"));
        assert!(matches!(added, Err(AuthError::BadName { .. })), "{name:?}");
        assert_eq!(sandbox.read(STORED), None);
    }
}

#[test]
fn two_that_add_at_once_lose_nothing() {
    let sandbox = Sandbox::new();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let store = sandbox.store(&[]);
            scope.spawn(move || store.add_token(&format!("t{thread}"), &token("hf_x")).unwrap());
        }
    });
    assert_eq!(sandbox.store(&[]).list_tokens().unwrap().len(), 8);
}

#[test]
fn a_file_that_others_could_read_becomes_private() {
    let sandbox = Sandbox::new();
    let path = sandbox.write(STORED, TWO);
    set_mode(&path, 0o644);
    sandbox.store(&[]).remove_token("laptop").unwrap();
    assert_eq!(mode(&path), 0o600);
}
