//! A test for each documented method, asynchronous and blocking: one macro holds the steps, and both modes run them.
//!
//! The repositories are private and the client has the token of a stranger, so a call that works has sent the token that it
//! was given.

/// Calls a method by the Python names of its arguments: those of setters compile only if they exist, those of positional
/// arguments are labels. All are noted for [`check`](crate::called::check).
macro_rules! made {
    ($api:ident . $method:ident ( $($argument:ident = $value:expr),* ) $( . $setter:ident ( $($set:expr),* ) )*) => {{
        crate::called::note(stringify!($method), &[$(stringify!($argument),)* $(stringify!($setter),)*]);
        $api.$method($($value),*)$(.$setter($($set),*))*
    }};
}
/// Runs a call asynchronously; [`awaited_all`] collects a listing, [`awaited_error`] expects a failure.
macro_rules! awaited {
    (all $($call:tt)*) => { made!($($call)*).all().await.unwrap() };
    (error $($call:tt)*) => { made!($($call)*).await.unwrap_err() };
    ($($call:tt)*) => { made!($($call)*).await.unwrap() };
}
/// As [`awaited`], blocking.
macro_rules! sent {
    (all $($call:tt)*) => { made!($($call)*).all().unwrap() };
    (error $($call:tt)*) => { made!($($call)*).send().unwrap_err() };
    ($($call:tt)*) => { made!($($call)*).send().unwrap() };
}

/// Makes two tests of each macro, and the list of their names. `when` says whether a test, named by its path, is to run.
macro_rules! both_ways {
    ($($method:ident)*) => { both_ways! { when |_| true; $($method)* } };
    (when $when:expr; $($method:ident)*) => {
        /// The methods that are tested here.
        pub(crate) const TESTED: &[&str] = &[$(stringify!($method)),*];
        $(mod $method {
            #[allow(unused_imports, reason = "a method without arguments uses nothing")]
            use super::*;

            #[tokio::test]
            async fn asynchronous() {
                let when: fn(&str) -> bool = $when;
                if when(concat!(module_path!(), "::asynchronous")) {
                    let api = crate::stranger(&crate::hub());
                    $method!(api, awaited);
                    crate::called::check(stringify!($method));
                }
            }

            #[test]
            fn blocking() {
                let when: fn(&str) -> bool = $when;
                if when(concat!(module_path!(), "::blocking")) {
                    let api = crate::stranger(&crate::hub()).blocking();
                    $method!(api, sent);
                    crate::called::check(stringify!($method));
                }
            }
        })*
    };
}

/// Makes the private model `ada/demo`.
macro_rules! private_demo {
    ($api:ident, $run:ident) => {
        $run!($api.create_repo(repo_id = "ada/demo").private(true).token(ADA))
    };
}

/// Adds a file to the model `ada/demo`.
macro_rules! add_file {
    ($api:ident, $run:ident, $path:expr, $content:expr) => {
        $run!(
            $api.upload_file(path_or_fileobj = &$content[..], path_in_repo = $path, repo_id = "ada/demo")
                .token(ADA)
        )
    };
}

pub(crate) mod accounts;
pub(crate) mod commits;
pub(crate) mod discussions;
pub(crate) mod git_credentials;
pub(crate) mod info;
pub(crate) mod refs;
pub(crate) mod repos;
pub(crate) mod search;
pub(crate) mod spaces;
