//! Points in time, counted in milliseconds from [`START`] by the clock of the runtime.

/// When a Hub begins, in seconds from 1970: 2024-05-06T07:08:09Z.
pub const START: u64 = 1_714_979_289;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// Year, month (from 1) and day of the month of a day counted from 1970-01-01.
fn date_of(days: u64) -> (u64, u64, u64) {
    let (mut year, mut left) = (1970, days);
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        if left < length {
            break;
        }
        left -= length;
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    (year, month, left + 1)
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// As in JSON: `2024-05-06T07:08:09.000Z`.
pub(super) fn in_json(millis: u64) -> String {
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let (year, month, day) = date_of(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// As in the header `Date`: `Mon, 06 May 2024 07:08:09 GMT`.
pub(crate) fn in_header(millis: u64) -> String {
    let seconds = millis / 1000;
    let (year, month, day) = date_of(seconds / 86_400);
    let name = DAYS[(seconds / 86_400 % 7) as usize];
    let month = MONTHS[month as usize - 1];
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{name}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_name_the_same_second() {
        assert_eq!(in_json(START * 1000 + 7), "2024-05-06T07:08:09.007Z");
        assert_eq!(in_header(START * 1000 + 7), "Mon, 06 May 2024 07:08:09 GMT");
        assert_eq!(in_json(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(in_header(784_111_777_000), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
