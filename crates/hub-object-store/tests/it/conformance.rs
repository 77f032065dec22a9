//! The functions by which `object_store` tests its own stores.
//!
//! Left out are those of traits that this store has not: `PaginatedListStore` and `MultipartStore`. A folder of the repository is
//! tested, because the functions want to find nothing, and a repository has a `.gitattributes`.

use object_store::{integration, prefix::PrefixStore};

use super::{HubObjectStore, store};

async fn folder() -> PrefixStore<HubObjectStore> {
    PrefixStore::new(store().await.1, "data")
}

#[tokio::test]
async fn objects_are_put_read_listed_and_deleted() {
    integration::put_get_delete_list(&folder().await).await;
}

#[tokio::test]
async fn attributes_are_kept_or_refused() {
    integration::put_get_attributes(&folder().await).await;
}

#[tokio::test]
async fn conditions_of_reads_hold() {
    integration::get_opts(&folder().await).await;
}

#[tokio::test]
async fn conditions_of_writes_hold_also_in_a_race() {
    integration::put_opts(&folder().await, true).await;
}

#[tokio::test]
async fn objects_come_in_parts() {
    integration::stream_get(&folder().await).await;
}

#[tokio::test]
async fn a_prefix_is_a_whole_folder() {
    integration::list_uses_directories_correctly(&folder().await).await;
}

#[tokio::test]
async fn a_folder_is_listed_with_its_folders() {
    integration::list_with_delimiter(&folder().await).await;
}

#[tokio::test]
async fn an_offset_is_not_part_of_a_listing() {
    integration::list_with_offset_exclusivity(&folder().await).await;
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let error = integration::get_nonexistent_object(&folder().await, None).await.unwrap_err();
    assert!(matches!(error, object_store::Error::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn objects_are_renamed_and_copied() {
    let folder = folder().await;
    integration::rename_and_copy(&folder).await;
    integration::copy_if_not_exists(&folder).await;
    integration::copy_rename_nonexistent_object(&folder).await;
}
