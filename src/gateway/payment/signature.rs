//! Signatures of webhooks, as Stripe makes them: `t=<seconds>,v1=<hex>`, where `v1` is the
//! HMAC-SHA256 of `<t>.<body>`. There may be several `v1`, and several secrets are believed, so that
//! both sides can rotate.

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Unsigned;
use crate::domain::hex::hex;

/// How far the clock of a message may be from ours, either way.
const AGE_MAX: TimeDelta = TimeDelta::seconds(300);
/// More than anybody sends who is rotating secrets; each costs a hash of the body.
const SIGNATURES_MAX: usize = 8;

/// Whether `header` signs `body` by one of `secrets`, and not long ago.
pub fn verify<S: AsRef<[u8]>>(
    secrets: &[S],
    header: &str,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), Unsigned> {
    let (mut at, mut signatures) = (None, Vec::new());
    for (name, value) in header.split(',').filter_map(|it| it.trim().split_once('=')) {
        match name {
            "t" if at.is_none() => at = Some(value),
            "t" => return Err(Unsigned),
            "v1" if signatures.len() < SIGNATURES_MAX => signatures.extend(bytes(value)),
            _ => {}
        }
    }
    let at = at.ok_or(Unsigned)?;
    let seconds: i64 = at.parse().map_err(|_| Unsigned)?;
    let sent_at = DateTime::from_timestamp(seconds, 0).ok_or(Unsigned)?;
    let is_signed = secrets.iter().filter_map(|it| mac(it.as_ref(), at, body)).any(|mac| {
        // `verify_slice` takes the same time wherever the two differ.
        signatures.iter().any(|it| mac.clone().verify_slice(it).is_ok())
    });
    if is_signed && (now - sent_at).abs() <= AGE_MAX { Ok(()) } else { Err(Unsigned) }
}

/// The header that signs `body` at `now`.
pub fn sign(secret: &[u8], body: &[u8], now: DateTime<Utc>) -> String {
    let at = now.timestamp().to_string();
    let signature = mac(secret, &at, body).map(|it| it.finalize().into_bytes());
    let signature = signature.as_deref().map(hex).unwrap_or_default();
    format!("t={at},v1={signature}")
}

fn mac(secret: &[u8], at: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(secret).ok()?; // Any length is a key.
    Some(mac.chain_update(at).chain_update(".").chain_update(body))
}

/// What 64 digits of hex say.
fn bytes(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()?; // What is no hex signs nothing.
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_k7Zp0QmXv3TnB9sRdY5wLhC2fJgE8uAa";
    const BODY: &[u8] = br#"{"id":"evt_1","type":"payment_intent.succeeded"}"#;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn is_signed(secrets: &[&str], header: &str, body: &[u8], seconds: i64) -> bool {
        verify(secrets, header, body, at(seconds)).is_ok()
    }

    /// Made by `WebhookSignature` of Stripe's own library for Python.
    const STRIPES: &str =
        "t=1790000000,v1=0d1b25be64fc446b5e3d055b212b0122f5784291b4752e91dc7f2b8763680e02";

    #[test]
    fn what_stripes_own_library_signs_is_signed() {
        assert!(is_signed(&[SECRET], STRIPES, BODY, 1_790_000_000));
        assert_eq!(sign(SECRET.as_bytes(), BODY, at(1_790_000_000)), STRIPES);
    }

    #[test]
    fn what_anything_was_changed_of_is_not() {
        assert!(!is_signed(&["whsec_other"], STRIPES, BODY, 1_790_000_000));
        assert!(!is_signed(&[], STRIPES, BODY, 1_790_000_000));
        assert!(!is_signed(&[SECRET], STRIPES, b"{}", 1_790_000_000));
        let (at, v1) = STRIPES.split_once(",v1=").unwrap();
        let later = STRIPES.replace("t=1790000000", "t=1790000001");
        let twice = format!("t=1790000001,{STRIPES}");
        let (v0, short) = (format!("{at},v0={v1}"), format!("{at},v1={}", v1.get(..62).unwrap()));
        let wrong = [at, "", "v1", v1, "t=,v1=", "t=x,v1=", &later, &twice, &v0, &short];
        for wrong in wrong {
            assert!(!is_signed(&[SECRET], wrong, BODY, 1_790_000_000), "{wrong}");
        }
    }

    #[test]
    fn one_of_several_secrets_and_of_several_signatures_is_enough() {
        let (at, v1) = STRIPES.split_once(",v1=").unwrap();
        let other = "0".repeat(64);
        let header = format!("{at}, v1={other}, v0=old, v1={v1}");
        assert!(is_signed(&["whsec_newer", SECRET], &header, BODY, 1_790_000_000));
    }

    #[test]
    fn a_message_is_good_for_five_minutes_around_its_time() {
        for (seconds, good) in [(-301, false), (-300, true), (300, true), (301, false)] {
            assert_eq!(is_signed(&[SECRET], STRIPES, BODY, 1_790_000_000 + seconds), good);
        }
    }
}
