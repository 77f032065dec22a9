//! What git's own helper has after a token was given to it, in a home folder that exists for the test only.

use hub_auth::{AuthError, GitCredential, Token};

use crate::sandbox::Sandbox;

const HUB: &str = "http://127.0.0.1:8080";
const KEPT: &str = "home/.git-credentials";

fn git(sandbox: &Sandbox, config: &str) -> GitCredential {
    let config = sandbox.write("home/config", config);
    GitCredential::new(HUB)
        .unwrap()
        .env("HOME", sandbox.path("home"))
        .env("XDG_CONFIG_HOME", sandbox.path("home"))
        .env("GIT_CONFIG_GLOBAL", config)
        .env("GIT_CONFIG_NOSYSTEM", "1")
}

const STORE: &str = "[credential]\nhelper = store\n";

#[test]
fn a_token_is_given_to_the_helper_and_taken_back() {
    let sandbox = Sandbox::new();
    let git = git(&sandbox, STORE);
    for token in ["hf_first", "hf_second"] {
        git.approve(&Token::new(token).unwrap()).unwrap();
        assert_eq!(sandbox.read(KEPT).unwrap(), format!("http://hf_user:{token}@127.0.0.1%3a8080\n"));
    }
    git.reject().unwrap();
    assert_eq!(sandbox.read(KEPT).unwrap(), "");
    git.reject().unwrap();
}

#[test]
fn a_helper_of_this_host_alone_is_found() {
    let sandbox = Sandbox::new();
    let own = git(&sandbox, &format!("[credential \"{HUB}\"]\nhelper = store\n"));
    assert!(own.has_helper().unwrap());
    let other = git(&sandbox, "[credential \"https://example.org\"]\nhelper = store\n");
    assert!(!other.has_helper().unwrap());
}

#[test]
fn without_a_helper_nothing_is_given_and_the_error_says_what_to_do() {
    let sandbox = Sandbox::new();
    let error = git(&sandbox, "").approve(&Token::new("hf_canary").unwrap()).unwrap_err().to_string();
    assert!(error.contains("git config --global credential.helper") && !error.contains("canary"), "{error}");
    assert_eq!(sandbox.read(KEPT), None);
}

#[test]
fn no_helper_sees_the_token_anywhere_but_in_its_input() {
    let sandbox = Sandbox::new();
    let seen = sandbox.path("seen");
    let helper =
        format!("!f() {{ cat > /dev/null; echo \\\"$@\\\" >> {0}; env >> {0}; }}; f", seen.display());
    git(&sandbox, &format!("[credential]\nhelper = \"{helper}\"\n"))
        .approve(&Token::new("hf_canary").unwrap())
        .unwrap();
    let seen = sandbox.read("seen").unwrap();
    assert!(seen.contains("store") && !seen.contains("canary"), "{seen}");
}

#[test]
fn a_missing_git_is_named() {
    let sandbox = Sandbox::new();
    let error = git(&sandbox, STORE).env("PATH", sandbox.path("home")).reject().unwrap_err();
    assert!(matches!(error, AuthError::Git { .. }));
    assert!(error.to_string().contains("git is not installed"), "{error}");
}

#[test]
fn a_url_that_would_say_more_to_git_is_refused() {
    for endpoint in ["local:./data", "https://h\npassword=x", ""] {
        assert!(GitCredential::new(endpoint).is_err(), "{endpoint:?}");
    }
}
