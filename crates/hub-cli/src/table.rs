//! Rows for people, in columns that fit the terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::shown::escaped;

/// Between two columns.
const GAP: usize = 2;
/// A column is not made narrower than this.
const NARROWEST: usize = 6;

/// Head and rows, one line each, and none of them moves a cursor. A column that is empty in every row is left out. With a `width`, the widest columns are
/// shortened until lines fit, if they can.
pub(crate) fn lines(head: &[&str], rows: &[Vec<String>], width: Option<usize>) -> Vec<String> {
    let is_used = |column: usize| rows.iter().any(|row| row.get(column).is_some_and(|cell| !cell.is_empty()));
    let used: Vec<bool> = (0..head.len()).map(is_used).collect();
    let head: Vec<String> = head.iter().map(|&name| name.to_owned()).collect();
    let cells = |row: &Vec<String>| -> Vec<String> {
        row.iter()
            .zip(&used)
            .filter(|(_, used)| **used)
            .map(|(cell, _)| escaped(cell, char::is_control).into_owned())
            .collect()
    };
    let all: Vec<Vec<String>> = std::iter::once(&head).chain(rows).map(cells).collect();
    let columns = used.iter().filter(|used| **used).count();
    let mut widths: Vec<usize> = (0..columns)
        .map(|column| {
            all.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0)
        })
        .collect();
    if let Some(width) = width {
        fit(&mut widths, width);
    }
    all.iter().map(|row| line(row, &widths)).collect()
}

/// Takes from the widest column, again and again.
fn fit(widths: &mut [usize], width: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > width {
        match widths.iter_mut().max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => return,
        }
    }
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths) {
        let cell = shortened(cell, *width);
        line.push_str(&cell);
        line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width()) + GAP));
    }
    line.truncate(line.trim_end().len());
    line
}

fn shortened(cell: &str, width: usize) -> String {
    if cell.width() <= width {
        return cell.to_owned();
    }
    let mut short = String::new();
    let mut left = width.saturating_sub(1);
    for c in cell.chars() {
        let needed = c.width().unwrap_or(0);
        if needed > left {
            break;
        }
        left -= needed;
        short.push(c);
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|&cell| cell.to_owned()).collect()
    }

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [row(&["ada/a", "x"]), row(&["ada/longer", ""])];
        assert_eq!(lines(&["ID", "TAGS"], &rows, None), ["ID          TAGS", "ada/a       x", "ada/longer"]);
    }

    #[test]
    fn a_column_without_any_cell_is_left_out() {
        let rows = [row(&["ada/a", "", "x"]), row(&["ada/b", "", ""])];
        assert_eq!(lines(&["ID", "SIZE", "TAGS"], &rows, None), ["ID     TAGS", "ada/a  x", "ada/b"]);
    }

    #[test]
    fn the_widest_column_is_shortened_first() {
        let rows = [row(&["ada/a", "a very long list of tags"])];
        assert_eq!(lines(&["ID", "TAGS"], &rows, Some(20)), ["ID     TAGS", "ada/a  a very long …"]);
        assert_eq!(lines(&["ID"], &[row(&["日本語日本語"])], Some(8)), ["ID", "日本語…"]);
    }

    #[test]
    fn a_cell_breaks_no_line() {
        assert_eq!(lines(&["A"], &[row(&["x\ny\u{1b}[2J"])], None), ["A", "x\\ny\\u{1b}[2J"]);
    }

    proptest! {
        #[test]
        fn lines_fit_when_the_columns_can(cells in prop::collection::vec(prop::collection::vec("\\PC{0,40}", 3), 0..5), width in 22usize..100) {
            for line in lines(&["A", "B", "C"], &cells, Some(width)) {
                prop_assert!(line.width() <= width, "{line:?}");
            }
        }
    }
}
