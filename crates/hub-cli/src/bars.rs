//! Lines of progress that fit the terminal: one line a bar, however narrow it is.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::shown::human_size;

/// The longest bar, in columns.
const LONGEST: usize = 30;
/// A bar that would be shorter is left out.
const SHORTEST: usize = 10;
/// Columns of the word for what is done.
const LABEL: usize = 11;

/// One line in at most `width` columns: what is done, a bar, how far of how much, and more. What does not fit is left out,
/// the bar first.
pub(crate) fn line(width: usize, label: &str, (position, total): (u64, u64), more: &str) -> String {
    let sizes = format!("{}/{}", human_size(position), human_size(total));
    let padded = format!("{label:>LABEL$} ");
    // A last column that is written to makes some terminals begin a new line.
    let width = width.saturating_sub(1);
    let room = width.saturating_sub(padded.width() + sizes.width() + 1);
    let tail = more.width().min(LONGEST) + 1;
    let bar = room.saturating_sub(tail).min(LONGEST);
    let text = if bar >= SHORTEST {
        format!("{padded}{} {sizes} {more}", drawn(bar, position, total))
    } else {
        format!("{label} {sizes} {more}").trim_start().to_owned()
    };
    cut(text.trim_end(), width)
}

fn drawn(columns: usize, position: u64, total: u64) -> String {
    let filled = u128::from(position.min(total)) * columns as u128 / u128::from(total.max(1));
    let filled = usize::try_from(filled).unwrap_or(columns);
    format!("{}{}", "█".repeat(filled), "░".repeat(columns - filled.min(columns)))
}

/// The beginning of a text, with a sign when something is missing.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut left = width.saturating_sub(1);
    for c in text.chars() {
        let needed = c.width().unwrap_or(0);
        if needed > left {
            break;
        }
        left -= needed;
        kept.push(c);
    }
    if width > 0 {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wide_lines_have_a_bar_and_narrow_ones_the_numbers() {
        let at = (750_000, 3_000_000);
        assert_eq!(
            line(100, "uploading", at, "1.0 MB/s, 3 s left"),
            "  uploading ███████░░░░░░░░░░░░░░░░░░░░░░░ 750.0 kB/3.0 MB 1.0 MB/s, 3 s left"
        );
        assert_eq!(
            line(40, "uploading", at, "1.0 MB/s, 3 s left"),
            "uploading 750.0 kB/3.0 MB 1.0 MB/s, 3 …"
        );
        assert_eq!(line(40, "", at, "model/weights.bin"), "750.0 kB/3.0 MB model/weights.bin");
    }

    proptest! {
        #[test]
        fn a_line_is_one_line_that_fits_and_has_one_unit_system(
            width in 1usize..200,
            label in "[a-z]{0,11}",
            position in 0u64..u64::MAX,
            total in 0u64..u64::MAX,
            more in "[ -~日é]{0,80}",
        ) {
            let text = line(width, &label, (position, total), &more);
            prop_assert!(text.width() < width.max(1) || text.is_empty(), "{text:?}");
            prop_assert!(!text.contains('\n'));
        }
    }
}
