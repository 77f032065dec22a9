//! The calls by which data engines read columns: the size, the end of the file, the footer that lies before it, and the ranges of the
//! columns that are wanted.

use object_store::{ObjectStore, ObjectStoreExt, path::Path};

use super::store;

/// A file with the outline of parquet: a magic, columns, a footer that says where they are, its length, the magic again.
fn columns(columns: &[&[u8]]) -> Vec<u8> {
    let mut file = b"PAR1".to_vec();
    let mut footer = String::new();
    for column in columns {
        footer.push_str(&format!("{} {}\n", file.len(), column.len()));
        file.extend_from_slice(column);
    }
    file.extend_from_slice(footer.as_bytes());
    file.extend_from_slice(&u32::try_from(footer.len()).unwrap().to_le_bytes());
    file.extend_from_slice(b"PAR1");
    file
}

#[tokio::test]
async fn a_reader_of_columns_gets_the_footer_and_the_columns_that_it_wants() {
    let (_, store) = store().await;
    let (path, large) = (Path::from("train/0000.parquet"), vec![7; 3 << 20]);
    store.put(&path, columns(&[b"ids", &large, b"names"]).into()).await.unwrap();

    let size = store.head(&path).await.unwrap().size;
    let end = store.get_range(&path, size - 8..size).await.unwrap();
    let (length, magic) = end.split_at(4);
    assert_eq!(magic, b"PAR1");
    let length = u64::from(u32::from_le_bytes(length.try_into().unwrap()));
    let footer = store.get_range(&path, size - 8 - length..size - 8).await.unwrap();
    let ranges: Vec<_> = std::str::from_utf8(&footer)
        .unwrap()
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(start, length)| (start.parse::<u64>().unwrap(), length.parse::<u64>().unwrap()))
        .map(|(start, length)| start..start + length)
        .collect();
    let wanted = store.get_ranges(&path, &[ranges[0].clone(), ranges[2].clone()]).await.unwrap();
    assert_eq!(wanted, ["ids", "names"]);
    let behind = size..size + 1;
    let error = store.get_ranges(&path, std::slice::from_ref(&behind)).await.unwrap_err();
    assert!(error.to_string().contains("bytes long"), "{error}");
}
