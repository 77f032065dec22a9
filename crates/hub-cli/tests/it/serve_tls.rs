//! `hub serve` with TLS, and the addresses that it can be known by.

use std::{fs, path::Path, process::Command, time::Duration};

use hub_api::{HfApi, transport::Tls};
use rcgen::{CertificateParams, KeyPair};

use crate::{
    crash::{SEED, Served},
    place::{Place, hub, text},
};

/// Writes a certificate for 127.0.0.1 and its key; gives the certificate in PEM.
fn write_pair(folder: &Path) -> String {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    fs::write(folder.join("cert.pem"), &pem).unwrap();
    fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    pem
}

fn client(url: &str, pem: &str) -> HfApi {
    let once = hub_api::transport::RetryConfig::none();
    let tls = Tls::only(pem.as_bytes()).unwrap();
    HfApi::builder().endpoint(url).token("hf_ada_write").tls(tls).retry(once).build().unwrap()
}

#[tokio::test]
async fn a_hub_speaks_tls_to_its_clients_and_to_others_and_reads_its_certificate_again() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("seed.toml"), SEED).unwrap();
    let first = write_pair(home.path());
    fs::copy(home.path().join("cert.pem"), home.path().join("first.pem")).unwrap();
    let served = Served::start_with(home.path(), &["--tls-cert", "cert.pem", "--tls-key", "key.pem"]);
    assert!(served.url.starts_with("https://127.0.0.1:"), "{}", served.url);
    assert_eq!(client(&served.url, &first).whoami().await.unwrap().name, "ada");
    // A client that is not ours, where there is one.
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--cacert", "first.pem", &format!("{}/healthz", served.url)]);
    if let Ok(output) = curl.current_dir(home.path()).output() {
        assert_eq!(text(&output.stdout), "ok\n", "{}", text(&output.stderr));
    }
    #[cfg(unix)]
    {
        let log = || fs::read_to_string(home.path().join("serve.log")).unwrap();
        let told = async |what: &str| {
            served.signal("HUP");
            for _ in 0..400 {
                if log().contains(what) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            panic!("{what:?} is not in {}", log());
        };
        let second = write_pair(home.path());
        told("the certificate was read again").await;
        assert!(client(&served.url, &first).whoami().await.is_err());
        assert_eq!(client(&served.url, &second).whoami().await.unwrap().name, "ada");
        fs::write(home.path().join("key.pem"), "nonsense").unwrap();
        told("the certificate from before is used on").await;
        assert_eq!(client(&served.url, &second).whoami().await.unwrap().name, "ada");
    }
    served.kill();
}

#[test]
fn what_cannot_be_served_is_said_before_anything_is_made() {
    let place = Place::new();
    let home = place.home.path();
    let all = ["serve", "--listen", "0.0.0.0:0", "--allow-remote", "--data", "data"];
    let here = ["serve", "--listen", "127.0.0.1:0", "--data", "data"];
    let cases: [(&[&str], &[&str], i32, &str); 5] = [
        (&all, &[], 2, "name the one that they know with --public-url"),
        (&all, &["--public-url", "hub.example.org"], 2, "--public-url \"hub.example.org\" cannot be used"),
        (&here, &["--public-url", "https://hub.example.org/?a=b"], 2, "must not have"),
        (&here, &["--tls-cert", "cert.pem"], 2, "--tls-key"),
        (&here, &["--tls-cert", "cert.pem", "--tls-key", "key.pem"], 1, "cert.pem cannot be used for TLS"),
    ];
    for (line, more, code, said) in cases {
        let output = hub(home).args(line).args(more).output().unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{more:?}: {stderr}");
        assert!(stderr.contains(said), "{more:?}: {stderr}");
        assert!(!home.join("data").exists(), "{more:?}");
    }
}
