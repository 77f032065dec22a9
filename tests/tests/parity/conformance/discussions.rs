//! Discussions and pull requests.

use hub_api::RepoType;
use hub_tests::ADA;

/// Opens discussion 1 of the private `ada/demo`, with a comment; gives the comment's id.
macro_rules! with_comment {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        $run!($api.create_discussion(repo_id = "ada/demo", title = "Question").token(ADA));
        $run!($api.comment_discussion(repo_id = "ada/demo", discussion_num = 1, comment = "That").token(ADA))
            .id
    }};
}

macro_rules! details {
    ($api:ident, $run:ident) => {
        $run!($api.get_discussion_details(repo_id = "ada/demo", discussion_num = 1).token(ADA))
    };
}

/// Opens pull request 1 with a file, ready to be merged.
macro_rules! with_proposal {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        $run!($api.create_pull_request(repo_id = "ada/demo", title = "Proposal").token(ADA));
        $run!(
            $api.upload_file(path_or_fileobj = &b"p"[..], path_in_repo = "p.txt", repo_id = "ada/demo")
                .revision("refs/pr/1")
                .token(ADA)
        );
    }};
}

macro_rules! create_discussion {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        let opened = $run!(
            $api.create_discussion(repo_id = "ada/demo", title = "Question")
                .description("What?")
                .repo_type(RepoType::Model)
                .pull_request(false)
                .token(ADA)
        );
        assert_eq!((opened.discussion.num, opened.discussion.author_name()), (1, "ada"));
        let details = details!($api, $run);
        assert_eq!(details.discussion.title, "Question");
        assert_eq!(details.comments().next().unwrap().content(), "What?");
        assert!(!details.discussion.is_pull_request);
        let proposed = $run!(
            $api.create_discussion(repo_id = "ada/demo", title = "Proposal").pull_request(true).token(ADA)
        );
        assert!(proposed.discussion.is_pull_request);
    }};
}

macro_rules! create_pull_request {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        let opened = $run!(
            $api.create_pull_request(repo_id = "ada/demo", title = "Proposal")
                .description("It")
                .repo_type(RepoType::Model)
                .token(ADA)
        );
        assert!(opened.discussion.is_pull_request);
        assert_eq!(opened.discussion.status.as_str(), "draft");
        assert_eq!(opened.discussion.git_reference().unwrap().as_str(), "refs/pr/1");
        assert_eq!(details!($api, $run).comments().next().unwrap().content(), "It");
    }};
}

macro_rules! get_repo_discussions {
    ($api:ident, $run:ident) => {{
        with_proposal!($api, $run);
        $run!($api.create_discussion(repo_id = "ada/demo", title = "Question").token(ADA));
        let all = $run!(
            all $api.get_repo_discussions(repo_id = "ada/demo").repo_type(RepoType::Model).token(ADA)
        );
        let mut titles: Vec<_> = all.iter().map(|discussion| discussion.title.as_str()).collect();
        titles.sort_unstable();
        assert_eq!(titles, ["Proposal", "Question"]);
    }};
}

macro_rules! get_discussion_details {
    ($api:ident, $run:ident) => {{
        with_proposal!($api, $run);
        let details = $run!(
            $api.get_discussion_details(repo_id = "ada/demo", discussion_num = 1)
                .repo_type(RepoType::Model)
                .token(ADA)
        );
        assert_eq!(details.target_branch(), Some("refs/heads/main"));
        assert!(details.diff.unwrap().contains("+p"));
        let kinds: Vec<_> = details.events.iter().map(|event| event.kind()).collect();
        assert_eq!(kinds, ["comment", "commit"]);
    }};
}

macro_rules! comment_discussion {
    ($api:ident, $run:ident) => {{
        private_demo!($api, $run);
        $run!($api.create_discussion(repo_id = "ada/demo", title = "Question").token(ADA));
        let comment = $run!(
            $api.comment_discussion(repo_id = "ada/demo", discussion_num = 1, comment = "That")
                .repo_type(RepoType::Model)
                .token(ADA)
        );
        assert_eq!((comment.author_name(), comment.content()), ("ada", "That"));
        assert_eq!(details!($api, $run).comments().last().unwrap().content(), "That");
    }};
}

macro_rules! edit_discussion_comment {
    ($api:ident, $run:ident) => {{
        let id = with_comment!($api, $run);
        $run!(
            $api.edit_discussion_comment(
                repo_id = "ada/demo",
                discussion_num = 1,
                comment_id = &id,
                new_content = "This"
            )
            .repo_type(RepoType::Model)
            .token(ADA)
        );
        let details = details!($api, $run);
        let comment = details.comment(&id).unwrap();
        assert_eq!((comment.content(), comment.number_of_edits()), ("This", 1));
    }};
}

macro_rules! hide_discussion_comment {
    ($api:ident, $run:ident) => {{
        let id = with_comment!($api, $run);
        $run!(
            $api.hide_discussion_comment(repo_id = "ada/demo", discussion_num = 1, comment_id = &id)
                .repo_type(RepoType::Model)
                .token(ADA)
        );
        let details = details!($api, $run);
        let comment = details.comment(&id).unwrap();
        assert_eq!((comment.data.hidden, comment.content()), (true, ""));
    }};
}

macro_rules! rename_discussion {
    ($api:ident, $run:ident) => {{
        with_comment!($api, $run);
        $run!(
            $api.rename_discussion(repo_id = "ada/demo", discussion_num = 1, new_title = "Response")
                .repo_type(RepoType::Model)
                .token(ADA)
        );
        assert_eq!(details!($api, $run).discussion.title, "Response");
    }};
}

macro_rules! change_discussion_status {
    ($api:ident, $run:ident) => {{
        with_comment!($api, $run);
        $run!(
            $api.change_discussion_status(repo_id = "ada/demo", discussion_num = 1, new_status = "closed")
                .comment("Done")
                .repo_type(RepoType::Model)
                .token(ADA)
        );
        let details = details!($api, $run);
        assert_eq!(details.discussion.status.as_str(), "closed");
        assert_eq!(details.comments().last().unwrap().content(), "Done");
    }};
}

macro_rules! merge_pull_request {
    ($api:ident, $run:ident) => {{
        with_proposal!($api, $run);
        $run!(
            $api.change_discussion_status(repo_id = "ada/demo", discussion_num = 1, new_status = "open")
                .token(ADA)
        );
        $run!(
            $api.merge_pull_request(repo_id = "ada/demo", discussion_num = 1)
                .comment("Good")
                .repo_type(RepoType::Model)
                .token(ADA)
        );
        let details = details!($api, $run);
        assert_eq!(details.discussion.status.as_str(), "merged");
        assert_eq!(details.comments().last().unwrap().content(), "Good");
        let files = $run!($api.list_repo_files(repo_id = "ada/demo").token(ADA));
        assert_eq!(files, [".gitattributes", "p.txt"]);
    }};
}

both_ways! {
    create_discussion create_pull_request get_repo_discussions get_discussion_details comment_discussion
    edit_discussion_comment hide_discussion_comment rename_discussion change_discussion_status merge_pull_request
}
