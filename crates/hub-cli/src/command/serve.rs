//! `hub serve`

use std::time::Duration;

use hub_server::{DiscardLfs, EmbeddedHub, Fault, Port, Seed};

use crate::{
    args::{Discard, Serve},
    console,
    failure::{Code, Failure},
    stop::stopped,
    words::chain,
};

pub(crate) async fn run(args: Serve) -> Result<(), Failure> {
    if !args.listen.ip().is_loopback() && !args.allow_remote {
        let text = format!(
            "{} can be reached from other machines: add --allow-remote if that is meant",
            args.listen
        );
        return Err(Failure::new(Code::Usage, text));
    }
    let mut hub = EmbeddedHub::open(&args.data);
    if let Some(how) = args.discard_lfs {
        hub = hub.discard_lfs(match how {
            Discard::Checked => DiscardLfs::Checked,
            Discard::Unchecked => DiscardLfs::Unchecked,
        });
    }
    if args.latency > 0 {
        hub = hub.fault(Fault::latency(Duration::from_millis(args.latency)).times(usize::MAX));
    }
    if let Some(file) = &args.seed {
        let seed = Seed::from_file(file).map_err(|error| Failure::other("cannot apply the seed", error))?;
        hub = hub.seed(seed);
    }
    if let Some(file) = &args.secret_key_file {
        hub = hub.secret_key_file(file);
    }
    if let Some(url) = &args.public_url {
        hub = hub.public_url(url);
    }
    // The port comes first: nothing is made for a server that cannot be.
    let port = Port::take(args.listen).await.map_err(|error| Failure::new(Code::Failed, chain(&error)))?;
    if args.seed.is_none() && !args.data.exists() {
        tracing::warn!("nobody can log in: --seed FILE adds users and their tokens");
    }
    let hub =
        hub.build().map_err(|error| Failure::other(format!("cannot open {}", args.data.display()), error))?;
    let server = port
        .serve(hub)
        .trusted_proxies(args.trusted_proxy)
        .shutdown_timeout(Duration::from_secs(args.shutdown_timeout));
    console::result(&format!("listening on http://{}", server.local_addr()))?;
    server.run(stopped()).await;
    Ok(())
}
