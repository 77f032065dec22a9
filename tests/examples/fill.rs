//! Fills the data folder of a hub for `cargo xtask bench server`: `fill DIR FILES COMMITS PULL_REQUESTS REPOSITORIES WRITERS`.

use std::{
    io::{BufWriter, Write},
    path::Path,
    process::{Command, Stdio},
};

use hub_server::{EmbeddedHub, TokenRole, testing};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dir, numbers @ ..] = arguments.as_slice() else { return Err("name a folder".into()) };
    let numbers: Vec<u64> = numbers.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    let [files, commits, pull_requests, repos, writers] = numbers.as_slice() else {
        return Err("five numbers are needed".into());
    };
    let mut builder = EmbeddedHub::open(dir).token("ada", "hf_ada_bench", TokenRole::Write);
    for name in ["files", "history", "template"] {
        builder = builder.repo(&format!("ada/{name}"));
    }
    for number in 0..*writers {
        builder = builder.repo(&format!("ada/w{number}"));
    }
    let hub = builder.build()?;
    let git_dir = |name: &str| -> Outcome<_> {
        Ok(hub.git_dir(&format!("models/ada/{name}").parse()?)?.ok_or("it was not made")?)
    };
    import(&git_dir("files")?, |out| {
        commit(out, "refs/heads/main", 1_700_000_000, Some("refs/heads/main^0"))?;
        for number in 0..*files {
            let content = format!("{number}\n");
            writeln!(out, "M 100644 inline d{:03}/f{number:07}.txt", number % 1_000)?;
            write!(out, "data {}\n{content}\n", content.len())?;
        }
        Ok(())
    })?;
    import(&git_dir("history")?, |out| {
        for number in 0..*commits {
            let from = (number == 0).then_some("refs/heads/main^0");
            commit(out, "refs/heads/main", 1_700_000_000 + number, from)?;
            let content = format!("{number}\n");
            write!(out, "M 100644 inline f{}.txt\ndata {}\n{content}\n", number % 100, content.len())?;
        }
        for number in 1..=*pull_requests {
            let full_name = format!("refs/pr/{number}");
            commit(out, &full_name, 1_800_000_000 + number, Some("refs/heads/main^0"))?;
            let content = format!("{number}\n");
            write!(out, "M 100644 inline pr{number}.txt\ndata {}\n{content}\n", content.len())?;
        }
        Ok(())
    })?;
    testing::fill(
        &hub,
        &"models/ada/history".parse()?,
        *pull_requests,
        &"models/ada/template".parse()?,
        *repos,
    )?;
    Ok(())
}

/// The head of a commit in the language of `git fast-import`.
fn commit(out: &mut impl Write, branch: &str, time: u64, from: Option<&str>) -> std::io::Result<()> {
    write!(out, "commit {branch}\ncommitter ada <ada@localhost> {time} +0000\ndata 6\nchange\n")?;
    from.map_or(Ok(()), |from| writeln!(out, "from {from}"))
}

fn import(
    repo: &Path,
    write: impl FnOnce(&mut BufWriter<std::process::ChildStdin>) -> std::io::Result<()>,
) -> Outcome {
    let mut git = Command::new("git");
    git.arg("--git-dir").arg(repo).args(["fast-import", "--quiet", "--force"]).stdin(Stdio::piped());
    let mut child = git.spawn()?;
    let mut out = BufWriter::new(child.stdin.take().ok_or("git has no input")?);
    write(&mut out)?;
    out.flush()?;
    drop(out);
    let imported = child.wait()?.success();
    let packed =
        Command::new("git").arg("--git-dir").arg(repo).args(["pack-refs", "--all"]).status()?.success();
    if imported && packed { Ok(()) } else { Err("git failed".into()) }
}
