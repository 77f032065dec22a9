//! The shares as a picture: one bar for each job, with a mark at what is to be reached.

use svg::Document;
use svg::node::element::{Line, Rectangle, Text, Title};

use super::Bar;

const WIDTH: f64 = 900.0;
const ROW: f64 = 26.0;
const HEAD: f64 = 44.0;
/// Where the bars begin and where they would be as long as Python's.
const LEFT: f64 = 400.0;
const RIGHT: f64 = 840.0;

/// Bars from 0 to the time of Python.
pub(super) fn draw(bars: &[Bar]) -> String {
    let height = HEAD + ROW * bars.len() as f64 + 10.0;
    let at = |share: f64| LEFT + share.min(1.1) * (RIGHT - LEFT);
    let text =
        |x: f64, y: f64, content: &str| Text::new(content).set("x", x).set("y", y).set("fill", "#24292f");
    let mut picture = Document::new()
        .set("viewBox", (0.0, 0.0, WIDTH, height))
        .set("font-family", "sans-serif")
        .set("font-size", 13)
        .add(Title::new("Time of hub as a share of the time of huggingface_hub"))
        .add(Rectangle::new().set("width", WIDTH).set("height", height).set("fill", "white"))
        .add(text(
            10.0,
            20.0,
            "Time of hub as a share of Python's, less is better; the mark is what is to be reached",
        ));
    for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let line = Line::new().set("x1", at(share)).set("x2", at(share)).set("y1", HEAD - 4.0);
        picture = picture.add(line.set("y2", height - 8.0).set("stroke", "#d0d7de")).add(text(
            at(share) - 8.0,
            HEAD - 8.0,
            &share.to_string(),
        ));
    }
    for (row, bar) in bars.iter().enumerate() {
        let top = HEAD + ROW * row as f64;
        let color = if bar.share <= bar.reach { "#2da44e" } else { "#bf8700" };
        let (width, mark) = (at(bar.share) - LEFT, at(bar.reach));
        let shape =
            Rectangle::new().set("x", LEFT).set("y", top + 5.0).set("width", width).set("height", ROW - 10.0);
        let mark =
            Line::new().set("x1", mark).set("x2", mark).set("y1", top + 2.0).set("y2", top + ROW - 2.0);
        picture = picture
            .add(text(10.0, top + 18.0, &bar.name.replace('`', "")))
            .add(shape.set("fill", color))
            .add(mark.set("stroke", "#cf222e").set("stroke-width", 2))
            .add(text(at(bar.share) + 6.0, top + 18.0, &format!("{:.3}", bar.share)));
    }
    picture.to_string() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_has_its_name_its_bar_and_its_mark() {
        let bar = |name: &str, share| Bar { name: name.to_owned(), share, reach: 0.4 };
        let picture = draw(&[bar("`a` < b", 0.5), bar("c", 3.0)]);
        for part in ["a &lt; b", "0.500", "width=\"220\"", "width=\"484\"", "x1=\"576\"", "3.000"] {
            assert!(picture.contains(part), "{part} in {picture}");
        }
    }
}
