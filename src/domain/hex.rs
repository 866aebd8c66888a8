//! Bytes, in hex.

/// Two lower-case digits for each of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    text.extend(halves.filter_map(|half| char::from_digit(half.into(), 16)));
    text
}
