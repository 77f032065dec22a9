//! Pages, asked for and looked at as a browser does.

mod activity;
mod card;
mod commits;
mod discussions;
mod editing;
mod files;
mod frame;
mod history;
pub(crate) mod html;
mod listings;
mod on_a_port;
mod passwords;
mod sessions;
mod settings;
mod unsent;
mod writing;

use http::Method;
use hub_server::EmbeddedHub;

use self::html::Html;
use crate::support::{Call, Received, call};

/// What Chromium asks for.
const ACCEPT: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8";

/// A browser, signed in or not.
pub(crate) struct Browser<'h> {
    hub: &'h EmbeddedHub,
    /// `name=value`.
    pub(crate) cookie: Option<String>,
    /// What the forms of its session carry.
    pub(crate) form_token: String,
}

impl<'h> Browser<'h> {
    /// One that nobody has signed in with.
    pub(crate) async fn anonymous(hub: &'h EmbeddedHub) -> Self {
        let mut browser = Self { hub, cookie: None, form_token: String::new() };
        browser.form_token = browser.token_of_forms().await;
        browser
    }

    /// One that has been signed in with, through the form.
    pub(crate) async fn signed_in(hub: &'h EmbeddedHub, token: &str) -> Self {
        let mut browser = Self::anonymous(hub).await;
        let response = browser.send("/login", &[("token", token), ("back", "/")]).await;
        assert_eq!(response.status, 303, "{response:?}");
        browser.cookie = response.header("set-cookie").and_then(cookie);
        browser.form_token = browser.token_of_forms().await;
        browser
    }

    /// As [`Self::signed_in`] where there is a token.
    pub(crate) async fn of(hub: &'h EmbeddedHub, token: Option<&str>) -> Self {
        match token {
            Some(token) => Self::signed_in(hub, token).await,
            None => Self::anonymous(hub).await,
        }
    }

    async fn token_of_forms(&self) -> String {
        let page = self.page("/login").await;
        page.field("form_token").unwrap_or_else(|| panic!("no form_token in {page:?}")).to_owned()
    }

    /// A request as this browser makes it.
    pub(crate) fn call(&self, method: Method, uri: &str) -> Call {
        let posts = method == Method::POST;
        let mut request = call(method, uri).header("accept", ACCEPT);
        if posts {
            request =
                request.header("origin", "http://hub.localhost").header("sec-fetch-site", "same-origin");
        }
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }

    pub(crate) async fn get(&self, uri: &str) -> Received {
        self.call(Method::GET, uri).send(self.hub).await
    }

    /// A page that is there.
    pub(crate) async fn page(&self, uri: &str) -> Html {
        let response = self.get(uri).await;
        assert_eq!(response.status, 200, "{uri}: {response:?}");
        response.html()
    }

    /// Sends a form with these fields and that of the session.
    pub(crate) async fn send(&self, uri: &str, fields: &[(&str, &str)]) -> Received {
        self.form(uri, fields).send(self.hub).await
    }

    pub(crate) fn form(&self, uri: &str, fields: &[(&str, &str)]) -> Call {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("form_token", &self.form_token).extend_pairs(fields);
        let request =
            self.call(Method::POST, uri).header("content-type", "application/x-www-form-urlencoded");
        request.body(form.finish())
    }

    /// Sends a form with files: the name of the field and of the file, and what is in it.
    pub(crate) async fn send_files(
        &self,
        uri: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Received {
        self.form_with_files(uri, fields, files).send(self.hub).await
    }

    pub(crate) fn form_with_files(
        &self,
        uri: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Call {
        let mut body = Vec::new();
        let mut part = |about: &str, content: &[u8]| {
            body.extend_from_slice(
                format!("--{BOUNDARY}\r\ncontent-disposition: form-data; {about}\r\n\r\n").as_bytes(),
            );
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        };
        part("name=\"form_token\"", self.form_token.as_bytes());
        for (name, value) in fields {
            part(&format!("name=\"{name}\""), value.as_bytes());
        }
        for (field, name, content) in files {
            let about =
                format!("name=\"{field}\"; filename=\"{name}\"\r\ncontent-type: application/octet-stream");
            part(&about, content);
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let media_type = format!("multipart/form-data; boundary={BOUNDARY}");
        self.call(Method::POST, uri).header("content-type", &media_type).body(body)
    }
}

const BOUNDARY: &str = "----WebKitFormBoundaryaBcDeFgHiJkLmNoP";

/// The `name=value` of a `Set-Cookie`, unless it takes the cookie away.
pub(crate) fn cookie(set_cookie: &str) -> Option<String> {
    let pair = set_cookie.split(';').next()?.trim();
    let (_, value) = pair.split_once('=')?;
    (!value.is_empty()).then(|| pair.to_owned())
}

impl Received {
    /// The page in it.
    #[track_caller]
    pub(crate) fn html(&self) -> Html {
        assert_eq!(self.header("content-type"), Some("text/html; charset=utf-8"), "{self:?}");
        Html::parse(&self.text())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Where it sends a browser to, which has sent a form.
    #[track_caller]
    pub(crate) fn sees(&self) -> &str {
        assert_eq!(self.status, 303, "{self:?}");
        self.header("location").unwrap()
    }
}
