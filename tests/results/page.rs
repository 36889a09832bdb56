//! The report: one self-contained page, whatever its records hold.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::study_rows::{images, records};
use stridelab::analysis::claims::claims;
use stridelab::analysis::tables;
use stridelab::data::Dataset;
use stridelab::record::StudyRecords;
use stridelab::report::figure::study::figures;
use stridelab::report::page::{PageFigure, PageFile, PageModels, PageSource, page};

fn made(records: &StudyRecords, data: Option<&Dataset>) -> String {
    let tables = tables(records, data);
    let drawn = figures(records, &tables, data).into_iter();
    let drawn: Vec<_> = drawn.map(|figure| PageFigure { name: figure.name, svg: figure.svg }).collect();
    let files = [PageFile { name: "models.csv".into(), bytes: b"a,b\n1,2\n".to_vec() }];
    page(&PageSource {
        records,
        tables: &tables,
        claims: &claims(records),
        figures: &drawn,
        four_drawn: false,
        data,
        models: &PageModels::default(),
        bench: None,
        files: &files,
        command: "stridelab report <here> && rm 'x'",
    })
    .unwrap()
}

/// What stands between two marks.
fn between<'a>(text: &'a str, open: &str, close: &str) -> &'a str {
    let (_, rest) = text.split_once(open).unwrap_or_else(|| panic!("no {open}"));
    rest.split_once(close).unwrap_or_else(|| panic!("no {close}")).0
}

#[test]
fn the_policy_allows_the_page_itself_and_nothing_else() {
    let html = made(&records(), Some(&images()));
    let policy = between(&html, "Content-Security-Policy\" content=\"", "\"");
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let style = hash(between(&html, "<style>", "</style>"));
    let script = hash(between(&html, "<script type=\"module\">", "</script>"));
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; script-src {script}; style-src {style}; img-src data: blob:; font-src data:; base-uri 'none'; \
             form-action 'none'"
        )
    );
    assert_eq!(html.matches("<style").count(), 1);
    for outside in ["src=\"http", "href=\"http", "url(http", "@import", " style=\"", " onclick=", "<iframe", "<link"] {
        assert!(!html.contains(outside), "{outside}");
    }
    // Every link leads to a place on the page.
    for link in html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let place = link.strip_prefix('#').unwrap_or_else(|| panic!("{link}"));
        assert!(html.contains(&format!(" id=\"{place}\"")), "{link}");
    }
    assert!(!html.contains("{{"), "a place that nothing fills");
}

#[test]
fn whatever_is_embedded_is_text() {
    let mut hostile = records();
    let name = "</title><script>alert('a')</script><img src=x onerror=\"alert(1)\">{{script}}";
    hostile.run.data.name = name.into();
    hostile.run.data.image = [28, 28];
    hostile.run.machine.adapter = name.into();
    hostile.run.version = name.into();
    hostile.run.start = name.into();
    let html = made(&hostile, Some(&images()));
    assert!(!html.contains("<script>alert") && !html.contains("<img"), "markup from a name");
    assert!(html.contains("&lt;/title&gt;&lt;script&gt;alert(&#39;a&#39;)"));
    assert_eq!(html.matches("<script type=\"module\">").count(), 1);
    assert!(html.contains("stridelab report &lt;here&gt; &amp;&amp; rm &#39;x&#39;"));
    let data = between(&html, "id=\"page-data\">", "</script>");
    assert!(!data.contains('<'), "{data}");
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["configurations"].as_array().map(Vec::len), Some(records().configurations().len()));
    assert!(data["models"].is_null() && data["digits"].as_array().is_some_and(|digits| !digits.is_empty()));
}

#[test]
fn every_figure_and_claim_of_the_records_is_there_once() {
    let (records, data) = (records(), images());
    let html = made(&records, Some(&data));
    let tables = tables(&records, Some(&data));
    for figure in figures(&records, &tables, Some(&data)) {
        assert_eq!(html.matches(&format!("id=\"figure-{}\"", figure.name)).count(), 1, "{}", figure.name);
    }
    for claim in claims(&records) {
        assert_eq!(html.matches(&format!("id=\"claim-{}\"", claim.number)).count(), 1);
        assert!(html.contains(claim.measure.split(['`', '\'']).next().unwrap()), "{}", claim.measure);
    }
    let identifiers: Vec<&str> = html.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let distinct: std::collections::BTreeSet<_> = identifiers.iter().collect();
    assert_eq!(distinct.len(), identifiers.len(), "an identifier twice");
}

#[test]
fn a_page_of_no_records_says_so() {
    let html = made(&StudyRecords::default(), None);
    assert!(html.contains("No model is finished yet.") && html.contains("The run has no records of this."));
    assert!(html.contains("undecided") && !between(&html, "<main", "</main>").contains("NaN"));
}
