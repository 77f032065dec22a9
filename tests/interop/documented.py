"""The methods that both versions of the official client are asked for, and where a version lacks one."""

# The documented methods, each with its documented arguments.
DOCUMENTED = {
    "add_space_secret": "repo_id key value token",
    "change_discussion_status": "repo_id discussion_num new_status token comment repo_type",
    "comment_discussion": "repo_id discussion_num comment token repo_type",
    "create_branch": "repo_id branch revision token repo_type exist_ok",
    "create_commit": "repo_id operations commit_message commit_description token repo_type revision create_pr"
    " num_threads parent_commit",
    "create_discussion": "repo_id title token description repo_type pull_request",
    "create_pull_request": "repo_id title token description repo_type",
    "create_repo": "repo_id token private repo_type exist_ok space_sdk space_hardware",
    "create_tag": "repo_id tag tag_message revision token repo_type exist_ok",
    "dataset_info": "repo_id revision timeout files_metadata token",
    "delete_branch": "repo_id branch token repo_type",
    "delete_file": "path_in_repo repo_id token repo_type revision commit_message commit_description create_pr"
    " parent_commit",
    "delete_folder": "path_in_repo repo_id token repo_type revision commit_message commit_description create_pr"
    " parent_commit",
    "delete_repo": "repo_id token repo_type",
    "delete_space_secret": "repo_id key token",
    "delete_tag": "repo_id tag token repo_type",
    "edit_discussion_comment": "repo_id discussion_num comment_id new_content token repo_type",
    "get_dataset_tags": "",
    "get_discussion_details": "repo_id discussion_num repo_type token",
    "get_full_repo_name": "model_id organization token",
    "get_model_tags": "",
    "get_repo_discussions": "repo_id repo_type token",
    "get_space_runtime": "repo_id token",
    "hide_discussion_comment": "repo_id discussion_num comment_id token repo_type",
    "like": "repo_id token repo_type",
    "list_datasets": "filter author search sort direction limit cardData full token",
    "list_liked_repos": "user token",
    "list_metrics": "",
    "list_models": "filter author search emissions_thresholds sort direction limit full cardData fetch_config token",
    "list_repo_files": "repo_id revision repo_type timeout token",
    "list_repo_refs": "repo_id repo_type token",
    "list_spaces": "filter author search sort direction limit datasets models linked full token",
    "merge_pull_request": "repo_id discussion_num token comment repo_type",
    "model_info": "repo_id revision timeout securityStatus files_metadata token",
    "move_repo": "from_id to_id repo_type token",
    "rename_discussion": "repo_id discussion_num new_title token repo_type",
    "repo_info": "repo_id revision repo_type timeout files_metadata token",
    "request_space_hardware": "repo_id hardware token",
    "set_access_token": "access_token",
    "space_info": "repo_id revision timeout files_metadata token",
    "unlike": "repo_id token repo_type",
    "unset_access_token": "",
    "update_repo_visibility": "repo_id private token organization repo_type name",
    "upload_file": "path_or_fileobj path_in_repo repo_id token repo_type revision commit_message commit_description"
    " create_pr parent_commit",
    "upload_folder": "repo_id folder_path path_in_repo commit_message commit_description token repo_type revision"
    " create_pr parent_commit allow_patterns ignore_patterns",
    "whoami": "token",
}
assert len(DOCUMENTED) == 46

# What users of today's Hub expect besides.
TODAY = {
    "add_space_variable": "repo_id key value description token",
    "auth_check": "repo_id repo_type token write",
    "delete_space_variable": "repo_id key token",
    "duplicate_repo": "from_id to_id repo_type private token exist_ok space_hardware space_sleep_time space_secrets"
    " space_variables",
    "file_exists": "repo_id filename repo_type revision token",
    "get_paths_info": "repo_id paths expand revision repo_type token",
    "get_space_secrets": "repo_id token",
    "get_space_variables": "repo_id token",
    "list_repo_commits": "repo_id repo_type token revision formatted",
    "list_repo_likers": "repo_id repo_type token",
    "list_repo_tree": "repo_id path_in_repo recursive expand revision repo_type token",
    "pause_space": "repo_id token",
    "repo_exists": "repo_id repo_type token",
    "restart_space": "repo_id token factory_reboot",
    "revision_exists": "repo_id revision repo_type token",
    "set_space_sleep_time": "repo_id sleep_time token",
    "super_squash_history": "repo_id branch commit_message repo_type token",
    "update_repo_settings": "repo_id gated private visibility token repo_type",
}

# Methods that a version does not have.
REMOVED = {
    "like": "removed in 0.28: the Hub takes likes only from its pages",
    "list_metrics": "removed in 0.27, with the list of metrics",
    "set_access_token": "removed in 0.14: login() writes the credential",
    "unset_access_token": "removed in 0.14: logout() erases the credential",
    "update_repo_visibility": "removed in 1.0: update_repo_settings does it",
}
NOT_YET = dict.fromkeys(TODAY, "came after 0.12")

# Documented arguments that the newest version no longer takes.
REMOVED_ARGUMENTS = {
    ("list_datasets", "cardData"): "part of full",
    ("list_datasets", "direction"): "always descending",
    ("list_models", "direction"): "always descending",
    ("list_repo_files", "timeout"): "a setting of the transport",
    ("list_spaces", "direction"): "always descending",
}
