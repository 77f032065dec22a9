//! Pages of what the benchmark of the server is filled with.

/// A page, and where it is the time after so many times.
pub(super) struct Page {
    pub(super) name: &'static str,
    pub(super) path: fn(u64) -> String,
}

const fn page(name: &'static str, path: fn(u64) -> String) -> Page {
    Page { name, path }
}

pub(super) const PAGES: [Page; 17] = [
    page("start", |_| "/".to_owned()),
    page("models", |_| "/models".to_owned()),
    page("models by likes", |_| "/models?sort=likes".to_owned()),
    page("models by name and tag", |at| format!("/models?search=m{}&filter=tag{}", at % 10, at % 1_000)),
    page("organisation", |at| format!("/org{}", at % 1_000)),
    page("activity of the Hub", |_| "/activity".to_owned()),
    page("card", |at| format!("/org{0}/m{0}", at % 1_000)),
    page("folders of the large repository", |_| "/ada/files/tree/main".to_owned()),
    page("one of its folders", |at| format!("/ada/files/tree/main/d{:03}", at % 1_000)),
    page("one of its files", |at| format!("/ada/files/blob/main/d{0:03}/f{0:07}.txt", at % 1_000)),
    page("history", |_| "/ada/history/commits/main".to_owned()),
    page("history of a file", |at| format!("/ada/history/commits/main/f{}.txt", at % 100)),
    page("branches and tags", |_| "/ada/history/refs".to_owned()),
    page("activity of a repository", |_| "/ada/history/activity".to_owned()),
    page("discussions", |_| "/ada/history/discussions".to_owned()),
    page("pull request", |at| format!("/ada/history/discussions/{}", 1 + at % 500)),
    page("its changes", |at| format!("/ada/history/discussions/{}/files", 1 + at % 500)),
];
