//! The files of the pages: small, introduced, and without the ways by which a text becomes markup.

use crate::{Complaints, tree::File};

/// A page is read by people who came for one thing in it.
const LINES_MAX: usize = 300;
/// The client of the socket is promised to have fewer: it is taken into pages of other people, who
/// read it whole before they trust it.
const CLIENT_LINES_BELOW: usize = 300;
/// Ways to make markup or code of a text. What products say of themselves is somebody else's, so a
/// page has none of them; its policy forbids them too.
const UNSAFE: [&str; 8] = [
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "createContextualFragment",
    "DOMParser",
    "eval(",
    "new Function",
];

pub fn untidy(files: &[File]) -> Complaints {
    let mut complaints = Vec::new();
    for file in files {
        let start = match file.path.rsplit_once('.') {
            Some((_, "js")) => "// ",
            Some((_, "css")) => "/* ",
            _ => "",
        };
        if !file.text.starts_with(start) {
            complaints.push(format!("{} doesn't begin with what it is for", file.path));
        }
        let lines = file.text.lines().count();
        if lines > LINES_MAX {
            complaints.push(format!("{} has {lines} lines of {LINES_MAX}", file.path));
        }
    }
    complaints
}

pub fn large_client(client: &File) -> Complaints {
    let lines = client.text.lines().count();
    if lines < CLIENT_LINES_BELOW {
        return Vec::new();
    }
    vec![format!("{} has {lines} lines of fewer than {CLIENT_LINES_BELOW}", client.path)]
}

pub fn unsafe_ways(files: &[File]) -> Complaints {
    let mut complaints = Vec::new();
    for file in files {
        for way in UNSAFE.iter().filter(|it| file.text.contains(**it)) {
            complaints.push(format!("{} names `{way}`", file.path));
        }
        // The name of SVG's own space is no address.
        let text = file.text.replace("http://www.w3.org/2000/svg", "");
        if ["http://", "https://", "\"//"].iter().any(|it| text.contains(it)) {
            complaints.push(format!("{} names another host", file.path));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_without_an_introduction_or_of_one_line_too_many_is_seen() {
        let seen = |path: &str, text: &str| untidy(&[File::new(path, text)]).len();
        assert_eq!(seen("web/a.js", "import x;\n"), 1);
        assert_eq!(seen("web/a.css", "body {}\n"), 1);
        assert_eq!(seen("web/a.js", "// Words.\n"), 0);
        assert_eq!(seen("web/a.html", &"<p>\n".repeat(LINES_MAX + 1)), 1);
        assert_eq!(seen("web/a.html", &"<p>\n".repeat(LINES_MAX)), 0);
    }

    #[test]
    fn a_client_of_as_many_lines_as_it_stays_below_is_seen() {
        let seen = |lines| large_client(&File::new("web/a.js", &"//\n".repeat(lines))).len();
        assert_eq!(seen(CLIENT_LINES_BELOW), 1);
        assert_eq!(seen(CLIENT_LINES_BELOW - 1), 0);
    }

    #[test]
    fn markup_of_a_text_and_another_host_are_seen() {
        let seen = |text: &str| unsafe_ways(&[File::new("web/a.js", text)]).len();
        assert_eq!(seen("node.innerHTML = product.name;"), 1);
        assert_eq!(seen("import \"https://cdn.example/x.js\";"), 1);
        assert_eq!(seen("<script src=\"//cdn.example/x.js\">"), 1);
        assert_eq!(seen("node.textContent = product.name; // a comment"), 0);
    }
}
