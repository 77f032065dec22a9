//! `hub serve`

use std::time::Duration;

use hub_server::{AuditLog, DiscardLfs, EmbeddedHub, Fault, OpenError, Port, Seed, ServerTls};

use crate::{
    args::{Discard, Serve},
    console,
    failure::{Code, Failure},
    stop::stopped,
    words::chain,
};

/// The database that is named by the flag or by the environment, where a password is in no list of processes.
pub(crate) fn database(named: Option<String>) -> Option<String> {
    named.or_else(|| std::env::var("HUB_DATABASE").ok()).filter(|url| !url.is_empty())
}

/// Serves a folder, with Xet or without.
pub(crate) async fn run(args: Serve, xet: bool) -> Result<(), Failure> {
    if !args.listen.ip().is_loopback() && !args.allow_remote {
        let text = format!(
            "{} can be reached from other machines: add --allow-remote if that is meant",
            args.listen
        );
        return Err(Failure::new(Code::Usage, text));
    }
    if args.listen.ip().is_unspecified() && args.public_url.is_none() {
        let text = format!(
            "{} stands for every address of this machine and is in no URL that others can use: name the one that they know with --public-url",
            args.listen.ip()
        );
        return Err(Failure::new(Code::Usage, text));
    }
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => Some(
            ServerTls::from_files(certificate, key)
                .map_err(|error| Failure::new(Code::Failed, chain(&error)))?,
        ),
        _ => None,
    };
    let audit_log = match &args.audit_log {
        Some(file) => Some(AuditLog::open(file).map_err(|error| {
            Failure::other(format!("cannot write to the audit log {}", file.display()), error)
        })?),
        None => None,
    };
    let mut hub = EmbeddedHub::open(&args.data).xet(xet).pages(!args.no_page);
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
    if let Some(url) = database(args.database) {
        hub = hub.database(url);
    }
    if let Some(url) = &args.public_url {
        hub = hub.public_url(url);
    }
    // The port comes first: nothing is made for a server that cannot be.
    let port = Port::take(args.listen).await.map_err(|error| Failure::new(Code::Failed, chain(&error)))?;
    if args.seed.is_none() && !args.data.exists() {
        tracing::warn!(
            "nobody can log in: `hub admin users create` and `hub admin tokens create` make users and their tokens"
        );
    }
    let hub = hub.build().map_err(|error| match error {
        OpenError::InvalidPublicUrl { url, reason } => {
            Failure::new(Code::Usage, format!("--public-url {url:?} cannot be used: {reason}"))
        }
        error => Failure::other(format!("cannot open {}", args.data.display()), error),
    })?;
    if let Some(upgraded) = hub.upgraded() {
        console::note(upgraded);
    }
    let mut server = port
        .serve(hub)
        .trusted_proxies(args.trusted_proxy)
        .rate_limits(args.rate_limit_user, args.rate_limit_address)
        .shutdown_timeout(Duration::from_secs(args.shutdown_timeout));
    if let Some(tls) = &tls {
        server = server.tls(tls.clone());
    }
    if let Some(log) = &audit_log {
        server = server.audit_log(log.clone());
    }
    let hangup = on_hangup(tls, audit_log)?;
    console::result(&format!("listening on {}", server.url()))?;
    tokio::select! {
        () = server.run(stopped()) => {}
        // It never ends by itself.
        () = hangup => {}
    }
    Ok(())
}

/// Reads the certificate and opens the audit log anew on each SIGHUP. Where there is neither, the signal ends the program, as everywhere.
fn on_hangup(tls: Option<ServerTls>, log: Option<AuditLog>) -> Result<impl Future<Output = ()>, Failure> {
    #[cfg(unix)]
    let mut hangups = {
        use tokio::signal::unix::{SignalKind, signal};
        let is_wanted = tls.is_some() || log.is_some();
        let hangups = is_wanted.then(|| signal(SignalKind::hangup())).transpose();
        hangups.map_err(|error| Failure::other("cannot listen for SIGHUP", error))?
    };
    Ok(async move {
        #[cfg(unix)]
        while let Some(hangups) = &mut hangups {
            if hangups.recv().await.is_none() {
                break;
            }
            let (tls, log) = (tls.clone(), log.clone());
            let done = tokio::task::spawn_blocking(move || read_again(tls.as_ref(), log.as_ref())).await;
            if let Err(error) = done {
                tracing::error!(%error, "nothing was read again");
            }
        }
        #[cfg(not(unix))]
        drop((tls, log));
        std::future::pending().await
    })
}

#[cfg(unix)]
fn read_again(tls: Option<&ServerTls>, log: Option<&AuditLog>) {
    match tls.map(ServerTls::reload) {
        Some(Ok(())) => tracing::info!("the certificate was read again"),
        Some(Err(error)) => tracing::error!("{}; the certificate from before is used on", chain(&error)),
        None => {}
    }
    match log.map(AuditLog::reopen) {
        Some(Ok(())) => tracing::info!("the audit log was opened anew"),
        Some(Err(error)) => {
            tracing::error!(%error, "the audit log was not opened anew; the old file goes on")
        }
        None => {}
    }
}
