//! Who likes what.

use serde::{Deserialize, Serialize};

use crate::{Extra, Timestamp, setters::setters};

/// One like of a user. Endpoint: `GET /api/users/{user}/likes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Like {
    /// When the user began to like it.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// What the user likes.
    pub repo: LikedRepo,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Like {
    /// A like that began at an unknown time.
    pub fn new(repo: LikedRepo) -> Self {
        Self { repo, created_at: None, extra: Extra::new() }
    }

    setters! {
        /// When the user began to like it. Default unknown.
        created_at: Option<Timestamp>,
    }
}

/// What a [`Like`] is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LikedRepo {
    /// `namespace/name`.
    pub name: String,
    /// `model`, `dataset`, `space`, or a kind that is newer than this library.
    #[serde(rename = "type")]
    pub kind: String,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl LikedRepo {
    /// The repository `name` (`namespace/name`) of this kind.
    pub fn new(name: impl Into<String>, kind: impl Into<String>) -> Self {
        Self { name: name.into(), kind: kind.into(), extra: Extra::new() }
    }
}

/// What a user likes. Python: `UserLikes`, what `list_liked_repos` returns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserLikes {
    /// Account name.
    pub user: String,
    /// Number of likes of every kind, also of kinds that have no list here.
    pub total: usize,
    /// Ids of models, in the order of the server.
    pub models: Vec<String>,
    /// Ids of datasets, in the order of the server.
    pub datasets: Vec<String>,
    /// Ids of Spaces, in the order of the server.
    pub spaces: Vec<String>,
    /// Ids of kernels, in the order of the server.
    pub kernels: Vec<String>,
}

impl UserLikes {
    /// Sorts the likes of `user` by kind.
    pub fn new(user: impl Into<String>, likes: impl IntoIterator<Item = Like>) -> Self {
        let mut sorted = Self { user: user.into(), ..Self::default() };
        for Like { repo, .. } in likes {
            sorted.total += 1;
            match repo.kind.as_str() {
                "model" => sorted.models.push(repo.name),
                "dataset" => sorted.datasets.push(repo.name),
                "space" => sorted.spaces.push(repo.name),
                "kernel" => sorted.kernels.push(repo.name),
                _ => {}
            }
        }
        sorted
    }
}

/// Somebody who likes a repository. Python: `User`. Endpoint: `GET /api/{models}/{id}/likers`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Liker {
    /// Account name. Python: `username`.
    #[serde(rename = "user")]
    pub username: String,
    /// Name in full.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub fullname: Option<String>,
    /// URL of the picture.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Liker {
    /// Somebody of whom only the account name is known.
    pub fn new(username: impl Into<String>) -> Self {
        Self { username: username.into(), fullname: None, avatar_url: None, extra: Extra::new() }
    }

    setters! {
        /// Name in full. Default unknown.
        fullname: Option<String>,
        /// URL of the picture. Default unknown.
        avatar_url: Option<String>,
        /// Fields that are not modelled. Default none.
        extra: Extra,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likes_are_sorted_by_kind_and_all_are_counted() {
        let likes = [("a/m", "model"), ("a/d", "dataset"), ("a/b", "bucket"), ("a/m2", "model")];
        let sorted = UserLikes::new("ada", likes.map(|(name, kind)| Like::new(LikedRepo::new(name, kind))));
        assert_eq!((sorted.user.as_str(), sorted.total), ("ada", 4));
        assert_eq!((sorted.models, sorted.datasets), (vec!["a/m".into(), "a/m2".into()], vec!["a/d".into()]));
        assert!(sorted.spaces.is_empty() && sorted.kernels.is_empty());
    }
}
