//! The documented methods as functions, for the client that the environment describes.
//!
//! Each is the method of [`HfApi`] of the same name on one shared client, made when it is first used. When the
//! environment cannot be used, for example because `HF_ENDPOINT` is not a URL, each call fails and says so.

use std::path::Path;

use hub_commit::{AddSource, CommitOperation};
use hub_types::{DiscussionStatus, space::SpaceHardware};

use crate::{
    HfApi, RepoArg,
    api::{
        access_token::{SetAccessTokenCall, UnsetAccessTokenCall},
        branches::{CreateBranchCall, DeleteBranchCall, SuperSquashCall},
        checks::{AuthCheckCall, FileExistsCall, RevisionExistsCall},
        commits::ListRepoCommitsListing,
        discussions::{
            ChangeDiscussionStatusCall, CommentDiscussionCall, CreateDiscussionCall,
            EditDiscussionCommentCall, GetDiscussionDetailsCall, GetRepoDiscussionsListing,
            HideDiscussionCommentCall, MergePullRequestCall, RenameDiscussionCall,
        },
        download::{HfHubDownloadCall, SnapshotDownloadCall},
        file_facts::{GetHfFileMetadataCall, HfHubUrlCall, TryToLoadFromCacheCall},
        identity::WhoAmICall,
        info::{DatasetInfoCall, ModelInfoCall, RepoExistsCall, RepoInfoCall, SpaceInfoCall},
        large_upload::UploadLargeFolderCall,
        likes::{LikeCall, ListLikedReposCall, ListRepoLikersListing, UnlikeCall},
        read_file::ReadFileCall,
        refs::ListRefsCall,
        repos::{CreateRepoCall, DeleteRepoCall},
        search::{ListDatasetsListing, ListModelsListing, ListSpacesListing},
        settings::{MoveRepoCall, UpdateSettingsCall},
        spaces::{
            AddSpaceSecretCall, AddSpaceVariableCall, DeleteSpaceSecretCall, DeleteSpaceVariableCall,
            DuplicateRepoCall, GetSpaceRuntimeCall, GetSpaceSecretsCall, GetSpaceVariablesCall,
            ListSpacesHardwareCall, PauseSpaceCall, RequestSpaceHardwareCall, RestartSpaceCall,
            SetSpaceDevModeCall, SetSpaceSleepTimeCall,
        },
        tag_lists::{
            DatasetSearchArgumentsCall, GetFullRepoNameCall, GetTagsCall, ListMetricsCall,
            ModelSearchArgumentsCall,
        },
        tags::{CreateTagCall, DeleteTagCall},
        tree::{GetPathsInfoCall, ListRepoFilesCall, ListRepoTreeListing},
        upload::{CreateCommitCall, DeleteFileCall, DeleteFolderCall, UploadFileCall},
        upload_folder::UploadFolderCall,
        verify::VerifyRepoChecksumsCall,
    },
};

/// [`HfApi::whoami`] on the shared client.
pub fn whoami() -> WhoAmICall {
    HfApi::shared().whoami()
}

/// [`HfApi::set_access_token`] on the shared client.
pub fn set_access_token(access_token: impl AsRef<str>) -> SetAccessTokenCall {
    HfApi::shared().set_access_token(access_token)
}

/// [`HfApi::unset_access_token`] on the shared client.
pub fn unset_access_token() -> UnsetAccessTokenCall {
    HfApi::shared().unset_access_token()
}

/// [`HfApi::create_repo`] on the shared client.
pub fn create_repo(repo: impl Into<RepoArg>) -> CreateRepoCall {
    HfApi::shared().create_repo(repo)
}

/// [`HfApi::delete_repo`] on the shared client.
pub fn delete_repo(repo: impl Into<RepoArg>) -> DeleteRepoCall {
    HfApi::shared().delete_repo(repo)
}

/// [`HfApi::repo_info`] on the shared client.
pub fn repo_info(repo: impl Into<RepoArg>) -> RepoInfoCall {
    HfApi::shared().repo_info(repo)
}

/// [`HfApi::model_info`] on the shared client.
pub fn model_info(repo: impl Into<RepoArg>) -> ModelInfoCall {
    HfApi::shared().model_info(repo)
}

/// [`HfApi::dataset_info`] on the shared client.
pub fn dataset_info(repo: impl Into<RepoArg>) -> DatasetInfoCall {
    HfApi::shared().dataset_info(repo)
}

/// [`HfApi::space_info`] on the shared client.
pub fn space_info(repo: impl Into<RepoArg>) -> SpaceInfoCall {
    HfApi::shared().space_info(repo)
}

/// [`HfApi::repo_exists`] on the shared client.
pub fn repo_exists(repo: impl Into<RepoArg>) -> RepoExistsCall {
    HfApi::shared().repo_exists(repo)
}

/// [`HfApi::list_repo_files`] on the shared client.
pub fn list_repo_files(repo: impl Into<RepoArg>) -> ListRepoFilesCall {
    HfApi::shared().list_repo_files(repo)
}

/// [`HfApi::list_repo_tree`] on the shared client.
pub fn list_repo_tree(repo: impl Into<RepoArg>) -> ListRepoTreeListing {
    HfApi::shared().list_repo_tree(repo)
}

/// [`HfApi::get_paths_info`] on the shared client.
pub fn get_paths_info<S: Into<String>>(
    repo: impl Into<RepoArg>,
    paths: impl IntoIterator<Item = S>,
) -> GetPathsInfoCall {
    HfApi::shared().get_paths_info(repo, paths)
}

/// [`HfApi::list_repo_refs`] on the shared client.
pub fn list_repo_refs(repo: impl Into<RepoArg>) -> ListRefsCall {
    HfApi::shared().list_repo_refs(repo)
}

/// [`HfApi::list_repo_commits`] on the shared client.
pub fn list_repo_commits(repo: impl Into<RepoArg>) -> ListRepoCommitsListing {
    HfApi::shared().list_repo_commits(repo)
}

/// [`HfApi::create_commit`] on the shared client.
pub fn create_commit(
    repo: impl Into<RepoArg>,
    operations: impl IntoIterator<Item = CommitOperation>,
    commit_message: impl Into<String>,
) -> CreateCommitCall {
    HfApi::shared().create_commit(repo, operations, commit_message)
}

/// [`HfApi::upload_file`] on the shared client.
pub fn upload_file(
    path_or_fileobj: impl Into<AddSource>,
    path_in_repo: impl Into<String>,
    repo: impl Into<RepoArg>,
) -> UploadFileCall {
    HfApi::shared().upload_file(path_or_fileobj, path_in_repo, repo)
}

/// [`HfApi::upload_folder`] on the shared client.
pub fn upload_folder(repo: impl Into<RepoArg>, folder_path: impl AsRef<Path>) -> UploadFolderCall {
    HfApi::shared().upload_folder(repo, folder_path)
}

/// [`HfApi::upload_large_folder`] on the shared client.
pub fn upload_large_folder(repo: impl Into<RepoArg>, folder_path: impl AsRef<Path>) -> UploadLargeFolderCall {
    HfApi::shared().upload_large_folder(repo, folder_path)
}

/// [`HfApi::delete_file`] on the shared client.
pub fn delete_file(path_in_repo: impl Into<String>, repo: impl Into<RepoArg>) -> DeleteFileCall {
    HfApi::shared().delete_file(path_in_repo, repo)
}

/// [`HfApi::delete_folder`] on the shared client.
pub fn delete_folder(path_in_repo: impl Into<String>, repo: impl Into<RepoArg>) -> DeleteFolderCall {
    HfApi::shared().delete_folder(path_in_repo, repo)
}

/// [`HfApi::hf_hub_download`] on the shared client.
pub fn hf_hub_download(repo: impl Into<RepoArg>, filename: impl Into<String>) -> HfHubDownloadCall {
    HfApi::shared().hf_hub_download(repo, filename)
}

/// [`HfApi::snapshot_download`] on the shared client.
pub fn snapshot_download(repo: impl Into<RepoArg>) -> SnapshotDownloadCall {
    HfApi::shared().snapshot_download(repo)
}

/// [`HfApi::verify_repo_checksums`] on the shared client.
pub fn verify_repo_checksums(repo: impl Into<RepoArg>) -> VerifyRepoChecksumsCall {
    HfApi::shared().verify_repo_checksums(repo)
}

/// [`HfApi::read_file`] on the shared client.
pub fn read_file(repo: impl Into<RepoArg>, path: impl Into<String>) -> ReadFileCall {
    HfApi::shared().read_file(repo, path)
}

/// [`HfApi::get_hf_file_metadata`] on the shared client.
pub fn get_hf_file_metadata(url: impl Into<String>) -> GetHfFileMetadataCall {
    HfApi::shared().get_hf_file_metadata(url)
}

/// [`HfApi::hf_hub_url`] on the shared client.
pub fn hf_hub_url(repo: impl Into<RepoArg>, filename: impl Into<String>) -> HfHubUrlCall {
    HfApi::shared().hf_hub_url(repo, filename)
}

/// [`HfApi::try_to_load_from_cache`] on the shared client.
pub fn try_to_load_from_cache(
    repo: impl Into<RepoArg>,
    filename: impl Into<String>,
) -> TryToLoadFromCacheCall {
    HfApi::shared().try_to_load_from_cache(repo, filename)
}

/// [`HfApi::move_repo`] on the shared client.
pub fn move_repo(from: impl Into<RepoArg>, to_id: impl Into<String>) -> MoveRepoCall {
    HfApi::shared().move_repo(from, to_id)
}

/// [`HfApi::update_repo_visibility`] on the shared client.
pub fn update_repo_visibility(repo: impl Into<RepoArg>, private: bool) -> UpdateSettingsCall {
    HfApi::shared().update_repo_visibility(repo, private)
}

/// [`HfApi::update_repo_settings`] on the shared client.
pub fn update_repo_settings(repo: impl Into<RepoArg>) -> UpdateSettingsCall {
    HfApi::shared().update_repo_settings(repo)
}

/// [`HfApi::create_branch`] on the shared client.
pub fn create_branch(repo: impl Into<RepoArg>, branch: impl Into<String>) -> CreateBranchCall {
    HfApi::shared().create_branch(repo, branch)
}

/// [`HfApi::delete_branch`] on the shared client.
pub fn delete_branch(repo: impl Into<RepoArg>, branch: impl Into<String>) -> DeleteBranchCall {
    HfApi::shared().delete_branch(repo, branch)
}

/// [`HfApi::create_tag`] on the shared client.
pub fn create_tag(repo: impl Into<RepoArg>, tag: impl Into<String>) -> CreateTagCall {
    HfApi::shared().create_tag(repo, tag)
}

/// [`HfApi::delete_tag`] on the shared client.
pub fn delete_tag(repo: impl Into<RepoArg>, tag: impl Into<String>) -> DeleteTagCall {
    HfApi::shared().delete_tag(repo, tag)
}

/// [`HfApi::super_squash_history`] on the shared client.
pub fn super_squash_history(repo: impl Into<RepoArg>) -> SuperSquashCall {
    HfApi::shared().super_squash_history(repo)
}

/// [`HfApi::revision_exists`] on the shared client.
pub fn revision_exists(repo: impl Into<RepoArg>, revision: impl Into<String>) -> RevisionExistsCall {
    HfApi::shared().revision_exists(repo, revision)
}

/// [`HfApi::file_exists`] on the shared client.
pub fn file_exists(repo: impl Into<RepoArg>, filename: impl Into<String>) -> FileExistsCall {
    HfApi::shared().file_exists(repo, filename)
}

/// [`HfApi::auth_check`] on the shared client.
pub fn auth_check(repo: impl Into<RepoArg>) -> AuthCheckCall {
    HfApi::shared().auth_check(repo)
}

/// [`HfApi::like`] on the shared client.
pub fn like(repo: impl Into<RepoArg>) -> LikeCall {
    HfApi::shared().like(repo)
}

/// [`HfApi::unlike`] on the shared client.
pub fn unlike(repo: impl Into<RepoArg>) -> UnlikeCall {
    HfApi::shared().unlike(repo)
}

/// [`HfApi::list_liked_repos`] on the shared client.
pub fn list_liked_repos() -> ListLikedReposCall {
    HfApi::shared().list_liked_repos()
}

/// [`HfApi::list_repo_likers`] on the shared client.
pub fn list_repo_likers(repo: impl Into<RepoArg>) -> ListRepoLikersListing {
    HfApi::shared().list_repo_likers(repo)
}

/// [`HfApi::list_models`] on the shared client.
pub fn list_models() -> ListModelsListing {
    HfApi::shared().list_models()
}

/// [`HfApi::list_datasets`] on the shared client.
pub fn list_datasets() -> ListDatasetsListing {
    HfApi::shared().list_datasets()
}

/// [`HfApi::list_spaces`] on the shared client.
pub fn list_spaces() -> ListSpacesListing {
    HfApi::shared().list_spaces()
}

/// [`HfApi::get_model_tags`] on the shared client.
pub fn get_model_tags() -> GetTagsCall {
    HfApi::shared().get_model_tags()
}

/// [`HfApi::get_dataset_tags`] on the shared client.
pub fn get_dataset_tags() -> GetTagsCall {
    HfApi::shared().get_dataset_tags()
}

/// [`HfApi::model_search_arguments`] on the shared client.
pub fn model_search_arguments() -> ModelSearchArgumentsCall {
    HfApi::shared().model_search_arguments()
}

/// [`HfApi::dataset_search_arguments`] on the shared client.
pub fn dataset_search_arguments() -> DatasetSearchArgumentsCall {
    HfApi::shared().dataset_search_arguments()
}

/// [`HfApi::list_metrics`] on the shared client.
pub fn list_metrics() -> ListMetricsCall {
    HfApi::shared().list_metrics()
}

/// [`HfApi::get_full_repo_name`] on the shared client.
pub fn get_full_repo_name(model_id: impl Into<String>) -> GetFullRepoNameCall {
    HfApi::shared().get_full_repo_name(model_id)
}

/// [`HfApi::get_repo_discussions`] on the shared client.
pub fn get_repo_discussions(repo: impl Into<RepoArg>) -> GetRepoDiscussionsListing {
    HfApi::shared().get_repo_discussions(repo)
}

/// [`HfApi::get_discussion_details`] on the shared client.
pub fn get_discussion_details(repo: impl Into<RepoArg>, discussion_num: u64) -> GetDiscussionDetailsCall {
    HfApi::shared().get_discussion_details(repo, discussion_num)
}

/// [`HfApi::create_discussion`] on the shared client.
pub fn create_discussion(repo: impl Into<RepoArg>, title: impl Into<String>) -> CreateDiscussionCall {
    HfApi::shared().create_discussion(repo, title)
}

/// [`HfApi::create_pull_request`] on the shared client.
pub fn create_pull_request(repo: impl Into<RepoArg>, title: impl Into<String>) -> CreateDiscussionCall {
    HfApi::shared().create_pull_request(repo, title)
}

/// [`HfApi::comment_discussion`] on the shared client.
pub fn comment_discussion(
    repo: impl Into<RepoArg>,
    discussion_num: u64,
    comment: impl Into<String>,
) -> CommentDiscussionCall {
    HfApi::shared().comment_discussion(repo, discussion_num, comment)
}

/// [`HfApi::edit_discussion_comment`] on the shared client.
pub fn edit_discussion_comment(
    repo: impl Into<RepoArg>,
    discussion_num: u64,
    comment_id: impl Into<String>,
    new_content: impl Into<String>,
) -> EditDiscussionCommentCall {
    HfApi::shared().edit_discussion_comment(repo, discussion_num, comment_id, new_content)
}

/// [`HfApi::hide_discussion_comment`] on the shared client.
pub fn hide_discussion_comment(
    repo: impl Into<RepoArg>,
    discussion_num: u64,
    comment_id: impl Into<String>,
) -> HideDiscussionCommentCall {
    HfApi::shared().hide_discussion_comment(repo, discussion_num, comment_id)
}

/// [`HfApi::rename_discussion`] on the shared client.
pub fn rename_discussion(
    repo: impl Into<RepoArg>,
    discussion_num: u64,
    new_title: impl Into<String>,
) -> RenameDiscussionCall {
    HfApi::shared().rename_discussion(repo, discussion_num, new_title)
}

/// [`HfApi::change_discussion_status`] on the shared client.
pub fn change_discussion_status(
    repo: impl Into<RepoArg>,
    discussion_num: u64,
    new_status: impl Into<DiscussionStatus>,
) -> ChangeDiscussionStatusCall {
    HfApi::shared().change_discussion_status(repo, discussion_num, new_status)
}

/// [`HfApi::merge_pull_request`] on the shared client.
pub fn merge_pull_request(repo: impl Into<RepoArg>, discussion_num: u64) -> MergePullRequestCall {
    HfApi::shared().merge_pull_request(repo, discussion_num)
}

/// [`HfApi::add_space_secret`] on the shared client.
pub fn add_space_secret(
    repo: impl Into<RepoArg>,
    key: impl Into<String>,
    value: impl Into<String>,
) -> AddSpaceSecretCall {
    HfApi::shared().add_space_secret(repo, key, value)
}

/// [`HfApi::delete_space_secret`] on the shared client.
pub fn delete_space_secret(repo: impl Into<RepoArg>, key: impl Into<String>) -> DeleteSpaceSecretCall {
    HfApi::shared().delete_space_secret(repo, key)
}

/// [`HfApi::get_space_secrets`] on the shared client.
pub fn get_space_secrets(repo: impl Into<RepoArg>) -> GetSpaceSecretsCall {
    HfApi::shared().get_space_secrets(repo)
}

/// [`HfApi::add_space_variable`] on the shared client.
pub fn add_space_variable(
    repo: impl Into<RepoArg>,
    key: impl Into<String>,
    value: impl Into<String>,
) -> AddSpaceVariableCall {
    HfApi::shared().add_space_variable(repo, key, value)
}

/// [`HfApi::delete_space_variable`] on the shared client.
pub fn delete_space_variable(repo: impl Into<RepoArg>, key: impl Into<String>) -> DeleteSpaceVariableCall {
    HfApi::shared().delete_space_variable(repo, key)
}

/// [`HfApi::get_space_variables`] on the shared client.
pub fn get_space_variables(repo: impl Into<RepoArg>) -> GetSpaceVariablesCall {
    HfApi::shared().get_space_variables(repo)
}

/// [`HfApi::get_space_runtime`] on the shared client.
pub fn get_space_runtime(repo: impl Into<RepoArg>) -> GetSpaceRuntimeCall {
    HfApi::shared().get_space_runtime(repo)
}

/// [`HfApi::request_space_hardware`] on the shared client.
pub fn request_space_hardware(
    repo: impl Into<RepoArg>,
    hardware: impl Into<SpaceHardware>,
) -> RequestSpaceHardwareCall {
    HfApi::shared().request_space_hardware(repo, hardware)
}

/// [`HfApi::set_space_sleep_time`] on the shared client.
pub fn set_space_sleep_time(repo: impl Into<RepoArg>, seconds: i64) -> SetSpaceSleepTimeCall {
    HfApi::shared().set_space_sleep_time(repo, seconds)
}

/// [`HfApi::pause_space`] on the shared client.
pub fn pause_space(repo: impl Into<RepoArg>) -> PauseSpaceCall {
    HfApi::shared().pause_space(repo)
}

/// [`HfApi::restart_space`] on the shared client.
pub fn restart_space(repo: impl Into<RepoArg>) -> RestartSpaceCall {
    HfApi::shared().restart_space(repo)
}

/// [`HfApi::set_space_dev_mode`] on the shared client.
pub fn set_space_dev_mode(repo: impl Into<RepoArg>, enabled: bool) -> SetSpaceDevModeCall {
    HfApi::shared().set_space_dev_mode(repo, enabled)
}

/// [`HfApi::list_spaces_hardware`] on the shared client.
pub fn list_spaces_hardware() -> ListSpacesHardwareCall {
    HfApi::shared().list_spaces_hardware()
}

/// [`HfApi::duplicate_repo`] on the shared client.
pub fn duplicate_repo(from: impl Into<RepoArg>) -> DuplicateRepoCall {
    HfApi::shared().duplicate_repo(from)
}

/// [`HfApi::duplicate_space`] on the shared client.
pub fn duplicate_space(from: impl Into<RepoArg>) -> DuplicateRepoCall {
    HfApi::shared().duplicate_space(from)
}
