//! Which token is found, over environments and files.

use hub_auth::{AuthError, TokenOrigin};

use crate::sandbox::Sandbox;

enum Found {
    /// The token of this variable.
    Env(&'static str, &'static str),
    /// The token of this file.
    File(&'static str, &'static str),
    Nothing,
    /// The named thing is refused.
    Refused(&'static str),
}
use Found::{Env, File, Nothing, Refused};

type Pairs = &'static [(&'static str, &'static str)];

const DEFAULT: &str = "home/.cache/huggingface/token";
const LEGACY: &str = "home/.huggingface/token";

/// Variables, files, and what is found.
#[rustfmt::skip]
const ROWS: &[(Pairs, Pairs, Found)] = &[
    // Nothing, and each source alone.
    (&[], &[], Nothing),
    (&[("HF_TOKEN", "a")], &[], Env("HF_TOKEN", "a")),
    (&[("HUGGING_FACE_HUB_TOKEN", "b")], &[], Env("HUGGING_FACE_HUB_TOKEN", "b")),
    (&[], &[(DEFAULT, "c")], File(DEFAULT, "c")),
    (&[], &[(LEGACY, "d")], File(DEFAULT, "d")),
    // Pairs in order.
    (&[("HF_TOKEN", "a"), ("HUGGING_FACE_HUB_TOKEN", "b")], &[], Env("HF_TOKEN", "a")),
    (&[("HF_TOKEN", "a")], &[(DEFAULT, "c")], Env("HF_TOKEN", "a")),
    (&[("HF_TOKEN", "a")], &[(LEGACY, "d")], Env("HF_TOKEN", "a")),
    (&[("HUGGING_FACE_HUB_TOKEN", "b")], &[(DEFAULT, "c")], Env("HUGGING_FACE_HUB_TOKEN", "b")),
    (&[("HUGGING_FACE_HUB_TOKEN", "b")], &[(LEGACY, "d")], Env("HUGGING_FACE_HUB_TOKEN", "b")),
    (&[], &[(DEFAULT, "c"), (LEGACY, "d")], File(DEFAULT, "c")),
    (&[("HF_TOKEN", "a"), ("HUGGING_FACE_HUB_TOKEN", "b")], &[(DEFAULT, "c"), (LEGACY, "d")], Env("HF_TOKEN", "a")),
    // Empty and blank values count as unset.
    (&[("HF_TOKEN", "")], &[], Nothing),
    (&[("HF_TOKEN", "")], &[(DEFAULT, "c")], File(DEFAULT, "c")),
    (&[("HF_TOKEN", "")], &[(LEGACY, "d")], File(DEFAULT, "d")),
    (&[("HF_TOKEN", ""), ("HUGGING_FACE_HUB_TOKEN", "b")], &[(DEFAULT, "c")], Env("HUGGING_FACE_HUB_TOKEN", "b")),
    (&[("HF_TOKEN", " \n"), ("HUGGING_FACE_HUB_TOKEN", "b")], &[], Env("HUGGING_FACE_HUB_TOKEN", "b")),
    (&[("HF_TOKEN", "\r\n"), ("HUGGING_FACE_HUB_TOKEN", "")], &[(DEFAULT, "c")], File(DEFAULT, "c")),
    (&[], &[(DEFAULT, "")], Nothing),
    (&[], &[(DEFAULT, " \n"), (LEGACY, "d")], Nothing),
    (&[], &[(LEGACY, "\n")], Nothing),
    // Cleaning.
    (&[("HF_TOKEN", " a\r\n")], &[], Env("HF_TOKEN", "a")),
    (&[], &[(DEFAULT, "c\n")], File(DEFAULT, "c")),
    (&[], &[(DEFAULT, "  c\r\nc \n")], File(DEFAULT, "cc")),
    (&[], &[(LEGACY, "d\n")], File(DEFAULT, "d")),
    // Broken values are refused, and not passed over.
    (&[("HF_TOKEN", "a\u{1}b")], &[(DEFAULT, "c")], Refused("HF_TOKEN")),
    (&[("HF_TOKEN", "a b"), ("HUGGING_FACE_HUB_TOKEN", "b")], &[], Refused("HF_TOKEN")),
    (&[("HUGGING_FACE_HUB_TOKEN", "é")], &[(DEFAULT, "c")], Refused("HUGGING_FACE_HUB_TOKEN")),
    (&[("HF_TOKEN", "a"), ("HUGGING_FACE_HUB_TOKEN", "b\tb")], &[], Env("HF_TOKEN", "a")),
    (&[], &[(DEFAULT, "c\u{7f}c")], Refused(DEFAULT)),
    (&[], &[(LEGACY, "d d")], Refused(LEGACY)),
    // Where the file is.
    (&[("HF_TOKEN_PATH", "@/my")], &[("my", "e"), (DEFAULT, "c")], File("my", "e")),
    (&[("HF_TOKEN_PATH", "@/my"), ("HF_HOME", "@/h")], &[("my", "e"), ("h/token", "f")], File("my", "e")),
    (&[("HF_TOKEN_PATH", "@/my")], &[(DEFAULT, "c")], Nothing),
    (&[("HF_TOKEN_PATH", "@/my")], &[(LEGACY, "d")], File("my", "d")),
    (&[("HF_TOKEN_PATH", "@/my"), ("HF_TOKEN", "a")], &[("my", "e")], Env("HF_TOKEN", "a")),
    (&[("HF_TOKEN_PATH", "")], &[(DEFAULT, "c")], File(DEFAULT, "c")),
    (&[("HF_HOME", "@/h")], &[("h/token", "f"), (DEFAULT, "c")], File("h/token", "f")),
    (&[("HF_HOME", "@/h"), ("XDG_CACHE_HOME", "@/x")], &[("h/token", "f"), ("x/huggingface/token", "g")], File("h/token", "f")),
    (&[("HF_HOME", "")], &[(DEFAULT, "c")], File(DEFAULT, "c")),
    (&[("XDG_CACHE_HOME", "@/x")], &[("x/huggingface/token", "g"), (DEFAULT, "c")], File("x/huggingface/token", "g")),
    (&[("XDG_CACHE_HOME", "")], &[(DEFAULT, "c")], File(DEFAULT, "c")),
    (&[("XDG_CACHE_HOME", "@/x")], &[(LEGACY, "d")], File("x/huggingface/token", "d")),
    // `~` and variables in paths.
    (&[("HF_TOKEN_PATH", "~/my")], &[("home/my", "e")], File("home/my", "e")),
    (&[("HF_HOME", "~/h")], &[("home/h/token", "f")], File("home/h/token", "f")),
    (&[("HF_HOME", "$PLACE/h"), ("PLACE", "@/p")], &[("p/h/token", "f")], File("p/h/token", "f")),
    (&[("HF_TOKEN_PATH", "${HF_HOME}/../my"), ("HF_HOME", "@/home")], &[("my", "e")], File("home/../my", "e")),
    (&[("XDG_CACHE_HOME", "~/$SUB"), ("SUB", "s")], &[("home/s/huggingface/token", "g")], File("home/s/huggingface/token", "g")),
    // The test Hub has a place of its own.
    (&[("HUGGINGFACE_CO_STAGING", "1")], &[(DEFAULT, "c"), (LEGACY, "d")], Nothing),
    (&[("HUGGINGFACE_CO_STAGING", "yes"), ("HF_HOME", "@/h")], &[("home/.cache/huggingface_staging/token", "s"), ("h/token", "f")],
        File("home/.cache/huggingface_staging/token", "s")),
    (&[("HUGGINGFACE_CO_STAGING", "0")], &[(DEFAULT, "c")], File(DEFAULT, "c")),
    // No home folder.
    (&[("HOME", "")], &[], Nothing),
    (&[("HOME", ""), ("HF_TOKEN", "a")], &[], Env("HF_TOKEN", "a")),
    (&[("HOME", ""), ("HF_HOME", "@/h")], &[("h/token", "f")], File("h/token", "f")),
];

#[test]
fn the_first_source_that_has_a_token_wins() {
    assert!(ROWS.len() >= 40);
    for (row, (variables, files, found)) in ROWS.iter().enumerate() {
        let sandbox = Sandbox::new();
        for (path, content) in *files {
            sandbox.write(path, content);
        }
        let result = sandbox.store(variables).get_token();
        let context = format!("row {row}: {variables:?} {files:?}: {result:?}");
        let token =
            |result: Result<Option<hub_auth::Token>, AuthError>| result.ok().flatten().expect(&context);
        match found {
            Nothing => assert!(matches!(result, Ok(None)), "{context}"),
            Refused(what) => assert!(result.expect_err(&context).to_string().contains(what), "{context}"),
            Env(name, text) => {
                let token = token(result);
                assert_eq!(
                    (token.reveal(), token.source()),
                    (*text, &TokenOrigin::Env((*name).into())),
                    "{context}"
                );
            }
            File(path, text) => {
                let token = token(result);
                assert_eq!(
                    (token.reveal(), token.source()),
                    (*text, &TokenOrigin::File(sandbox.path(path))),
                    "{context}"
                );
            }
        }
    }
}

#[test]
fn the_switch_against_implicit_tokens_holds_back_the_stored_one_until_it_is_asked_for() {
    for (switch, sent) in [("1", None), ("true", None), ("0", Some("c")), ("", Some("c"))] {
        let sandbox = Sandbox::new();
        sandbox.write(DEFAULT, "c");
        let store = sandbox.store(&[("HF_HUB_DISABLE_IMPLICIT_TOKEN", switch)]);
        assert_eq!(crate::plain::revealed(&store).as_deref(), sent, "{switch}");
        assert_eq!(store.require_token().unwrap().reveal(), "c");
    }
}

#[test]
fn a_required_token_that_is_missing_is_an_error_that_says_what_to_do() {
    let error = Sandbox::new().store(&[]).require_token().unwrap_err();
    assert!(matches!(error, AuthError::Required));
    assert!(error.to_string().contains("hub auth login"));
}

#[test]
fn a_token_that_is_not_text_is_refused_by_the_name_of_its_file() {
    let sandbox = Sandbox::new();
    let path = sandbox.write(DEFAULT, b"hf_\xff");
    let error = sandbox.store(&[]).get_token().unwrap_err().to_string();
    assert!(error.contains(path.to_str().unwrap()) && error.contains("not text"), "{error}");
}

#[test]
fn a_huge_file_is_refused_without_being_read_whole() {
    let sandbox = Sandbox::new();
    sandbox.write(DEFAULT, vec![b'a'; 4 << 20]);
    let error = sandbox.store(&[]).get_token().unwrap_err().to_string();
    assert!(error.contains("longer than"), "{error}");
}
