//! The head of a CSV or TSV file as a table.

use csv::{ByteRecord, ReaderBuilder};

use super::shown;

/// Bytes of a file that are read.
pub(super) const HEAD: usize = 256 * 1024;
const MOST_ROWS: usize = 100;
const MOST_COLUMNS: usize = 50;
/// Letters of a cell.
const LONGEST_CELL: usize = 200;

/// The first rows and columns of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// How many columns the file has.
    pub(super) all_columns: usize,
    /// Whether there are more rows than these.
    pub(super) has_more_rows: bool,
}

impl Table {
    /// How many rows there are, as far as they are read.
    pub(super) fn row_count(&self) -> String {
        shown::counted(self.rows.len(), "row")
    }

    /// Whether there are more columns than these.
    pub(super) fn has_more_columns(&self) -> bool {
        self.all_columns > self.columns.len()
    }
}

/// What divides the cells of a file with this name; `None` for other files.
pub(super) fn delimiter(path: &str) -> Option<u8> {
    let (_, extension) = path.rsplit_once('.')?;
    match extension.to_ascii_lowercase().as_str() {
        "csv" => Some(b','),
        "tsv" | "tab" => Some(b'\t'),
        _ => None,
    }
}

/// Reads the head of a file, which is all of it or not. `None` where that is no table.
pub(super) fn read(head: &[u8], is_whole: bool, delimiter: u8) -> Option<Table> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    if head.contains(&0) {
        return None;
    }
    // The last line may not be whole.
    let last = head.iter().rposition(|byte| *byte == b'\n').filter(|_| !is_whole);
    let head = last.map_or(head, |last| head.get(..=last).unwrap_or_default());
    let delimiter = if delimiter == b',' { comma_or_other(head) } else { delimiter };
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(head);
    let mut record = ByteRecord::new();
    let mut table = Table::default();
    if !reader.read_byte_record(&mut record).ok()? {
        return None;
    }
    table.all_columns = record.len();
    table.columns = cells(&record);
    while reader.read_byte_record(&mut record).ok()? {
        if table.rows.len() == MOST_ROWS {
            table.has_more_rows = true;
            break;
        }
        table.all_columns = table.all_columns.max(record.len());
        table.rows.push(cells(&record));
    }
    table.has_more_rows |= !is_whole;
    // Each row has as many cells as the widest.
    let width = table.rows.iter().chain([&table.columns]).map(Vec::len).max().unwrap_or_default();
    for row in table.rows.iter_mut().chain([&mut table.columns]) {
        row.resize(width, String::new());
    }
    Some(table)
}

fn cells(record: &ByteRecord) -> Vec<String> {
    let cell = |bytes: &[u8]| {
        let start = bytes.get(..LONGEST_CELL * 4).unwrap_or(bytes);
        shown::cut(&String::from_utf8_lossy(start), LONGEST_CELL)
    };
    record.iter().take(MOST_COLUMNS).map(cell).collect()
}

/// The semicolon that programs of some languages write, where the first line has more of them.
fn comma_or_other(head: &[u8]) -> u8 {
    let first = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |wanted: u8| first.iter().filter(|byte| **byte == wanted).count();
    if count(b';') > count(b',') { b';' } else { b',' }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_table_has_the_cells_of_the_file() {
        let table = read(b"\xef\xbb\xbfa,\"b,\"\"c\"\"\"\n1,\"two\nlines\"\n3\n", true, b',').unwrap();
        assert_eq!(table.columns, ["a", "b,\"c\""]);
        assert_eq!(table.rows, [["1", "two\nlines"], ["3", ""]]);
        assert!(!table.has_more_rows && !table.has_more_columns());
        assert_eq!(read(b"a;b\n1,5;2\n", true, b',').unwrap().rows, [["1,5", "2"]]);
        assert_eq!(read(b"a\tb\n1\t2\n", true, b'\t').unwrap().rows, [["1", "2"]]);
        assert_eq!(
            (delimiter("x/A.CSV"), delimiter("a.tsv"), delimiter("csv")),
            (Some(b','), Some(b'\t'), None)
        );
        assert!(read(b"", true, b',').is_none() && read(b"a,\0", true, b',').is_none());
    }

    #[test]
    fn what_is_more_than_is_shown_is_said() {
        let long = format!("{}\n", ["x"; 60].join(","));
        let head = [long.repeat(101), "x,half of the".to_owned()].concat();
        let table = read(head.as_bytes(), false, b',').unwrap();
        assert_eq!((table.columns.len(), table.all_columns), (MOST_COLUMNS, 60));
        assert_eq!((table.rows.len(), table.has_more_rows), (MOST_ROWS, true));
        let table = read(b"a,b\n1,2\n3,half", false, b',').unwrap();
        assert_eq!((table.rows.len(), table.has_more_rows), (1, true));
        let cell = "ü".repeat(1000);
        let table = read(format!("a\n{cell}\n").as_bytes(), true, b',').unwrap();
        assert_eq!(table.rows[0][0].chars().count(), LONGEST_CELL + 1);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_table_of_that_size_or_none(head in proptest::collection::vec(any::<u8>(), 0..400)) {
            for (is_whole, delimiter) in [(true, b','), (false, b'\t')] {
                if let Some(table) = read(&head, is_whole, delimiter) {
                    prop_assert!(table.rows.len() <= MOST_ROWS && table.columns.len() <= MOST_COLUMNS);
                }
            }
        }
    }
}
