//! Concurrent use: a reader sees an old or a new token, whole.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use hub_auth::Token;

use crate::sandbox::{Sandbox, names};

/// Tokens of very different lengths, made of one letter each, so that a mixture or a part shows.
fn text(writer: usize, round: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(writer).unwrap());
    letter.to_string().repeat(1 + (writer * 200 + round) * 7 % 9000)
}

fn is_whole(found: &str) -> bool {
    let Some(first) = found.bytes().next() else { return false };
    let writer = usize::from(first - b'a');
    found.bytes().all(|b| b == first) && (0..200).any(|round| text(writer, round).len() == found.len())
}

#[test]
fn f86_sixteen_writers_never_give_a_torn_read() {
    let sandbox = Sandbox::new();
    let store = sandbox.store(&[]);
    store.save_token(&Token::new(text(0, 0)).unwrap()).unwrap();
    let writing = AtomicBool::new(true);
    let reads = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0_u32;
            while writing.load(Ordering::Relaxed) {
                let found = store.get_token().unwrap().expect("the file is never missing");
                assert!(is_whole(found.reveal()), "torn: {} bytes", found.reveal().len());
                reads += 1;
            }
            reads
        });
        let writers: Vec<_> = (0..16)
            .map(|writer| {
                let store = &store;
                scope.spawn(move || {
                    for round in 0..200 {
                        store.save_token(&Token::new(text(writer, round)).unwrap()).unwrap();
                    }
                })
            })
            .collect();
        let results: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        writing.store(false, Ordering::Relaxed);
        assert!(results.iter().all(Result::is_ok));
        reader.join().unwrap()
    });
    assert!(reads > 0);
    assert_eq!(names(store.token_path().unwrap().parent().unwrap()), ["token"]);
}

#[test]
fn readers_that_all_copy_the_old_token_agree() {
    let sandbox = Sandbox::new();
    sandbox.write("home/.huggingface/token", "hf_old");
    let store = sandbox.store(&[]);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| assert_eq!(store.get_token().unwrap().unwrap().reveal(), "hf_old"));
        }
    });
    assert_eq!(names(store.token_path().unwrap().parent().unwrap()), ["token"]);
}

#[test]
fn copying_the_old_token_never_replaces_a_new_one() {
    for _ in 0..50 {
        let sandbox = Sandbox::new();
        sandbox.write("home/.huggingface/token", "hf_old");
        let store = sandbox.store(&[]);
        thread::scope(|scope| {
            scope.spawn(|| store.get_token().unwrap());
            scope.spawn(|| store.save_token(&Token::new("hf_new").unwrap()).unwrap());
        });
        assert_eq!(store.get_token().unwrap().unwrap().reveal(), "hf_new");
    }
}
