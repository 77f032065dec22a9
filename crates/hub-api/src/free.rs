//! The documented methods as functions, for the client that the environment describes.
//!
//! Each is the method of [`HfApi`] of the same name on one shared client, made when it is first used. When the
//! environment cannot be used, for example because `HF_ENDPOINT` is not a URL, each call fails and says so.

use std::path::Path;

use hub_commit::{AddSource, CommitOperation};
use hub_types::{
    DiscussionStatus,
    card::{CardMap, RepoCard},
    space::SpaceHardware,
};

use crate::{
    HfApi, RepoArg,
    api::{
        access_token::{SetAccessTokenCall, UnsetAccessTokenCall},
        branches::{CreateBranchCall, DeleteBranchCall, SuperSquashCall},
        cache::{CachedAssetsPathCall, GetCachedRepoTreeCall, ResolveRevisionCall},
        cards::{LoadRepoCardCall, MetadataUpdateCall},
        checks::{AuthCheckCall, FileExistsCall, RevisionExistsCall},
        commits::ListRepoCommitsListing,
        create_repo::CreateRepoCall,
        delete_repo::DeleteRepoCall,
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
        open_file::OpenFileCall,
        read_file::ReadFileCall,
        refs::ListRefsCall,
        search::{ListDatasetsListing, ListModelsListing, ListSpacesListing},
        settings::{MoveRepoCall, UpdateSettingsCall},
        spaces::{
            AddSpaceSecretCall, AddSpaceVariableCall, DeleteSpaceSecretCall, DeleteSpaceVariableCall,
            DuplicateRepoCall, GetSpaceRuntimeCall, GetSpaceSecretsCall, GetSpaceVariablesCall,
            ListSpaceTemplatesCall, ListSpacesHardwareCall, PauseSpaceCall, RequestSpaceHardwareCall,
            RestartSpaceCall, SetSpaceDevModeCall, SetSpaceSleepTimeCall,
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
        weights::{
            DownloadSafetensorsCall, GetGgufMetadataCall, GetSafetensorsMetadataCall,
            ParseSafetensorsFileMetadataCall, ReadTensorCall,
        },
    },
};

macro_rules! on_the_shared_client {
    ($(pub fn $name:ident($($argument:ident: $kind:ty),* $(,)?) -> $call:ty;)*) => {$(
        #[doc = concat!("[`HfApi::", stringify!($name), "`] on the shared client.")]
        pub fn $name($($argument: $kind),*) -> $call {
            HfApi::shared().$name($($argument),*)
        }
    )*};
}

on_the_shared_client! {
    pub fn whoami() -> WhoAmICall;
    pub fn set_access_token(access_token: impl AsRef<str>) -> SetAccessTokenCall;
    pub fn unset_access_token() -> UnsetAccessTokenCall;
    pub fn create_repo(repo: impl Into<RepoArg>) -> CreateRepoCall;
    pub fn delete_repo(repo: impl Into<RepoArg>) -> DeleteRepoCall;
    pub fn repo_info(repo: impl Into<RepoArg>) -> RepoInfoCall;
    pub fn model_info(repo: impl Into<RepoArg>) -> ModelInfoCall;
    pub fn dataset_info(repo: impl Into<RepoArg>) -> DatasetInfoCall;
    pub fn space_info(repo: impl Into<RepoArg>) -> SpaceInfoCall;
    pub fn repo_exists(repo: impl Into<RepoArg>) -> RepoExistsCall;
    pub fn list_repo_files(repo: impl Into<RepoArg>) -> ListRepoFilesCall;
    pub fn list_repo_tree(repo: impl Into<RepoArg>) -> ListRepoTreeListing;
    pub fn list_repo_refs(repo: impl Into<RepoArg>) -> ListRefsCall;
    pub fn list_repo_commits(repo: impl Into<RepoArg>) -> ListRepoCommitsListing;
    pub fn create_commit(
        repo: impl Into<RepoArg>,
        operations: impl IntoIterator<Item = CommitOperation>,
        commit_message: impl Into<String>,
    ) -> CreateCommitCall;
    pub fn upload_file(
        path_or_fileobj: impl Into<AddSource>,
        path_in_repo: impl Into<String>,
        repo: impl Into<RepoArg>,
    ) -> UploadFileCall;
    pub fn upload_folder(repo: impl Into<RepoArg>, folder_path: impl AsRef<Path>) -> UploadFolderCall;
    pub fn upload_large_folder(
        repo: impl Into<RepoArg>,
        folder_path: impl AsRef<Path>,
    ) -> UploadLargeFolderCall;
    pub fn delete_file(path_in_repo: impl Into<String>, repo: impl Into<RepoArg>) -> DeleteFileCall;
    pub fn delete_folder(path_in_repo: impl Into<String>, repo: impl Into<RepoArg>) -> DeleteFolderCall;
    pub fn hf_hub_download(repo: impl Into<RepoArg>, filename: impl Into<String>) -> HfHubDownloadCall;
    pub fn snapshot_download(repo: impl Into<RepoArg>) -> SnapshotDownloadCall;
    pub fn verify_repo_checksums(repo: impl Into<RepoArg>) -> VerifyRepoChecksumsCall;
    pub fn read_file(repo: impl Into<RepoArg>, path: impl Into<String>) -> ReadFileCall;
    pub fn open_file(repo: impl Into<RepoArg>, path: impl Into<String>) -> OpenFileCall;
    pub fn get_safetensors_metadata(repo: impl Into<RepoArg>) -> GetSafetensorsMetadataCall;
    pub fn parse_safetensors_file_metadata(
        repo: impl Into<RepoArg>,
        filename: impl Into<String>,
    ) -> ParseSafetensorsFileMetadataCall;
    pub fn get_gguf_metadata(repo: impl Into<RepoArg>, filename: impl Into<String>) -> GetGgufMetadataCall;
    pub fn read_tensor(repo: impl Into<RepoArg>, name: impl Into<String>) -> ReadTensorCall;
    pub fn download_safetensors(repo: impl Into<RepoArg>) -> DownloadSafetensorsCall;
    pub fn load_repo_card(repo: impl Into<RepoArg>) -> LoadRepoCardCall;
    pub fn push_repo_card(repo: impl Into<RepoArg>, card: &RepoCard) -> UploadFileCall;
    pub fn metadata_update(repo: impl Into<RepoArg>, metadata: CardMap) -> MetadataUpdateCall;
    pub fn get_hf_file_metadata(url: impl Into<String>) -> GetHfFileMetadataCall;
    pub fn hf_hub_url(repo: impl Into<RepoArg>, filename: impl Into<String>) -> HfHubUrlCall;
    pub fn try_to_load_from_cache(
        repo: impl Into<RepoArg>,
        filename: impl Into<String>,
    ) -> TryToLoadFromCacheCall;
    pub fn resolve_revision(repo: impl Into<RepoArg>) -> ResolveRevisionCall;
    pub fn get_cached_repo_tree(repo: impl Into<RepoArg>) -> GetCachedRepoTreeCall;
    pub fn cached_assets_path(library_name: impl Into<String>) -> CachedAssetsPathCall;
    pub fn move_repo(from: impl Into<RepoArg>, to_id: impl Into<String>) -> MoveRepoCall;
    pub fn update_repo_visibility(repo: impl Into<RepoArg>, private: bool) -> UpdateSettingsCall;
    pub fn update_repo_settings(repo: impl Into<RepoArg>) -> UpdateSettingsCall;
    pub fn create_branch(repo: impl Into<RepoArg>, branch: impl Into<String>) -> CreateBranchCall;
    pub fn delete_branch(repo: impl Into<RepoArg>, branch: impl Into<String>) -> DeleteBranchCall;
    pub fn create_tag(repo: impl Into<RepoArg>, tag: impl Into<String>) -> CreateTagCall;
    pub fn delete_tag(repo: impl Into<RepoArg>, tag: impl Into<String>) -> DeleteTagCall;
    pub fn super_squash_history(repo: impl Into<RepoArg>) -> SuperSquashCall;
    pub fn revision_exists(repo: impl Into<RepoArg>, revision: impl Into<String>) -> RevisionExistsCall;
    pub fn file_exists(repo: impl Into<RepoArg>, filename: impl Into<String>) -> FileExistsCall;
    pub fn auth_check(repo: impl Into<RepoArg>) -> AuthCheckCall;
    pub fn like(repo: impl Into<RepoArg>) -> LikeCall;
    pub fn unlike(repo: impl Into<RepoArg>) -> UnlikeCall;
    pub fn list_liked_repos() -> ListLikedReposCall;
    pub fn list_repo_likers(repo: impl Into<RepoArg>) -> ListRepoLikersListing;
    pub fn list_models() -> ListModelsListing;
    pub fn list_datasets() -> ListDatasetsListing;
    pub fn list_spaces() -> ListSpacesListing;
    pub fn get_model_tags() -> GetTagsCall;
    pub fn get_dataset_tags() -> GetTagsCall;
    pub fn model_search_arguments() -> ModelSearchArgumentsCall;
    pub fn dataset_search_arguments() -> DatasetSearchArgumentsCall;
    pub fn list_metrics() -> ListMetricsCall;
    pub fn get_full_repo_name(model_id: impl Into<String>) -> GetFullRepoNameCall;
    pub fn get_repo_discussions(repo: impl Into<RepoArg>) -> GetRepoDiscussionsListing;
    pub fn get_discussion_details(repo: impl Into<RepoArg>, discussion_num: u64) -> GetDiscussionDetailsCall;
    pub fn create_discussion(repo: impl Into<RepoArg>, title: impl Into<String>) -> CreateDiscussionCall;
    pub fn create_pull_request(repo: impl Into<RepoArg>, title: impl Into<String>) -> CreateDiscussionCall;
    pub fn comment_discussion(
        repo: impl Into<RepoArg>,
        discussion_num: u64,
        comment: impl Into<String>,
    ) -> CommentDiscussionCall;
    pub fn edit_discussion_comment(
        repo: impl Into<RepoArg>,
        discussion_num: u64,
        comment_id: impl Into<String>,
        new_content: impl Into<String>,
    ) -> EditDiscussionCommentCall;
    pub fn hide_discussion_comment(
        repo: impl Into<RepoArg>,
        discussion_num: u64,
        comment_id: impl Into<String>,
    ) -> HideDiscussionCommentCall;
    pub fn rename_discussion(
        repo: impl Into<RepoArg>,
        discussion_num: u64,
        new_title: impl Into<String>,
    ) -> RenameDiscussionCall;
    pub fn change_discussion_status(
        repo: impl Into<RepoArg>,
        discussion_num: u64,
        new_status: impl Into<DiscussionStatus>,
    ) -> ChangeDiscussionStatusCall;
    pub fn merge_pull_request(repo: impl Into<RepoArg>, discussion_num: u64) -> MergePullRequestCall;
    pub fn add_space_secret(
        repo: impl Into<RepoArg>,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> AddSpaceSecretCall;
    pub fn delete_space_secret(repo: impl Into<RepoArg>, key: impl Into<String>) -> DeleteSpaceSecretCall;
    pub fn get_space_secrets(repo: impl Into<RepoArg>) -> GetSpaceSecretsCall;
    pub fn add_space_variable(
        repo: impl Into<RepoArg>,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> AddSpaceVariableCall;
    pub fn delete_space_variable(repo: impl Into<RepoArg>, key: impl Into<String>) -> DeleteSpaceVariableCall;
    pub fn get_space_variables(repo: impl Into<RepoArg>) -> GetSpaceVariablesCall;
    pub fn get_space_runtime(repo: impl Into<RepoArg>) -> GetSpaceRuntimeCall;
    pub fn request_space_hardware(
        repo: impl Into<RepoArg>,
        hardware: impl Into<SpaceHardware>,
    ) -> RequestSpaceHardwareCall;
    pub fn set_space_sleep_time(repo: impl Into<RepoArg>, seconds: i64) -> SetSpaceSleepTimeCall;
    pub fn pause_space(repo: impl Into<RepoArg>) -> PauseSpaceCall;
    pub fn restart_space(repo: impl Into<RepoArg>) -> RestartSpaceCall;
    pub fn set_space_dev_mode(repo: impl Into<RepoArg>, enabled: bool) -> SetSpaceDevModeCall;
    pub fn list_spaces_hardware() -> ListSpacesHardwareCall;
    pub fn list_space_templates() -> ListSpaceTemplatesCall;
    pub fn duplicate_repo(from: impl Into<RepoArg>) -> DuplicateRepoCall;
    pub fn duplicate_space(from: impl Into<RepoArg>) -> DuplicateRepoCall;
}
/// [`HfApi::get_paths_info`] on the shared client.
pub fn get_paths_info<S: Into<String>>(
    repo: impl Into<RepoArg>,
    paths: impl IntoIterator<Item = S>,
) -> GetPathsInfoCall {
    HfApi::shared().get_paths_info(repo, paths)
}
