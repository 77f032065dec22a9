//! [`Builder`]: where an embedded Hub keeps its data and what is in it at the beginning.

use std::path::{Path, PathBuf};

use hub_types::{RepoId, RepoRef, RepoType};
use sha2::Digest;
use url::Url;

use crate::{
    EmbeddedHub, Fault, OpenError, OrgRole, TokenRole,
    context::{Inner, Options},
    documents::Documents,
    seed::{Seed, SeedOrg, SeedRole, SeedToken, SeedUser},
    signed::Signer,
    store::{DiscardLfs, NewRepo, Signature, Store, StoreError},
};

/// A description of an embedded Hub; made by [`EmbeddedHub::open`] and [`EmbeddedHub::temporary`].
///
/// What is asked for is added where it is missing, so the same description can be used on the same folder again.
#[derive(Debug, Clone)]
#[must_use = "nothing happens before build()"]
pub struct Builder {
    dir: Option<PathBuf>,
    seed: Seed,
    repos: Vec<(RepoType, String, bool)>,
    public_url: Option<String>,
    git_program: PathBuf,
    secret_key: Option<PathBuf>,
    database: Option<String>,
    discard_lfs: Option<DiscardLfs>,
    xet: bool,
    #[cfg(feature = "page")]
    pages: bool,
    faults: Vec<Fault>,
}

impl EmbeddedHub {
    /// Describes a hub over the data folder `dir`, which is made where it is missing.
    ///
    /// The folder belongs to one program at a time.
    pub fn open(dir: impl AsRef<Path>) -> Builder {
        Builder::at(dir.as_ref())
    }

    /// Describes a hub in a new temporary folder, which is removed with the last clone of the hub.
    pub fn temporary() -> Builder {
        Builder::temporary()
    }
}

impl Builder {
    pub(crate) fn at(dir: &Path) -> Self {
        Self { dir: Some(dir.to_path_buf()), ..Self::temporary() }
    }

    pub(crate) fn temporary() -> Self {
        Self {
            dir: None,
            seed: Seed::default(),
            repos: Vec::new(),
            public_url: None,
            git_program: "git".into(),
            secret_key: None,
            database: None,
            discard_lfs: None,
            xet: true,
            #[cfg(feature = "page")]
            pages: true,
            faults: Vec::new(),
        }
    }

    /// Adds a user.
    pub fn user(mut self, name: &str) -> Self {
        self.seed.users.push(SeedUser::named(name));
        self
    }

    /// Adds a user with a token: its secret text and what it may do.
    pub fn token(mut self, user: &str, secret: &str, role: TokenRole) -> Self {
        let digest = sha2::Sha256::digest(secret.as_bytes());
        let name = digest.iter().take(4).fold("token-".to_owned(), |name, byte| format!("{name}{byte:02x}"));
        let token = SeedToken { name, token: secret.to_owned(), role };
        self.seed.users.push(SeedUser { tokens: vec![token], ..SeedUser::named(user) });
        self
    }

    /// Adds an organisation.
    pub fn org(mut self, name: &str) -> Self {
        self.seed.orgs.push(SeedOrg { name: name.to_owned(), fullname: None });
        self
    }

    /// Adds a user to an organisation that was named with [`org`](Self::org) or exists.
    pub fn member(mut self, org: &str, user: &str, role: OrgRole) -> Self {
        let orgs = vec![SeedRole { name: org.to_owned(), role }];
        self.seed.users.push(SeedUser { orgs, ..SeedUser::named(user) });
        self
    }

    /// Adds what a seed file says.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed.merge(seed);
        self
    }

    /// Adds a public model whose namespace is a user or an organisation of this hub: `ada/demo`.
    pub fn repo(self, id: &str) -> Self {
        self.repo_of(RepoType::Model, id, false)
    }

    /// Adds a repository of any kind, private or not. A Space is a static one.
    pub fn repo_of(mut self, repo_type: RepoType, id: &str, private: bool) -> Self {
        self.repos.push((repo_type, id.to_owned(), private));
        self
    }

    /// The URL under which callers reach the hub, `http` or `https`, for the URLs in responses.
    ///
    /// The default is what the request says: its URI in process, and on a port the `Host` header as far as it names the
    /// machine itself.
    pub fn public_url(mut self, url: &str) -> Self {
        self.public_url = Some(url.to_owned());
        self
    }

    /// The git program that answers `git clone`, `git fetch` and `git push`; `git` unless set. Where there is none, they
    /// are answered 501 and everything else works.
    pub fn git_program(mut self, path: impl Into<PathBuf>) -> Self {
        self.git_program = path.into();
        self
    }

    /// The file with the key that the secrets of Spaces are encrypted with: 64 hexadecimal digits. It is made where it is
    /// missing and nothing is encrypted yet. Unless set, it is `secret.key` in the data folder.
    pub fn secret_key_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.secret_key = Some(path.into());
        self
    }

    /// The database of PostgreSQL that holds what is not git or a large file, as a URL: `postgres://USER:PASSWORD@HOST/NAME`. Unless set,
    /// it is a file in the data folder. Folder and database belong together from then on. The key that secrets are encrypted with is in
    /// the folder, or in [`Builder::secret_key_file`].
    ///
    /// Over a network there is TLS, and the server must show a certificate that the system trusts, or one in the file that
    /// `?sslrootcert=FILE` names; `?sslmode=disable` goes without. PostgreSQL 14 or newer; the program must be built with the feature
    /// `postgres`.
    pub fn database(mut self, url: impl Into<String>) -> Self {
        self.database = Some(url.into());
        self
    }

    /// Keeps no content of LFS files, so that a measurement of uploads is not one of the disk. Such files exist and cannot be
    /// downloaded. Xet is not offered then, for it rests on what is stored.
    pub fn discard_lfs(mut self, how: DiscardLfs) -> Self {
        self.discard_lfs = Some(how);
        self
    }

    /// Whether large files come and go by Xet, in deduplicated pieces, with clients that know it. The default is yes.
    ///
    /// Without it the hub says nothing of Xet, and the URLs of its tokens are answered 404; files that came by it are sent as any
    /// other. The official Python client uploads large files by nothing else unless `HF_HUB_DISABLE_XET=1` is set.
    pub fn xet(mut self, offered: bool) -> Self {
        self.xet = offered;
        self
    }

    /// Whether a browser is shown pages. The default is yes. Programs never are: a page is answered to those alone who ask for
    /// `text/html`.
    #[cfg(feature = "page")]
    #[cfg_attr(docsrs, doc(cfg(feature = "page")))]
    pub fn pages(mut self, shown: bool) -> Self {
        self.pages = shown;
        self
    }

    /// Adds a scripted failure.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Opens the data folder and adds what is missing in it. Blocks on the disk.
    ///
    /// # Errors
    /// When the folder is in use, was written by a later release or cannot be written, and when a name breaks a rule.
    pub fn build(self) -> Result<EmbeddedHub, OpenError> {
        let public_url = self.public_url.as_deref().map(check_public_url).transpose()?;
        let temporary = match &self.dir {
            Some(_) => None,
            None => {
                let made = tempfile::Builder::new().prefix("hub-server-").tempdir();
                Some(made.map_err(|error| {
                    OpenError::io("make a folder in", Path::new("the temporary folder"), error)
                })?)
            }
        };
        let dir = match (&self.dir, &temporary) {
            (Some(dir), _) => dir.as_path(),
            (None, Some(temporary)) => temporary.path(),
            (None, None) => Path::new("."),
        };
        let documents = Documents::load(&self.seed.tags)?;
        let store = match &self.database {
            None => Store::open(dir, self.secret_key.as_deref())?,
            Some(url) => Store::open_with(dir, self.secret_key.as_deref(), Some(url))?,
        };
        if let Some(how) = self.discard_lfs {
            store.lfs().discard(how);
        }
        let signer = Signer::open(store.dir())?;
        self.seed.apply(&store)?;
        for (repo_type, id, private) in &self.repos {
            add_repo(&store, *repo_type, id, *private)?;
        }
        let hub = EmbeddedHub::new(Inner::new(
            store,
            signer,
            documents,
            Options {
                public_url,
                offers_xet: self.xet && self.discard_lfs.is_none(),
                #[cfg(feature = "page")]
                shows_pages: self.pages,
                git_program: self.git_program,
            },
            temporary,
        ));
        self.faults.into_iter().for_each(|fault| hub.fault(fault));
        Ok(hub)
    }
}

fn add_repo(store: &Store, repo_type: RepoType, id: &str, private: bool) -> Result<(), OpenError> {
    let fail = |reason: &str| OpenError::InvalidRepo { id: id.to_owned(), reason: reason.to_owned() };
    let parsed: RepoId = id.parse().map_err(|error: hub_types::ParseError| fail(error.reason()))?;
    let namespace = parsed.namespace().ok_or_else(|| fail("it must name its owner, as in ada/demo"))?;
    let owner = store.find_account(namespace)?.ok_or_else(|| fail("its owner does not exist"))?;
    let email = format!("{}@users.noreply.localhost", owner.name);
    let new = NewRepo {
        repo: RepoRef::new(repo_type, parsed.clone()),
        private,
        sdk: (repo_type == RepoType::Space).then(|| "static".to_owned()),
        creator: owner.key,
        author: Signature { name: owner.name, email },
        lfs_multipart_threshold: None,
    };
    match store.create_repo(new) {
        Ok(_) | Err(StoreError::RepoExists { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn check_public_url(text: &str) -> Result<String, OpenError> {
    let fail = |reason: &str| OpenError::InvalidPublicUrl { url: text.to_owned(), reason: reason.to_owned() };
    let url = Url::parse(text).map_err(|error| fail(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(fail("it must begin with http:// or https:// and a host"));
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(fail("it must not have a user, a query or a fragment"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}
