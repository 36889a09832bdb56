//! Text that becomes markup, and markup that becomes a figure of the page.

use std::fmt::Write;

use crate::report::figure::marks::palette::variables;
pub(super) use crate::report::figure::marks::svg::Escaped;

/// A text escaped for HTML, with what stands between two backticks as code.
pub(super) fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let part = |(i, part): (usize, &str)| match i % 2 {
        0 => Escaped(part).to_string(),
        _ => format!("<code>{}</code>", Escaped(part)),
    };
    parts.map(part).collect()
}

/// A figure as it stands inside the page: its fixed colours become variables, each with the colour itself for readers
/// that know no variables, and its identifiers get `name` in front, so that two figures do not share one.
pub(super) fn themed(name: &str, svg: &str) -> String {
    let mut themed = svg.to_string();
    for (variable, colour) in variables() {
        themed = themed.replace(&format!("\"{colour}\""), &format!("\"var(--{variable}, {colour})\""));
    }
    // White is the paper on the whole page and around markers. Letters and cells of that colour stay white.
    let white = "\"#ffffff\"";
    let is_paper = |line: &str| line.starts_with("<path d=") || line.starts_with("<rect x=\"0\" y=\"0\"");
    let lines = themed.split_inclusive('\n').map(|line| match is_paper(line) {
        true => line.replace(white, "\"var(--paper, #ffffff)\""),
        false => line.to_string(),
    });
    let themed: String = lines.collect();
    themed.replace(" id=\"", &format!(" id=\"{name}-")).replace("url(#", &format!("url(#{name}-"))
}

/// A table: a caption, the heads of its columns, and rows whose first cell is their head. Cells are markup; every column
/// but the first is numeric.
pub(super) fn table(caption: &str, heads: &[&str], rows: &[Vec<String>]) -> String {
    let caption = Escaped(caption);
    let mut html = format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{caption}\"><table class=\"data\">\n<caption>{caption}</caption>\n\
         <thead><tr>"
    );
    for head in heads {
        let _ = write!(html, "<th scope=\"col\">{}</th>", Escaped(head));
    }
    html += "</tr></thead>\n<tbody>\n";
    for row in rows {
        html += "<tr>";
        for (i, cell) in row.iter().enumerate() {
            html += &if i == 0 { format!("<th scope=\"row\">{cell}</th>") } else { format!("<td>{cell}</td>") };
        }
        html += "</tr>\n";
    }
    html + "</tbody></table></div>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_shown_is_markup() {
        let text = "<script>alert('x')</script> & \"quotes\"\u{1}";
        assert_eq!(
            Escaped(text).to_string(),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;quotes&quot;\u{fffd}"
        );
        assert_eq!(prose("run `a < b` & go"), "run <code>a &lt; b</code> &amp; go");
        let table = table("<c>", &["<h>"], &[vec!["x".into()]]);
        assert!(table.contains("&lt;c&gt;") && table.contains("&lt;h&gt;"), "{table}");
    }

    #[test]
    fn figures_take_the_colours_of_the_page() {
        let svg = "<svg>\n<rect x=\"0\" y=\"0\" fill=\"#ffffff\"/>\n<path fill=\"#ffffff\"/>\n<text fill=\"#ffffff\">a</text>\n<text fill=\"#171b21\">b</text>\n\
                   <pattern id=\"h\"/><rect fill=\"url(#h)\"/>\n</svg>";
        assert_eq!(
            themed("gap", svg),
            "<svg>\n<rect x=\"0\" y=\"0\" fill=\"var(--paper, #ffffff)\"/>\n<path fill=\"#ffffff\"/>\n<text fill=\"#ffffff\">a</text>\n\
             <text fill=\"var(--ink, #171b21)\">b</text>\n<pattern id=\"gap-h\"/><rect fill=\"url(#gap-h)\"/>\n</svg>"
        );
    }
}
