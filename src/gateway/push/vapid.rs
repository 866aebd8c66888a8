//! Who the shop is to push services: VAPID (RFC 8292), a key that signs where each message goes.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use p256::{
    SecretKey,
    ecdsa::{Signature, SigningKey, signature::Signer},
    elliptic_curve::sec1::ToEncodedPoint,
};
use serde_json::json;
use url::Url;

use super::encryption::chance;
use crate::domain::Error;

/// How long a signature holds, in seconds: no service takes more than a day (RFC 8292, 2).
const SIGNED_FOR: i64 = 12 * 3600;

/// The key of the shop, and whom a push service can write to.
pub struct Vapid {
    key: SigningKey,
    public: String,
    contact: String,
}

/// A private key in text, made by chance.
pub fn make() -> String {
    BASE64.encode(chance().to_bytes())
}

impl Vapid {
    /// Of the private key in base64url; `contact` is a `mailto:` or an `https:` address. An error where
    /// it is none.
    pub fn new(private: &str, contact: String) -> Result<Self, Error> {
        const READING: &str = "reading the key of web push";
        let bytes = BASE64.decode(private).map_err(Error::internal(READING))?;
        let key = SecretKey::from_slice(&bytes).map_err(Error::internal(READING))?;
        let public = BASE64.encode(key.public_key().to_encoded_point(false).as_bytes());
        Ok(Vapid { key: SigningKey::from(key), public, contact })
    }

    /// The public key, as browsers want it when they subscribe.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// The header `Authorization` of a message to `endpoint`, sent `now` in seconds since 1970.
    pub fn authorization(&self, endpoint: &Url, now: i64) -> String {
        let claims = json!({
            "aud": endpoint.origin().ascii_serialization(),
            "exp": now.saturating_add(SIGNED_FOR),
            "sub": self.contact,
        });
        let head = BASE64.encode(r#"{"typ":"JWT","alg":"ES256"}"#);
        let signed = format!("{head}.{}", BASE64.encode(claims.to_string()));
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("vapid t={signed}.{},k={}", BASE64.encode(signature.to_bytes()), self.public)
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::{VerifyingKey, signature::Verifier};

    use super::*;

    #[test]
    fn where_a_message_goes_is_signed_by_the_key_that_stands_beside_it() {
        let vapid = Vapid::new(&make(), "mailto:shop@example.com".to_owned()).unwrap();
        let endpoint = Url::parse("https://push.example.com:8443/v2/secret").unwrap();

        let header = vapid.authorization(&endpoint, 1_000);

        let (token, key) = header.strip_prefix("vapid t=").unwrap().split_once(",k=").unwrap();
        assert_eq!(key, vapid.public());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let claims = BASE64.decode(signed.split_once('.').unwrap().1).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        let expected = json!({
            "aud": "https://push.example.com:8443",
            "exp": 44_200,
            "sub": "mailto:shop@example.com",
        });
        assert_eq!(claims, expected);
        let key = VerifyingKey::from_sec1_bytes(&BASE64.decode(key).unwrap()).unwrap();
        let signature = Signature::from_slice(&BASE64.decode(signature).unwrap()).unwrap();
        key.verify(signed.as_bytes(), &signature).unwrap();
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for wrong in ["", "!", "AAAA", &"A".repeat(43), &"_".repeat(43)] {
            assert!(Vapid::new(wrong, String::new()).is_err(), "{wrong}");
        }
    }
}
