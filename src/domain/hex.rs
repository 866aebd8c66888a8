//! Bytes, in hex.

/// Two lower-case digits for each of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    halves.filter_map(|half| char::from_digit(half.into(), 16)).collect()
}
