//! What the machine needs for the bytes alone.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Instant;

use sha2::{Digest, Sha256};

use super::content::Content;
use super::{RUNS, Spread};
use crate::Outcome;

const MIB: u64 = 1 << 20;

/// What a plain program needs on this machine for the same bytes as the jobs.
pub(super) fn measure(place: &Path) -> Outcome<String> {
    Ok(format!("{}{}", of_one_gib(place)?, of_folders(place)?))
}

/// For c. and b.: each file is read, and for LFS hashed, before it is sent, by two threads with a socket each.
fn of_folders(place: &Path) -> Outcome<String> {
    let large = files_below(&Content::Lfs(200).made_in(place)?).map_err(failed)?;
    let small = files_below(&Content::Small(5_000).made_in(place)?).map_err(failed)?;
    let large = timed(|| {
        on_two_threads(&large, |file, to| {
            let hash = each_piece(file, 0, u64::MAX, Sha256::new(), |hash, piece| {
                hash.update(piece);
                Ok(())
            })?;
            hash.finalize();
            each_piece(file, 0, u64::MAX, (), |(), piece| to.write_all(piece))
        })
    })?;
    let small = timed(|| {
        on_two_threads(&small, |file, to| {
            let content = fs::read(file)?;
            to.write_all(&content)?;
            // As long as it is in base64.
            to.write_all(content.get(..content.len() / 3).unwrap_or_default())
        })
    })?;
    Ok(format!(
        " For c., hashing each of the 200 files and then sending it, by two threads with a socket each, takes {large:.2} s; for b., \
         reading each of the 5,000 files and sending four bytes for each three, in the same way, {small:.2} s.\n"
    ))
}

/// All files of a folder and its folders.
fn files_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

/// Gives each of two threads every second file, with a socket that another program reads.
fn on_two_threads(
    files: &[PathBuf],
    send: impl Fn(&Path, &mut TcpStream) -> std::io::Result<()> + Sync,
) -> std::io::Result<()> {
    let half = |first: usize| {
        to_a_reader(|to| files.iter().skip(first).step_by(2).try_for_each(|file| send(file, to)))
    };
    both(|| half(0), || half(1))
}

/// Does two things at once.
fn both(
    one: impl FnOnce() -> std::io::Result<()>,
    other: impl FnOnce() -> std::io::Result<()> + Send,
) -> std::io::Result<()> {
    std::thread::scope(|scope| {
        let other = scope.spawn(other);
        one()?;
        joined(other.join())
    })
}

/// What a thread has returned.
fn joined<T>(outcome: std::thread::Result<std::io::Result<T>>) -> std::io::Result<T> {
    outcome.unwrap_or_else(|_| Err(std::io::Error::other("a thread panicked")))
}

fn failed(error: std::io::Error) -> String {
    format!("the floor cannot be measured: {error}")
}

/// The median of some runs, in seconds.
fn timed(work: impl Fn() -> std::io::Result<()>) -> Outcome<f64> {
    let mut seconds = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        work().map_err(failed)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    Ok(Spread::of(seconds).middle)
}

/// What the machine needs for the bytes of 1 GiB alone.
fn of_one_gib(place: &Path) -> Outcome<String> {
    let file = place.join("1024.bin");
    let hash = |from: u64, to: u64| -> std::io::Result<()> {
        each_piece(&file, from, to, Sha256::new(), |hash, piece| {
            hash.update(piece);
            Ok(())
        })
        .map(|hash| {
            let _ = hash.finalize();
        })
    };
    let one = timed(|| hash(0, 1024 * MIB))?;
    let two = timed(|| both(|| hash(0, 512 * MIB), || hash(512 * MIB, 1024 * MIB)))?;
    let send =
        |from, to| to_a_reader(|stream| each_piece(&file, from, to, (), |(), piece| stream.write_all(piece)));
    let put = timed(|| send(0, 1024 * MIB))?;
    let puts = timed(|| both(|| send(0, 512 * MIB), || send(512 * MIB, 1024 * MIB)))?;
    Ok(format!(
        "\nThe floor, on the same machine: sha256 of 1 GiB takes {one:.2} s on one thread and {two:.2} s on two; sending it over one \
         blocking socket to a program that reads it {put:.2} s, over two at once {puts:.2} s. A client that hashes first and sends then \
         needs {:.2} s, in parts {:.2} s.",
        one + put,
        one + puts
    ))
}

/// For e., in seconds: what comes over a socket is written by one thread and hashed by another, and not brought to the medium.
pub(super) fn of_download(source: &Path, target: &Path) -> Outcome<f64> {
    let start = Instant::now();
    plain_get(source, target).map_err(failed)?;
    Ok(start.elapsed().as_secs_f64())
}

/// Receives a file from a thread that sends it.
fn plain_get(source: &Path, target: &Path) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut from = TcpStream::connect(listener.local_addr()?)?;
    let mut file = fs::File::create(target)?;
    // With what it owns: after an error the sender must not wait for a reader.
    std::thread::scope(move |scope| {
        let sender = scope.spawn(move || {
            let (mut to, _) = listener.accept()?;
            each_piece(source, 0, u64::MAX, (), |(), piece| to.write_all(piece))
        });
        let (full, to_hash) = mpsc::sync_channel::<Vec<u8>>(4);
        let (hashed, empty) = mpsc::channel();
        let hasher = scope.spawn(move || {
            let mut hash = Sha256::new();
            for piece in to_hash {
                hash.update(&piece);
                // The other thread may be done.
                let _ = hashed.send(piece);
            }
            hash.finalize()
        });
        loop {
            let mut piece = empty.try_recv().unwrap_or_default();
            piece.resize(256 << 10, 0);
            let count = from.read(&mut piece)?;
            if count == 0 {
                break;
            }
            piece.truncate(count);
            file.write_all(&piece)?;
            full.send(piece).map_err(std::io::Error::other)?;
        }
        drop(full);
        joined(hasher.join().map(Ok))?;
        joined(sender.join())
    })
}

/// Opens a socket to a thread that reads everything, and waits until it has.
fn to_a_reader(send: impl FnOnce(&mut TcpStream) -> std::io::Result<()>) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut stream = TcpStream::connect(listener.local_addr()?)?;
    let receiver = std::thread::spawn(move || -> std::io::Result<()> {
        let (mut from, _) = listener.accept()?;
        let mut buffer = vec![0; 1 << 20];
        while from.read(&mut buffer)? > 0 {}
        from.write_all(b"done")
    });
    send(&mut stream)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    stream.read_to_end(&mut Vec::new())?;
    joined(receiver.join())
}

fn each_piece<T>(
    file: &Path,
    from: u64,
    to: u64,
    mut state: T,
    mut work: impl FnMut(&mut T, &[u8]) -> std::io::Result<()>,
) -> std::io::Result<T> {
    use std::io::{Seek, SeekFrom};
    let mut source = fs::File::open(file)?;
    source.seek(SeekFrom::Start(from))?;
    let mut source = source.take(to.saturating_sub(from));
    let mut buffer = vec![0; 1 << 20];
    loop {
        match source.read(&mut buffer)? {
            0 => return Ok(state),
            count => work(&mut state, buffer.get(..count).unwrap_or_default())?,
        }
    }
}
