//! What every page has around its content: `templates/shell.html`.

use super::asset;

/// Who looks at a page.
#[derive(Debug, Clone)]
pub(super) struct Viewer {
    pub(super) name: String,
}

/// What the layout needs. A template has it in a field `shell`.
#[derive(Debug, Clone)]
pub(super) struct Shell {
    pub(super) title: String,
    /// Who is signed in.
    pub(super) viewer: Option<Viewer>,
    /// Goes into every form, in a hidden field `form_token`.
    pub(super) form_token: String,
    /// Where to come back to after signing in.
    pub(super) back: String,
    /// The host of this Hub.
    pub(super) host: String,
}

impl Shell {
    /// The path of the style sheet, which changes with it.
    #[allow(clippy::unused_self)]
    pub(super) fn style(&self) -> String {
        asset::path("style.css")
    }

    /// The path of the script, which changes with it.
    #[allow(clippy::unused_self)]
    pub(super) fn script(&self) -> String {
        asset::path("page.js")
    }

    /// The path of the page that signs in and comes back.
    pub(super) fn sign_in(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        format!("/login?{}", query.append_pair("back", &self.back).finish())
    }

    /// Whether this page is of that account.
    pub(super) fn is(&self, name: &str) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.name.eq_ignore_ascii_case(name))
    }
}
