//! What pages say of all repositories of a kind, and of an account.

use hub_types::RepoType;

use super::{
    Account, OrgRole, Result, Store,
    accounts::memberships,
    database::{SqlResult, corrupt, params},
    search::NAMESPACE,
};
use crate::card::LINKED_MODEL;

/// The newest public repositories whose tags are counted, and their tags that are counted at most.
const NEWEST: usize = 1_000;
const MOST_TAGS: usize = 20_000;

const COUNT_PUBLIC: &str = "SELECT count(*) FROM repos WHERE repo_type = ?1 AND private = 0";

/// A tag that repositories have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommonTag {
    /// Its group, such as `license`.
    pub(crate) kind: String,
    /// As in `license:mit`.
    pub(crate) tag: String,
}

impl Store {
    /// How many repositories of a kind are public, or private in one of these namespaces, which are in lower case.
    pub(crate) fn count_repos(&self, repo_type: RepoType, namespaces: &[String]) -> Result<u64> {
        let namespaces = serde_json::Value::from(namespaces).to_string();
        self.database().read(|connection| {
            let public: u64 = connection
                .prepare(COUNT_PUBLIC)?
                .query_row([repo_type.singular()], |row| row.get(0))?;
            let private: u64 = connection
                .prepare(&format!(
                    "SELECT count(*) FROM repos WHERE repo_type = ?1 AND private <> 0 AND {NAMESPACE} IN (SELECT value FROM json_each(?2))"
                ))?
                .query_row(params![repo_type.singular(), namespaces], |row| row.get(0))?;
            Ok(public + private)
        })
    }

    /// The tags of the newest public repositories of a kind, those that most of them have first.
    pub(crate) fn common_tags(&self, repo_type: RepoType, limit: usize) -> Result<Vec<CommonTag>> {
        self.database().read(|connection| {
            let mut statement = connection.prepare(&format!(
                "SELECT kind, tag FROM
                     (SELECT kind, tag FROM
                          (SELECT key FROM repos INDEXED BY public_by_age WHERE repo_type = ?1 AND private = 0 AND disabled = 0
                           ORDER BY created_at DESC LIMIT {NEWEST}) AS newest
                          CROSS JOIN repo_tags ON repo_tags.repo = newest.key
                      WHERE kind <> '{LINKED_MODEL}' LIMIT {MOST_TAGS}) AS tags
                 GROUP BY kind, tag ORDER BY count(*) DESC, tag LIMIT ?2"
            ))?;
            let rows = statement.query_map(params![repo_type.singular(), limit], |row| {
                Ok(CommonTag { kind: row.get(0)?, tag: row.get(1)? })
            })?;
            Ok(rows.collect::<SqlResult<_>>()?)
        })
    }

    /// The names and roles of the members of an organisation, by name, `limit` at most.
    pub(crate) fn members_of(&self, org: &Account, limit: usize) -> Result<Vec<(String, OrgRole)>> {
        self.database().read(|connection| {
            let mut statement = connection.prepare(
                "SELECT name, role FROM members JOIN accounts ON key = account WHERE org = ?1 ORDER BY folded LIMIT ?2",
            )?;
            let rows = statement.query_map(params![org.key, limit], |row| {
                let role: String = row.get(1)?;
                Ok((row.get(0)?, OrgRole::from_word(&role).ok_or("not a role").map_err(corrupt(1))?))
            })?;
            Ok(rows.collect::<SqlResult<_>>()?)
        })
    }

    /// The names of the organisations that a user is a member of, in order.
    pub(crate) fn orgs_of(&self, user: &Account) -> Result<Vec<String>> {
        self.database().read(|connection| {
            Ok(memberships(connection, user.key)?.into_iter().map(|membership| membership.org.name).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        NewRepo,
        testing::{commit, model, new_repo, on_sqlite, temporary},
    };

    #[test]
    fn private_repositories_count_for_their_members_alone() {
        let store = temporary();
        model(&store, "ada/open");
        for id in ["ada/one", "lab/two"] {
            store.create_repo(NewRepo { private: true, ..new_repo(RepoType::Model, id) }).unwrap();
        }
        store.create_repo(new_repo(RepoType::Dataset, "ada/nums")).unwrap();
        let count = |namespaces: &[&str]| {
            let namespaces: Vec<_> = namespaces.iter().map(|name| (*name).to_owned()).collect();
            store.count_repos(RepoType::Model, &namespaces).unwrap()
        };
        assert_eq!((count(&[]), count(&["ada"]), count(&["ada", "lab"]), count(&["bob"])), (1, 2, 3, 1));
        assert_eq!(store.count_repos(RepoType::Space, &[]).unwrap(), 0);
    }

    #[test]
    fn repositories_are_counted_without_a_look_at_each() {
        if !on_sqlite() {
            return;
        }
        let plan: String = temporary()
            .database()
            .read(|connection| {
                let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {COUNT_PUBLIC}"))?;
                Ok(statement.query_row(["model"], |row| row.get("detail"))?)
            })
            .unwrap();
        assert!(plan.contains("USING COVERING INDEX public_by_age"), "{plan}");
    }

    #[test]
    fn the_tags_that_most_have_come_first_and_none_of_private_repositories() {
        let store = temporary();
        let secret = NewRepo { private: true, ..new_repo(RepoType::Model, "ada/secret") };
        let secret = store.create_repo(secret).unwrap();
        commit(&store, &secret, &[("README.md", Some("---\ntags: [hidden]\n---\n"))]).unwrap();
        for (id, tags) in [("ada/a", "rare, common"), ("ada/b", "common")] {
            let card = format!("---\nlicense: mit\ntags: [{tags}]\n---\n");
            commit(&store, &model(&store, id), &[("README.md", Some(card.as_str()))]).unwrap();
        }
        let found = store.common_tags(RepoType::Model, 9).unwrap();
        let found: Vec<_> = found.iter().map(|one| (one.kind.as_str(), one.tag.as_str())).collect();
        assert_eq!(found, [("other", "common"), ("license", "license:mit"), ("other", "rare")]);
        assert_eq!(store.common_tags(RepoType::Model, 1).unwrap().len(), 1);
        assert_eq!(store.common_tags(RepoType::Dataset, 9).unwrap(), []);
    }

    #[test]
    fn members_and_organisations_are_named_from_both_sides() {
        let store = temporary();
        let lab = store.add_org("Lab", None).unwrap();
        let ada = store.add_user("ada", None, Some("ada@example.org")).unwrap();
        store.add_user("Bob", None, None).unwrap();
        store.add_member("lab", "bob", OrgRole::Read).unwrap();
        store.add_member("lab", "ada", OrgRole::Admin).unwrap();
        let members = store.members_of(&lab, 9).unwrap();
        assert_eq!(members, [("ada".to_owned(), OrgRole::Admin), ("Bob".to_owned(), OrgRole::Read)]);
        assert_eq!(store.members_of(&lab, 1).unwrap().len(), 1);
        assert_eq!(store.orgs_of(&ada).unwrap(), ["Lab"]);
    }
}
