//! What the machine needs for the bytes alone.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Instant;

use sha2::{Digest, Sha256};

use super::{RUNS, Spread};
use crate::Outcome;

const MIB: u64 = 1 << 20;

/// What the machine needs for the bytes of 1 GiB alone.
pub(super) fn of_one_gib(place: &Path) -> Outcome<String> {
    let file = place.join("1024.bin");
    let fail = |error: std::io::Error| format!("the floor cannot be measured: {error}");
    let hash = |from: u64, to: u64| -> std::io::Result<()> {
        each_piece(&file, from, to, Sha256::new(), |hash, piece| {
            hash.update(piece);
            Ok(())
        })
        .map(|hash| {
            let _ = hash.finalize();
        })
    };
    let timed = |work: &dyn Fn() -> std::io::Result<()>| -> Outcome<f64> {
        let mut seconds = Vec::new();
        for _ in 0..RUNS {
            let start = Instant::now();
            work().map_err(fail)?;
            seconds.push(start.elapsed().as_secs_f64());
        }
        Ok(Spread::of(seconds).middle)
    };
    let one = timed(&|| hash(0, 1024 * MIB))?;
    let two = timed(&|| {
        std::thread::scope(|scope| {
            let other = scope.spawn(|| hash(512 * MIB, 1024 * MIB));
            hash(0, 512 * MIB)?;
            other.join().unwrap_or_else(|_| Err(std::io::Error::other("a thread panicked")))
        })
    })?;
    let put = timed(&|| plain_put(&file))?;
    Ok(format!(
        "\nThe floor, on the same machine: sha256 of 1 GiB takes {one:.2} s on one thread and {two:.2} s on two; sending it over one \
         blocking socket to a program that reads it {put:.2} s. A client that hashes first and sends then needs {:.2} s.\n",
        one + put
    ))
}

/// Sends a file to a thread that reads it.
fn plain_put(file: &Path) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut stream = TcpStream::connect(listener.local_addr()?)?;
    let receiver = std::thread::spawn(move || -> std::io::Result<()> {
        let (mut from, _) = listener.accept()?;
        let mut buffer = vec![0; 1 << 20];
        while from.read(&mut buffer)? > 0 {}
        from.write_all(b"done")
    });
    each_piece(file, 0, u64::MAX, (), |(), piece| stream.write_all(piece))?;
    stream.shutdown(std::net::Shutdown::Write)?;
    stream.read_to_end(&mut Vec::new())?;
    receiver.join().unwrap_or_else(|_| Err(std::io::Error::other("a thread panicked")))
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
    let mut source = source.take(to - from);
    let mut buffer = vec![0; 1 << 20];
    loop {
        match source.read(&mut buffer)? {
            0 => return Ok(state),
            count => work(&mut state, buffer.get(..count).unwrap_or_default())?,
        }
    }
}
