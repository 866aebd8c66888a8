//! The passwords that everybody who guesses tries first.

/// One a line, in lower case: of the 20,000 commonest passwords that Django ships, those that are
/// long enough for us (see NOTICE).
const COMMONEST: &str = include_str!("commonest.txt");

/// Whether guessers try `password` first, in letters of any case.
pub fn is_common(password: &str) -> bool {
    let password = password.trim().to_lowercase();
    let mut chars = password.chars();
    let first = chars.next();
    // A search from the start takes microseconds, and a hash milliseconds.
    chars.all(|c| Some(c) == first) || COMMONEST.lines().any(|common| common == password)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::PASSWORD_CHARS_MIN;

    #[test]
    fn the_list_is_as_the_search_wants_it() {
        assert!(COMMONEST.lines().count() > 1_000);
        for common in COMMONEST.lines() {
            assert!(common.len() >= PASSWORD_CHARS_MIN, "{common}");
            assert!(common.is_ascii() && common == common.to_lowercase().trim(), "{common}");
        }
    }

    #[test]
    fn what_everybody_tries_is_common_however_it_is_written() {
        for common in ["1234567890", "qwertyuiop", "QwertyUiop", "Password123 ", "zzzzzzzzzzzz"] {
            assert!(is_common(common), "{common}");
        }
        for fine in ["correct horse battery", "rialto-admin", "rialto-shopper", "zzzzzzzzzzzy"] {
            assert!(!is_common(fine), "{fine}");
        }
    }
}
