//! Writes down as SVG what the layout has placed.

use std::fmt::Write as _;

use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry::Point;
use layout::core::style::StyleAttr;

use super::{FONT_SIZE, LETTER, LINE_HEIGHT};

/// Around everything.
const MARGIN: f64 = 12.0;

const STYLE: &str = "<style>\
    text { font-family: sans-serif; font-size: 14px; text-anchor: middle; } \
    .edge { font-size: 12px; }\
    </style>\n\
    <defs><marker id=\"arrow\" markerWidth=\"10\" markerHeight=\"7\" refX=\"10\" refY=\"3.5\" \
    orient=\"auto-start-reverse\"><polygon points=\"0 0, 10 3.5, 0 7\" fill=\"#333333\"/></marker>\
    </defs>\n";

/// The picture as far as it has been drawn.
#[derive(Debug, Default)]
pub(super) struct Writer {
    shapes: String,
    /// Above all shapes and lines.
    labels: String,
    width: f64,
    height: f64,
}

impl Writer {
    /// The whole picture.
    pub(super) fn finish(self, title: &str) -> String {
        let (width, height) = (self.width + MARGIN, self.height + MARGIN);
        let Self { shapes, labels, .. } = self;
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" \
             width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\">\n\
             <title>{}</title>\n{STYLE}\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{shapes}{labels}</svg>\n",
            escaped(title)
        )
    }

    fn reach(&mut self, x: f64, y: f64) {
        self.width = self.width.max(x);
        self.height = self.height.max(y);
    }
}

/// Writing to a text does not fail.
macro_rules! push {
    ($text:expr, $($argument:tt)*) => {{
        let _ = writeln!($text, $($argument)*);
    }};
}

impl RenderBackend for Writer {
    fn draw_rect(
        &mut self,
        at: Point,
        size: Point,
        look: &StyleAttr,
        _: Option<String>,
        _: Option<ClipHandle>,
    ) {
        self.reach(at.x + size.x, at.y + size.y);
        push!(
            self.shapes,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{}\" {}/>",
            at.x,
            at.y,
            size.x,
            size.y,
            look.rounded,
            painted(look)
        );
    }

    fn draw_line(&mut self, start: Point, stop: Point, look: &StyleAttr, _: Option<String>) {
        push!(
            self.shapes,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" {}/>",
            start.x,
            start.y,
            stop.x,
            stop.y,
            painted(look)
        );
    }

    fn draw_circle(&mut self, at: Point, size: Point, look: &StyleAttr, _: Option<String>) {
        self.reach(at.x + size.x / 2.0, at.y + size.y / 2.0);
        push!(
            self.shapes,
            "<ellipse cx=\"{:.1}\" cy=\"{:.1}\" rx=\"{:.1}\" ry=\"{:.1}\" {}/>",
            at.x,
            at.y,
            size.x / 2.0,
            size.y / 2.0,
            painted(look)
        );
    }

    fn draw_text(&mut self, at: Point, text: &str, look: &StyleAttr) {
        let lines: Vec<&str> = text.lines().collect();
        let is_edge = look.font_size != FONT_SIZE;
        let (class, letter) = if is_edge {
            (" class=\"edge\"", 7.5)
        } else {
            ("", LETTER)
        };
        let above = f64::from(u32::try_from(lines.len()).unwrap_or(1).saturating_sub(1)) / 2.0;
        // Letters stand on the line: a third of their height brings them to its middle.
        let mut y = at.y - above * LINE_HEIGHT + 5.0;
        for line in lines {
            let chars = u32::try_from(line.chars().count()).unwrap_or(u32::MAX);
            let half = f64::from(chars) * letter / 2.0;
            self.reach(at.x + half, y);
            if is_edge {
                // The line of the edge ends around its label.
                push!(
                    self.labels,
                    "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{LINE_HEIGHT}\" \
                     fill=\"#ffffff\"/>",
                    at.x - half,
                    y - 13.0,
                    half * 2.0
                );
            }
            push!(
                self.labels,
                "<text{class} x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
                at.x,
                escaped(line)
            );
            y += LINE_HEIGHT;
        }
    }

    fn draw_arrow(
        &mut self,
        path: &[(Point, Point)],
        dashed: bool,
        (at_start, at_end): (bool, bool),
        _: &StyleAttr,
        _: Option<String>,
        _: &str,
    ) {
        let mut curve = String::new();
        for (index, (one, other)) in path.iter().enumerate() {
            let (first, between) = match index {
                0 => ("M ", " C "),
                1 => ("", " "),
                _ => (" S ", " "),
            };
            self.reach(one.x.max(other.x), one.y.max(other.y));
            let _ = write!(
                curve,
                "{first}{:.1} {:.1}{between}{:.1} {:.1} ",
                one.x, one.y, other.x, other.y
            );
        }
        push!(
            self.shapes,
            "<path d=\"{}\" fill=\"none\" stroke=\"#333333\"{}{}{}/>",
            curve.trim_end(),
            if dashed {
                " stroke-dasharray=\"5,5\""
            } else {
                ""
            },
            if at_start {
                " marker-start=\"url(#arrow)\""
            } else {
                ""
            },
            if at_end {
                " marker-end=\"url(#arrow)\""
            } else {
                ""
            },
        );
    }

    /// Nothing that we draw is clipped.
    fn create_clip(&mut self, _: Point, _: Point, _: usize) -> ClipHandle {
        0
    }
}

fn painted(look: &StyleAttr) -> String {
    let fill = look.fill_color.map(|color| color.to_web_color());
    let fill = fill.as_deref().unwrap_or("none");
    let stroke = look.line_color.to_web_color();
    format!(
        "fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"{}\"",
        look.line_width
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // No XML has them, however they are written.
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
