//! Plain texts that people and programs write, for others to read.

use super::error::FieldError;

/// The text, if there is one, with no other control characters than those of `fine`; what is wrong
/// with it is noted.
pub fn plain(
    field: &'static str,
    text: Option<&str>,
    chars_max: usize,
    fine: &[char],
    wrong: &mut Vec<FieldError>,
) -> Option<String> {
    let text = text.map(str::trim).filter(|it| !it.is_empty())?;
    let (code, message) = if text.chars().count() > chars_max {
        ("too_long", format!("at most {chars_max} characters fit"))
    } else if text.chars().any(|it| it.is_control() && !fine.contains(&it)) {
        ("invalid_characters", "control characters do not belong here".to_owned())
    } else {
        return Some(text.to_owned());
    };
    wrong.push(FieldError { field: field.into(), code, message: message.into() });
    None
}
