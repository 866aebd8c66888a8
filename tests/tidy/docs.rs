//! Tests that the documents name, as `path.rs::name`: each is there.

use crate::{Complaints, tree::File};

/// Names of tests in documents for which there is no such function in that file.
pub fn lost_tests(files: &[File]) -> Complaints {
    let mut complaints = Vec::new();
    for document in files.iter().filter(|it| it.path.ends_with(".md")) {
        for (path, name) in document.text.split('`').filter_map(|it| it.split_once(".rs::")) {
            let path = format!("{path}.rs");
            let function = format!("fn {name}(");
            let is_there = |it: &File| it.path == path && it.text.contains(&function);
            if !files.iter().any(is_there) {
                complaints.push(format!("{} names {name}, which is not in {path}", document.path));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_named_and_not_there_is_seen() {
        let said = |named: &str| {
            let document = File::new("docs/testing.md", &format!("| F1 | `{named}` |"));
            let test = File::new("tests/api/stock.rs", "async fn it_sells() {}");
            lost_tests(&[document, test]).len()
        };
        assert_eq!(said("tests/api/stock.rs::it_sells"), 0);
        assert_eq!(said("tests/api/stock.rs"), 0);
        assert_eq!(said("tests/api/stock.rs::it"), 1);
        assert_eq!(said("tests/api/cart.rs::it_sells"), 1);
    }
}
