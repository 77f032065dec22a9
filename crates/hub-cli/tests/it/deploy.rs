//! The examples of how `hub serve` is set up on a machine.

use std::{fs, path::Path, process::Command};

use rcgen::{CertificateParams, KeyPair};

use crate::crash::Served;

fn example(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/deploy");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// Starts the words of a command with `hub` at their head, on a free port, with this folder as the root of what they name.
fn starts(home: &Path, words: &[String]) -> Served {
    let root = home.display().to_string();
    let words: Vec<String> = words
        .iter()
        .skip(1)
        .map(|word| match word.as_str() {
            "0.0.0.0:443" | "0.0.0.0:8080" => "127.0.0.1:0".to_owned(),
            path if path.starts_with('/') => format!("{root}{path}"),
            other => other.to_owned(),
        })
        .collect();
    Served::start_args(home, &words.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn the_service_starts_with_the_command_that_its_file_says() {
    let home = tempfile::tempdir().unwrap();
    let unit = example("hub.service").replace("\\\n", " ");
    let command = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    assert_eq!(words[0], "/usr/local/bin/hub");
    for folder in ["etc/hub", "var/lib", "var/log/hub"] {
        fs::create_dir_all(home.path().join(folder)).unwrap();
    }
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    fs::write(home.path().join("etc/hub/tls.pem"), certificate.pem()).unwrap();
    fs::write(home.path().join("etc/hub/tls.key"), key.serialize_pem()).unwrap();
    let served = starts(home.path(), &words);
    assert!(served.url.starts_with("https://"));
    assert!(home.path().join("var/log/hub/audit.jsonl").exists());
    served.kill();
    // What systemd itself thinks of it, where there is one. It misses the program and the manual only.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/deploy/hub.service");
    if let Ok(output) = Command::new("systemd-analyze").arg("verify").arg(folder).output() {
        let said = String::from_utf8_lossy(&output.stderr);
        let strange = said.lines().filter(|line| line.contains("hub.service"));
        let strange: Vec<_> = strange
            .filter(|line| {
                !line.contains("/usr/local/bin/hub is not executable") && !line.contains("man hub")
            })
            .collect();
        assert!(strange.is_empty(), "{strange:?}");
    }
}

#[test]
fn the_container_starts_with_the_command_that_its_file_says() {
    let home = tempfile::tempdir().unwrap();
    let file = example("Containerfile");
    let line = file.lines().find_map(|line| line.strip_prefix("ENTRYPOINT ")).unwrap();
    let words: Vec<String> = serde_json::from_str(line).unwrap();
    assert_eq!(words[0], "hub");
    let served = starts(home.path(), &words);
    assert!(home.path().join("data/hub.db").exists());
    served.kill();
}

#[test]
fn the_page_makes_every_folder_that_its_command_and_the_service_use() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/serving.md");
    let page = fs::read_to_string(page).unwrap().replace("\\\n", " ");
    let made: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("install --directory "))
        .flat_map(|line| line.split_whitespace().filter(|word| word.starts_with('/')))
        .collect();
    // A home that is made has files of its own in it.
    assert!(page.contains("useradd ") && !page.contains(" --create-home"));
    let unit = example("hub.service").replace("\\\n", " ");
    let commands = page.lines().find(|line| line.starts_with("hub serve ")).into_iter();
    for command in
        commands.chain(unit.lines().filter_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/")))
    {
        assert!(command.starts_with("hub serve --listen"), "{command}");
        let words: Vec<&str> = command.split_whitespace().collect();
        for pair in words.windows(2).filter(|pair| pair[1].starts_with('/')) {
            let path = Path::new(pair[1]);
            let folder = if pair[0] == "--data" { path } else { path.parent().unwrap() };
            assert!(made.contains(&folder.to_str().unwrap()), "{} is not made: {made:?}", folder.display());
        }
    }
}
